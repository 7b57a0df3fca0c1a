"""Marks documents for deletion: what has to go along, what stands in the way, and that it was a person's wish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestration.requesting import Admitted, Operation, Request, asker, check_version, place_of, write_down
from shared.model import resource_id
from shared.model.envelope import KINDS, DocumentKey, Metadata
from shared.model.errors import Invalid, Problem
from shared.model.problems import problems_of

if TYPE_CHECKING:
    from orchestration.access.reach import Permit
    from shared.clock import Clock
    from shared.store.store import Store

    Json = dict[str, Any]
    Documents = Mapping[DocumentKey, Json]


def named(bodies: Mapping[str, Any], stored: dict[DocumentKey, Json], permit: Permit) -> list[DocumentKey]:
    """Return the keys of documents to delete, those that need others first; refuse where something stays attached."""
    problems: list[Problem] = []
    keys: list[tuple[str, DocumentKey]] = []
    for path, body in bodies.items():
        try:
            keys.append((path, _name(body, path)))
        except Invalid as error:
            problems += error.problems
    along = {key: dict.fromkeys([key, *_onboarded_in([key], stored)]) for _, key in keys}
    # Before what is attached is told: whoever may not touch something is refused whatever else is the matter.
    paths = {key: path for path, key in keys}
    going_along = [one for _, key in keys for one in along[key] if one in stored]
    permit.check({paths.get(one, str(one)): stored[one] for one in going_along}, stored)
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


async def delete(
    store: Store, clock: Clock, keys: list[DocumentKey], request: Request, asked: set[DocumentKey], known: Documents
) -> Admitted:
    """Mark the documents; the version that the requester knows is that of what they `asked` about, and judged first."""
    admitted, along = Admitted(), replace(request, accepts=lambda _: True)
    for key in asked:
        check_version(key, await store.documents.get(key), request)
    for key in keys:
        await _dismiss(store, key, request, going_too=keys)
        outcome = await _mark(store, clock, key, request if key in asked else along, known)
        getattr(admitted, outcome).append(str(key))
        if outcome == "changed":
            admitted.wake.append(key)
    return admitted


async def _mark(store: Store, clock: Clock, key: DocumentKey, request: Request, known: Documents) -> str:
    """Mark one document for deletion; its reconciler takes it down and then removes it."""
    current = await store.documents.get(key)
    check_version(key, current, request)
    if current is None:
        await store.documents.bury(key, request.order)
        return "unchanged"

    def mark(document: Json) -> Json | None:
        request.permit.check({"$": document}, known)
        metadata = document["metadata"]
        if request.order < (metadata.get("order") or ""):
            return None
        again = metadata.get("deletionRequested") is not None
        metadata["order"] = request.order
        metadata["deletionRequested"] = metadata["deletionRequested"] if again else clock().isoformat()
        metadata["generation"] += not again
        document["status"] = document.get("status", {}) | {"request": asker(request), "restoredAt": None}
        return document

    marked = await store.documents.update(key, mark)
    if marked.document["metadata"]["order"] != request.order:
        return "superseded"
    again = place_of(current) == request.order
    await write_down(store, marked.document, Operation.DELETE, request, again=again)
    return "changed"


async def _dismiss(store: Store, key: DocumentKey, request: Request, going_too: list[DocumentKey]) -> None:
    """Remember that a person sent away what had asked to join: its tag alone must not bring it back.

    Before it is marked: its reconciler may run, and look who asks as soon as it is gone.
    """
    current = await store.documents.get(key)
    if current is None or current.document["metadata"].get("origin") != "event":
        return
    if request.order < (place_of(current) or ""):
        return
    spec = current.document["spec"]
    for member, kind, parent in (("virtualNetworkId", "Hub", "hub"), ("managedClusterId", "Spoke", "spoke")):
        # What goes with its hub was not meant by itself.
        if spec.get(member) and DocumentKey.parse(f"{kind}/{spec[parent]}") not in going_too:
            await store.dismissals.dismiss(resource_id.key(spec[member]), spec[parent])
