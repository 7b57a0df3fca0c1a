"""The HTTP API: documents, plans, history, topology, resolution, health. Each handler parses, acts, answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import azure.functions as func

from orchestration import observing, waking
from orchestration.access import trail
from orchestration.access.guard import caller_of, permit_of
from orchestration.admission import admit, documents_by_key, preview
from orchestration.requesting import Operation, Request
from orchestration.triggers import conditional
from orchestration.triggers.lists import PAGE
from orchestration.triggers.parameters import check_known, number_in, text_in
from orchestration.triggers.requests import LARGEST, order_of, wake_admitted
from shared.model import summary
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Invalid, NotFound, Problem

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.model.document import Document
    from shared.store.documents import Stored

    Json = dict[str, Any]

COLLECTIONS = {"hubs": "Hub", "spokes": "Spoke", "clusters": "Cluster"}
LAST_SEQUENCE = 999_999_999_999
"""An HTTP request stands after every message of its millisecond."""
ASYNC = "respond-async"
DELETION = "deletion"
"""What a plan may be asked for, beside what is wanted now."""
SEEN_BY = ("cluster", "consumer")
"""What the resolution may be asked for."""


def reply(body: Any, status: int = 200, **headers: str) -> func.HttpResponse:
    """Return a JSON response."""
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json", headers=headers)


def entity_tag(stored: Stored) -> str:
    """Return a document's version as HTTP writes it."""
    return conditional.quoted(stored.etag)


def key_in(request: func.HttpRequest) -> DocumentKey:
    """Return the document that the path names; raise NotFound for an unknown collection."""
    return DocumentKey(kind_in(request), str(request.route_params["name"]))


def kind_in(request: func.HttpRequest) -> Any:
    """Return the kind of the collection that the path names."""
    collection = str(request.route_params["collection"])
    if collection not in COLLECTIONS:
        raise NotFound(f"there is no collection '{collection[:50]}'; there are {', '.join(COLLECTIONS)}")
    return COLLECTIONS[collection]


