"""Lets documents in: the one way in which anything, message or HTTP request, changes what Spokewright wants.

Everything is checked before anything is stored, so that a request is taken whole or refused whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.access import trail
from orchestration.deletion import delete, named
from orchestration.requesting import Admitted, Operation, Request, asker, check_version, place_of, write_down
from shared.model import permanence, relations
from shared.model.cluster import Cluster
from shared.model.document import key_of, parse_document, parse_request, to_json
from shared.model.envelope import KINDS, DocumentKey
from shared.model.errors import Changed, Conflict, Invalid, Problem
from shared.model.hub import Hub

if TYPE_CHECKING:
    from orchestration.access.reach import Permit
    from shared.clock import Clock
    from shared.model.document import Document
    from shared.store.store import Store

    Json = dict[str, Any]

log = logging.getLogger(__name__)

ATTEMPTS = 8
DOCUMENTS_IN_ONE_REQUEST = 100


async def admit(
    store: Store, clock: Clock, bodies: Mapping[str, Any], operation: Operation, request: Request
) -> Admitted:
    """Check and store every document of a request, by its JSON path.

    Raises Invalid with every problem of all; Forbidden where some of it is beyond what the requester may ask for.
    """
    if len(bodies) > DOCUMENTS_IN_ONE_REQUEST:
        message = f"{len(bodies)} documents in one request; send at most {DOCUMENTS_IN_ONE_REQUEST}"
        raise Invalid([Problem("$.documents", message)])
    stored = await documents_by_key(store)
    if operation is Operation.APPLY:
        return await _apply(store, _parsed(bodies, stored, request.permit), stored, request)
    keys = named(bodies, stored, request.permit)
    asked = {DocumentKey(body["kind"], body["metadata"]["name"]) for body in bodies.values()}
    return await delete(store, clock, keys, request, asked, stored)


async def documents_by_key(store: Store) -> dict[DocumentKey, Json]:
    """Return every stored document."""
    return {key_of(item.document): item.document for item in await store.documents.list()}


async def preview(store: Store, body: Any, permit: Permit) -> Document:
    """Return a document as applying it would store it, and nobody stores it; raise as `admit` does."""
    stored = await documents_by_key(store)
    (document,) = _parsed({"$": body}, stored, permit)
    current = stored.get(document.key)
    before = (current or {"metadata": {}})["metadata"]
    return parse_document(_successor(to_json(document), current, Request(before.get("order") or "")))


def _parsed(bodies: Mapping[str, Any], stored: dict[DocumentKey, Json], permit: Permit) -> list[Document]:
    problems: list[Problem] = []
    parsed: list[tuple[str, Document]] = []
    for path, body in bodies.items():
        try:
            parsed.append((path, parse_request(body, path)))
        except Invalid as error:
            problems += error.problems
    _check_reach(parsed, stored, permit)
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


def _check_reach(parsed: list[tuple[str, Document]], stored: dict[DocumentKey, Json], permit: Permit) -> None:
    """Raise Forbidden where what is asked for, or what it replaces, is beyond what the requester may ask for."""
    if permit.grants is None:
        return
    asked = {path: to_json(document) for path, document in parsed}
    coming = {key_of(document): document for document in asked.values()}
    permit.check(asked, stored | coming)
    permit.check({path: stored[document.key] for path, document in parsed if document.key in stored}, stored)


def _readable(stored: dict[DocumentKey, Json]) -> dict[DocumentKey, Document]:
    """Return the stored documents; one that a newer version would not let in is no fault of this request."""
    found: dict[DocumentKey, Document] = {}
    for key, document in stored.items():
        try:
            found[key] = parse_document(document)
        except Invalid:
            log.warning("document.unreadable document=%s", key)
    return found


async def _apply(
    store: Store, documents: list[Document], stored: dict[DocumentKey, Json], request: Request
) -> Admitted:
    admitted = Admitted()
    for document in documents:
        kept = await _store(store, document, stored, request)
        getattr(admitted, kept.outcome).append(str(document.key))
        if kept.outcome != "superseded":
            admitted.wake.append(document.key)
        if kept.outcome == "changed" or (kept.again and request.door == trail.MESSAGE):
            await write_down(store, kept.document, Operation.APPLY, request, again=kept.again)
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


@dataclass(frozen=True, slots=True)
class _Kept:
    """What became of one document; `again`: this very request was here before."""

    outcome: str
    document: Json
    again: bool = False


async def _store(store: Store, document: Document, known: dict[DocumentKey, Json], request: Request) -> _Kept:
    """Store one document, unless a later request was here first; say which it was."""
    for attempt in range(ATTEMPTS):
        current = await store.documents.get(document.key)
        check_version(document.key, current, request)
        last = await store.documents.last_order(document.key) if current is None else place_of(current)
        if last is not None and request.order < last:
            return _Kept("superseded", {})
        if current is not None:
            request.permit.check({"$": current.document}, known)
        fresh = _successor(to_json(document), current.document if current else None, request)
        try:
            await store.documents.put(fresh, current.etag if current else None)
        except Conflict:  # It was changed, created or removed this moment.
            await asyncio.sleep(0.01 * 2**attempt)
            continue
        same = current is not None and fresh["metadata"]["generation"] == current.document["metadata"]["generation"]
        return _Kept("unchanged" if same else "changed", fresh, again=last == request.order)
    raise Changed(f"{document.key} is being changed by others all the time; send the request again")


def _successor(document: Json, current: Json | None, request: Request) -> Json:
    """Return the version to store: the same generation where nothing was changed, the next one otherwise."""
    before = current["metadata"] if current else {}
    changed = current is None or document["spec"] != current["spec"] or before.get("deletionRequested") is not None
    document["metadata"] |= {
        "generation": before.get("generation", 0) + changed,
        "order": request.order,
        "origin": before.get("origin", "request"),
        "requestedBy": before.get("requestedBy") if current else request.by.id or None,
        "changedBy": (request.by.id or None) if changed else before.get("changedBy"),
        "deletionRequested": None,
    }
    document["status"] = (current or document)["status"] | {"request": asker(request), "restoredAt": None}
    return document
