"""How Azure's answers about an operation are read: pure, from status, headers and body to an Operation.

Only `status` judges an operation, never an `error` beside it: AKS shows what it stumbled over while it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.arm import translation
from shared.arm.operation import Operation, Verb
from shared.arm.refusal import retry_after

if TYPE_CHECKING:
    from shared.plan.steps import Json

ACCEPTED = 202
ENDED_BADLY = ("failed", "canceled", "cancelled")
ENDED = ("succeeded", "ready", *ENDED_BADLY)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, whatever class of response brought it; `url` is what was asked."""

    status: int
    headers: Mapping[str, str]
    body: Json
    url: str


def begun(resource_id: str, verb: Verb, reply: Reply) -> Operation:
    """Read the first answer to a write: where it is followed by `Azure-AsyncOperation`, or else by `Location`.

    Without either it is over, unless it was merely accepted or the resource says that it is not settled: then the
    resource itself is what to look at.
    """
    url = reply.headers.get("Azure-AsyncOperation")
    if url is None and reply.status == ACCEPTED:  # With a 201 it is merely where the new resource is.
        url = reply.headers.get("Location")
    if url is None and (reply.status == ACCEPTED or not _settled(resource_id, reply.body)):
        url = reply.url
    if url is None:
        return Operation(resource_id, "Succeeded", None, None, _text(reply.body) if verb == "run" else reply.body, verb)
    return Operation(resource_id, "InProgress", url, retry_after(reply.headers), reply.body, verb)


def polled(operation: Operation, reply: Reply) -> Operation:
    """Read the answer to a look at an operation; raise what it failed with."""
    said = str(reply.body.get("status") or "").lower() if isinstance(reply.body, dict) else ""
    if said in ENDED_BADLY:
        raise translation.of_operation(reply.body, operation.resource_id)
    own = is_resource(operation)
    over = said in ENDED
    if not said:
        over = reply.status != ACCEPTED
        if own:
            over = operation.verb != "delete" and _settled(operation.resource_id, reply.body)
    if over:
        return Operation(operation.resource_id, "Succeeded", None, None, _result(operation, reply), operation.verb)
    moved = None if said or own else reply.headers.get("Location")
    return replace(operation, url=moved or operation.url, retry_after=retry_after(reply.headers), result=None)


def is_resource(operation: Operation) -> bool:
    """Say whether it is the resource itself that is looked at."""
    path = urlsplit(operation.url or "").path.rstrip("/").lower()
    return path == operation.resource_id.rstrip("/").lower()


def _settled(resource_id: str, body: Json) -> bool:
    """Say whether a resource's body shows no operation; raise Failed where the last one failed."""
    bag: dict[str, Json] = (isinstance(body, dict) and body.get("properties")) or {}
    state = str(bag.get("provisioningState") or "").lower()
    if state in ENDED_BADLY:
        raise translation.of_operation({"status": bag["provisioningState"], "error": bag.get("error")}, resource_id)
    return state in ("", *ENDED)


def _result(operation: Operation, reply: Reply) -> Json:
    if operation.verb == "run":
        return _text(reply.body)
    if operation.verb == "put" and isinstance(reply.body, dict) and {"id", "name", "type"} <= reply.body.keys():
        return reply.body  # A `Location` ends with the resource itself.
    return None


def _text(body: Json) -> str:
    """Return what a run command printed: in the operation's `properties.output`, or bare at its `Location`."""
    if not isinstance(body, dict):
        return ""
    output = (body.get("properties") or {}).get("output") or body
    lines = output.get("value") if isinstance(output, dict) else None
    return "\n".join(str(line.get("message") or "") for line in lines or () if isinstance(line, dict))