async def get_document(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with one document and its ETag."""
    stored = await stored_document(dependencies, key_in(request))
    tag = entity_tag(stored)
    return conditional.answer(request.headers, stored.document, tag)


async def put_document(
    dependencies: Dependencies, client: DurableClient, request: func.HttpRequest
) -> func.HttpResponse:
    """Apply the document in the body; 202 with it as it is stored now."""
    key, body = key_in(request), body_of(request)
    _check_names(key, body)
    asked = _asked(dependencies, request)
    admitted = await admit(dependencies.store, dependencies.clock, {"$": body}, Operation.APPLY, asked)
    await wake_admitted(dependencies, client, admitted)
    stored = await stored_document(dependencies, key)
    return _accepted(request, key, stored)


async def delete_document(
    dependencies: Dependencies, client: DurableClient, request: func.HttpRequest
) -> func.HttpResponse:
    """Ask for a document's deletion; 202 while it goes."""
    key = key_in(request)
    stored = await stored_document(dependencies, key)
    bodies, asked = {"$": stored.document}, _asked(dependencies, request)
    admitted = await admit(dependencies.store, dependencies.clock, bodies, Operation.DELETE, asked)
    await wake_admitted(dependencies, client, admitted)
    return _accepted(request, key, await dependencies.store.documents.get(key) or stored)


def _accepted(request: func.HttpRequest, key: DocumentKey, stored: Stored) -> func.HttpResponse:
    return accepted(request, key, stored.document, ETag=entity_tag(stored))


def accepted(request: func.HttpRequest, key: DocumentKey, body: Json, **headers: str) -> func.HttpResponse:
    """Answer 202, for the document's reconciler goes on after this answer, and where to look how it ends.

    Waiting (`Prefer: wait`) is not offered: it takes minutes, and an instance of the app would do nothing else.
    """
    headers["Location"] = f"/api/{request.route_params['collection']}/{key.name}"
    if ASYNC in _preferences(request):
        headers["Preference-Applied"] = ASYNC
    return reply(body, 202, **headers)


def _preferences(request: func.HttpRequest) -> set[str]:
    """Return what the caller prefers (RFC 7240), without parameters."""
    given = request.headers.get("Prefer", "")
    return {part.partition(";")[0].strip().lower() for part in given.split(",")}


async def get_plan(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with what a reconcile would do now, or a deletion."""
    document = parse_document((await stored_document(dependencies, key_in(request))).document)
    if text_in(request, "for", (DELETION,)) is not None:
        leaving = document.metadata.model_copy(update={"deletion_requested": dependencies.clock()})
        document = document.model_copy(update={"metadata": leaving})
    return await _plan_of(dependencies, document)


async def preview_plan(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with what applying the document in the body would do."""
    key, body = key_in(request), body_of(request)
    _check_names(key, body)
    permit = permit_of(dependencies, caller_of(dependencies, request))
    return await _plan_of(dependencies, await preview(dependencies.store, body, permit))


async def _plan_of(dependencies: Dependencies, document: Document) -> func.HttpResponse:
    seen = await observing.picture(dependencies, document)
    approval = {} if seen.approval is None else {"approval": to_json(seen.approval)}
    return reply(seen.plan.to_json() | approval)


async def get_history(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with the document's steps, newest first: start, end, result."""
    key = key_in(request)
    entries = await dependencies.store.history.list(key, number_in(request, "limit", PAGE))
    if not entries:
        await stored_document(dependencies, key)
    return conditional.told(request.headers, {"items": list(entries)})


async def retry(dependencies: Dependencies, client: DurableClient, request: func.HttpRequest) -> func.HttpResponse:
    """Wake the document now, whatever it waits for; a cluster is verified again, a network asks anew."""
    key, caller = key_in(request), caller_of(dependencies, request)
    stored = await stored_document(dependencies, key)
    permit = permit_of(dependencies, caller)
    if permit.grants is not None:
        permit.check({"$": stored.document}, await documents_by_key(dependencies.store))
    await dependencies.store.documents.update_status(key, _asking_anew)
    generation = stored.document["metadata"]["generation"]
    await trail.record(dependencies.store, key, "retry", caller, trail.HTTP, generation=generation)
    await waking.wake(dependencies.store, client, key, anew=True)
    return accepted(request, key, {"document": str(key), "woken": True})


def _asking_anew(status: Json) -> Json:
    approval = status.get("approval") or {}
    over = approval.get("state") in ("rejected", "expired", "refused")
    return status | {"verifiedAt": None, "approval": None if over else status.get("approval")}


async def topology(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with hubs, their spokes, their clusters, and how each is."""
    shown = summary.topology([item.document for item in await dependencies.store.documents.list()])
    return conditional.told(request.headers, shown)


async def resolution(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with what each consumer saw of each cluster: resolves, answers, when, why not, the evidence."""
    check_known(request, SEEN_BY)
    cluster, consumer = (text_in(request, name) for name in SEEN_BY)
    documents = [item.document for item in await dependencies.store.documents.list()]
    shown = summary.resolution(documents, cluster, consumer)
    return conditional.told(request.headers, shown)


async def health(dependencies: Dependencies, _: func.HttpRequest) -> func.HttpResponse:
    """Answer whether the store can be read; anonymous, so it says no more."""
    await dependencies.store.documents.get(DocumentKey("Hub", "healthz"))
    return reply({"status": "ok"})


async def stored_document(dependencies: Dependencies, key: DocumentKey) -> Stored:
    """Return a document as it is stored; raise NotFound where there is none."""
    stored = await dependencies.store.documents.get(key)
    if stored is None:
        raise NotFound(f"there is no document {key}; PUT it, or send it to the queue provisioning-requests")
    return stored


def _check_names(key: DocumentKey, body: Any) -> None:
    """Refuse a body that is about another document than the path."""
    if not isinstance(body, dict):
        raise Invalid([Problem("$", "the body has to be a document")])
    metadata = body.get("metadata") if isinstance(body.get("metadata"), dict) else {}
    problems = []
    if body.get("kind") != key.kind:
        problems.append(Problem("$.kind", f"has to be {key.kind}, as in the path"))
    if not isinstance(metadata, dict) or metadata.get("name") != key.name:
        problems.append(Problem("$.metadata.name", f"has to be {key.name}, as in the path"))
    if problems:
        raise Invalid(problems)


def body_of(request: func.HttpRequest) -> Any:
    """Return the JSON of a body; raise Invalid where it is none, or too long."""
    return json_in(request, LARGEST)


def json_in(request: func.HttpRequest, largest: int) -> Any:
    """Return the JSON of a body of at most so many bytes; raise Invalid where it is none, or longer."""
    raw = request.get_body()
    if len(raw) > largest:
        raise Invalid([Problem("$", f"the body has {len(raw):,} bytes; send at most {largest:,}")])
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid([Problem("$", f"not JSON: {str(error)[:200]}")]) from None


def _asked(dependencies: Dependencies, request: func.HttpRequest) -> Request:
    """Return who asks: at this moment of the machine's clock, which is also the queue's, and for which version."""
    wanted = conditional.tags(request.headers, "If-Match")

    def accepts(stored: Stored | None) -> bool:
        return not wanted or (stored is not None and bool({"*", *conditional.versions(entity_tag(stored))} & wanted))

    caller = caller_of(dependencies, request)
    order = order_of(datetime.now(UTC), LAST_SEQUENCE)
    return Request(order, accepts=accepts, by=caller, permit=permit_of(dependencies, caller))
