"""Lets documents in: the one way in which anything, message or HTTP request, changes what Spokewright wants.

Everything is checked before anything is stored, so that a request is taken whole or refused whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shared.model import permanence, relations, resource_id
from shared.model.cluster import Cluster
from shared.model.document import key_of, parse_document, parse_request, to_json
from shared.model.envelope import KINDS, DocumentKey, Metadata
from shared.model.errors import Changed, Conflict, Invalid, Problem
from shared.model.hub import Hub
from shared.model.problems import problems_of

if TYPE_CHECKING:
    from shared.clock import Clock
    from shared.model.document import Document
    from shared.store.documents import Stored
    from shared.store.store import Store

    Json = dict[str, Any]

log = logging.getLogger(__name__)

ATTEMPTS = 8
DOCUMENTS_IN_ONE_REQUEST = 100


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


async def admit(
    store: Store, clock: Clock, bodies: Mapping[str, Any], operation: Operation, request: Request
) -> Admitted:
    """Check and store every document of a request, by its JSON path; raise Invalid with every problem of all."""
    if len(bodies) > DOCUMENTS_IN_ONE_REQUEST:
        message = f"{len(bodies)} documents in one request; send at most {DOCUMENTS_IN_ONE_REQUEST}"
        raise Invalid([Problem("$.documents", message)])
    stored = {key_of(item.document): item.document for item in await store.documents.list()}
    if operation is Operation.APPLY:
        return await _apply(store, _parsed(bodies, stored), request)
    keys = _named(bodies, stored)
    asked = {DocumentKey(body["kind"], body["metadata"]["name"]) for body in bodies.values()}
    return await _delete(store, clock, keys, request, asked)


async def preview(store: Store, body: Any) -> Document:
    """Return a document as applying it would store it, and nobody stores it; raise Invalid as `admit` does."""
    stored = {key_of(item.document): item.document for item in await store.documents.list()}
    (document,) = _parsed({"$": body}, stored)
    current = stored.get(document.key)
    before = (current or {"metadata": {}})["metadata"]
    return parse_document(_successor(to_json(document), current, Request(before.get("order") or "")))


def _parsed(bodies: Mapping[str, Any], stored: dict[DocumentKey, Json]) -> list[Document]:
    problems: list[Problem] = []
    parsed: list[tuple[str, Document]] = []
    for path, body in bodies.items():
        try:
            parsed.append((path, parse_request(body, path)))
        except Invalid as error:
            problems += error.problems
    standing = _readable(stored)
    known = standing | {document.key: document for _, document in parsed}
    for path, document in parsed:
        found = list(relations.check(document, [other for key, other in known.items() if key != document.key]))
        if document.key in standing:
            found += permanence.check(document, standing[document.key])
        problems += (Problem(problem.path.replace("$", path, 1), problem.message) for problem in found)
    if len({document.key for _, document in parsed}) < len(parsed):
        problems.append(Problem("$.documents", "the same document stands there twice; keep one of them"))
    if problems:
        raise Invalid(problems)
    return sorted((document for _, document in parsed), key=lambda document: KINDS.index(document.kind))


def _readable(stored: dict[DocumentKey, Json]) -> dict[DocumentKey, Document]:
    """Return the stored documents; one that a newer version would not let in is no fault of this request."""
    found: dict[DocumentKey, Document] = {}
    for key, document in stored.items():
        try:
            found[key] = parse_document(document)
        except Invalid:
            log.warning("document.unreadable document=%s", key)
    return found


async def _apply(store: Store, documents: list[Document], request: Request) -> Admitted:
    admitted = Admitted()
    for document in documents:
        outcome = await _store(store, document, request)
        getattr(admitted, outcome).append(str(document.key))
        if outcome != "superseded":
            admitted.wake.append(document.key)
    admitted.wake += await _hubs_with_rules_for(store, documents)
    admitted.wake += await _undecided(store, {document.name for document in documents if isinstance(document, Hub)})
    return admitted


async def _hubs_with_rules_for(store: Store, documents: list[Document]) -> list[DocumentKey]:
    """Return the hubs whose firewall lets out what a cluster among the documents asks for, or asked for before."""
    spokes = [document.spec.spoke for document in documents if isinstance(document, Cluster)]
    found = [await store.documents.get(DocumentKey("Spoke", name)) for name in dict.fromkeys(spokes)]
    return [DocumentKey("Hub", spoke.document["spec"]["hub"]) for spoke in found if spoke is not None]


async def _undecided(store: Store, hubs: set[str]) -> list[DocumentKey]:
    """Return the networks that asked to join one of these hubs and may not yet: its rules may be others now."""
    spokes = [item.document for item in await store.documents.list("Spoke")] if hubs else []
    return [key_of(one) for one in spokes if one["spec"]["hub"] in hubs and _is_open(one)]


def _is_open(spoke: Json) -> bool:
    return ((spoke.get("status") or {}).get("approval") or {}).get("state") in ("asked", "refused")


def _check_version(key: DocumentKey, current: Stored | None, request: Request) -> None:
    if not request.accepts(current):
        raise Changed(f"{key} is not the version that you read: read it again, then decide again")


async def _store(store: Store, document: Document, request: Request) -> str:
    """Store one document, unless a later request was here first; say which it was."""
    for attempt in range(ATTEMPTS):
        current = await store.documents.get(document.key)
        _check_version(document.key, current, request)
        last = await store.documents.last_order(document.key) if current is None else _order(current)
        if last is not None and request.order < last:
            return "superseded"
        fresh = _successor(to_json(document), current.document if current else None, request)
        try:
            await store.documents.put(fresh, current.etag if current else None)
        except Conflict:  # It was changed, created or removed this moment.
            await asyncio.sleep(0.01 * 2**attempt)
            continue
        same = current is not None and fresh["metadata"]["generation"] == current.document["metadata"]["generation"]
        return "unchanged" if same else "changed"
    raise Changed(f"{document.key} is being changed by others all the time; send the request again")


def _successor(document: Json, current: Json | None, request: Request) -> Json:
    """Return the version to store: the same generation where nothing was changed, the next one otherwise."""
    before = current["metadata"] if current else {}
    changed = current is None or document["spec"] != current["spec"] or before.get("deletionRequested") is not None
    document["metadata"] |= {
        "generation": before.get("generation", 0) + changed,
        "order": request.order,
        "origin": before.get("origin", "request"),
        "requestedBy": before.get("requestedBy"),
        "deletionRequested": None,
    }
    document["status"] = (current or document)["status"] | {"request": _asker(request), "restoredAt": None}
    return document


def _asker(request: Request) -> Json:
    return {"id": request.id, "correlationId": request.correlation_id, "replyTo": request.reply_to}


def _order(stored: Stored) -> str | None:
    order: str | None = stored.document["metadata"].get("order")
    return order


def _named(bodies: Mapping[str, Any], stored: dict[DocumentKey, Json]) -> list[DocumentKey]:
    """Return the keys of documents to delete, those that need others first; refuse where something stays attached."""
    problems: list[Problem] = []
    keys: list[tuple[str, DocumentKey]] = []
    for path, body in bodies.items():
        try:
            keys.append((path, _name(body, path)))
        except Invalid as error:
            problems += error.problems
    along = {key: dict.fromkeys([key, *_onboarded_in([key], stored)]) for _, key in keys}
    named = list(dict.fromkeys(other for _, key in keys for other in along[key]))
    going = {*named, *(key for key, document in stored.items() if document["metadata"].get("deletionRequested"))}
    for path, key in keys:
        for gone in along[key]:
            staying = [str(other) for other in dependents(gone, stored) if other not in going]
            if staying:
                message = f"{gone} still has {', '.join(staying)} attached: delete what is attached first, or with it"
                problems.append(Problem(f"{path}.metadata.name", message))
    if problems:
        raise Invalid(list(dict.fromkeys(problems)))
    return sorted(named, key=lambda key: -KINDS.index(key.kind))


def _onboarded_in(keys: list[DocumentKey], stored: dict[DocumentKey, Json]) -> list[DocumentKey]:
    """Return what joined by itself, and so goes by itself with what it joined: nobody could be asked to delete it."""
    found = [
        other for key in keys for other in dependents(key, stored) if stored[other]["metadata"].get("origin") == "event"
    ]
    return [*found, *_onboarded_in(found, stored)] if found else []


def _name(body: Any, path: str) -> DocumentKey:
    """Read only what a deletion needs: kind and name."""
    if not isinstance(body, dict):
        raise Invalid([Problem(path, "a document is a JSON object with apiVersion, kind and metadata")])
    kind, metadata = body.get("kind"), body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if kind not in KINDS:
        raise Invalid([Problem(f"{path}.kind", f"'{str(kind)[:50]}' is not a kind; use one of {', '.join(KINDS)}")])
    if not isinstance(name, str) or not name:
        raise Invalid([Problem(f"{path}.metadata.name", "the name of the document to delete is missing")])
    try:
        return DocumentKey(kind, Metadata(name=name).name)
    except ValidationError as error:
        raise Invalid(problems_of(error, f"{path}.metadata")) from None


def dependents(key: DocumentKey, stored: dict[DocumentKey, Json]) -> list[DocumentKey]:
    """Return the documents that name this one: the spokes of a hub, the clusters of a spoke."""
    member = {"Hub": "hub", "Spoke": "spoke"}.get(key.kind)
    kind = {"Hub": "Spoke", "Spoke": "Cluster"}.get(key.kind)
    return sorted(
        other
        for other, document in stored.items()
        if member and other.kind == kind and document["spec"].get(member) == key.name
    )


async def _delete(
    store: Store, clock: Clock, keys: list[DocumentKey], request: Request, asked: set[DocumentKey]
) -> Admitted:
    """Mark the documents; the version that the requester knows is that of what they `asked` about, and judged first."""
    admitted, along = Admitted(), replace(request, accepts=lambda _: True)
    for key in asked:
        _check_version(key, await store.documents.get(key), request)
    for key in keys:
        await _dismiss(store, key, request, going_too=keys)
        outcome = await _mark(store, clock, key, request if key in asked else along)
        getattr(admitted, outcome).append(str(key))
        if outcome == "changed":
            admitted.wake.append(key)
    return admitted


async def _mark(store: Store, clock: Clock, key: DocumentKey, request: Request) -> str:
    """Mark one document for deletion; its reconciler takes it down and then removes it."""
    current = await store.documents.get(key)
    _check_version(key, current, request)
    if current is None:
        await store.documents.bury(key, request.order)
        return "unchanged"

    def mark(document: Json) -> Json | None:
        metadata = document["metadata"]
        if request.order < (metadata.get("order") or ""):
            return None
        again = metadata.get("deletionRequested") is not None
        metadata["order"] = request.order
        metadata["deletionRequested"] = metadata["deletionRequested"] if again else clock().isoformat()
        metadata["generation"] += not again
        document["status"] = document.get("status", {}) | {"request": _asker(request), "restoredAt": None}
        return document

    marked = await store.documents.update(key, mark)
    return "changed" if marked.document["metadata"]["order"] == request.order else "superseded"


async def _dismiss(store: Store, key: DocumentKey, request: Request, going_too: list[DocumentKey]) -> None:
    """Remember that a person sent away what had asked to join: its tag alone must not bring it back.

    Before it is marked: its reconciler may run, and look who asks as soon as it is gone.
    """
    current = await store.documents.get(key)
    if current is None or current.document["metadata"].get("origin") != "event":
        return
    if request.order < (_order(current) or ""):
        return
    spec = current.document["spec"]
    for member, kind, parent in (("virtualNetworkId", "Hub", "hub"), ("managedClusterId", "Spoke", "spoke")):
        # What goes with its hub was not meant by itself.
        if spec.get(member) and DocumentKey.parse(f"{kind}/{spec[parent]}") not in going_too:
            await store.dismissals.dismiss(resource_id.key(spec[member]), spec[parent])
