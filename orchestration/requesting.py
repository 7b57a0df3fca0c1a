"""A request to change what Spokewright wants, by a message or HTTP: who asks, when, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from orchestration.access import trail
from orchestration.access.caller import Caller, by_key
from orchestration.access.reach import Permit
from shared.model.errors import Changed

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey
    from shared.store.documents import Stored
    from shared.store.store import Store

    Json = dict[str, Any]


class Operation(StrEnum):
    """What a request asks for."""

    APPLY = "apply"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, and when: `order` places the request among all others, later ones being greater strings."""

    order: str
    id: str = ""
    correlation_id: str | None = None
    reply_to: str | None = None
    accepts: Callable[[Stored | None], bool] = field(default=lambda _: True)
    """Whether the stored version is the one that the requester knows (HTTP's If-Match); asked of what is replaced."""
    by: Caller = field(default_factory=by_key)
    permit: Permit = field(default_factory=Permit)
    """What it may be about: judged of what is asked for, and of what stands there."""
    door: str = trail.HTTP


@dataclass(slots=True)
class Admitted:
    """What became of each document of an accepted request."""

    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    wake: list[DocumentKey] = field(default_factory=list)

    def to_json(self) -> Json:
        """Return what a reply says."""
        return {"changed": self.changed, "unchanged": self.unchanged, "superseded": self.superseded}


def asker(request: Request) -> Json:
    """Return what a document remembers of who asked last, to tell them how it ended."""
    return {"id": request.id, "correlationId": request.correlation_id, "replyTo": request.reply_to}


def check_version(key: DocumentKey, current: Stored | None, request: Request) -> None:
    """Raise Changed where the stored version is not the one that the requester knows."""
    if not request.accepts(current):
        raise Changed(f"{key} is not the version that you read: read it again, then decide again")


def place_of(stored: Stored) -> str | None:
    """Return the order of the request that a document was last written by."""
    order: str | None = stored.document["metadata"].get("order")
    return order


async def write_down(store: Store, document: Json, operation: Operation, request: Request, *, again: bool) -> None:
    """Keep in the audit that a request changed a document; of one that was delivered `again`, if it is not there."""
    key = f"{document['kind']}/{document['metadata']['name']}"
    about = {"generation": document["metadata"]["generation"], "specHash": trail.digest(document)}
    message = request.id if request.door == trail.MESSAGE else None
    if again and message:
        await trail.record_once(store, key, operation.value, request.by, request.door, message=message, **about)
    else:
        await trail.record(store, key, operation.value, request.by, request.door, messageId=message, **about)
