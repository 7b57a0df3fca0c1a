"""The HTTP API: documents, lists, plans, history, topology, resolution, health. Each handler parses, acts, answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import azure.functions as func

from orchestration import observing, waking
from orchestration.admission import Operation, Request, admit
from orchestration.triggers.requests import LARGEST, order_of, wake_admitted
from shared.model import summary
from shared.model.document import parse_document, parse_request, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Invalid, NotFound, Problem

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.store.documents import Stored

    Json = dict[str, Any]

COLLECTIONS = {"hubs": "Hub", "spokes": "Spoke", "clusters": "Cluster"}
LAST_SEQUENCE = 999_999_999_999
"""An HTTP request stands after every message of its millisecond."""
PAGE = 100


def reply(body: Any, status: int = 200, **headers: str) -> func.HttpResponse:
    """Return a JSON response."""
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json", headers=headers)


def entity_tag(stored: Stored) -> str:
    """Return a document's version as HTTP writes it, in quotes; Table Storage's has them already."""
    return stored.etag if stored.etag.endswith('"') else f'"{stored.etag}"'


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
    if request.headers.get("If-None-Match") == tag:
        return func.HttpResponse(status_code=304, headers={"ETag": tag})
    return reply(stored.document, ETag=tag)


async def list_hubs(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with the hubs."""
    return await _list(dependencies, request, "Hub")


async def list_spokes(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with the spokes."""
    return await _list(dependencies, request, "Spoke")


async def list_clusters(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with the clusters."""
    return await _list(dependencies, request, "Cluster")


async def _list(dependencies: Dependencies, request: func.HttpRequest, kind: str) -> func.HttpResponse:
    """Answer with the documents of a kind, by name, a page at a time: `hub`, `spoke`, `ready`, `after`, `limit`."""
    wanted = {name: request.params[name] for name in ("hub", "spoke") if name in request.params}
    limit = number_in(request, "limit", PAGE)
    stored = await dependencies.store.documents.list(kind)
    found = [item.document for item in stored if all(item.document["spec"].get(n) == v for n, v in wanted.items())]
    if "ready" in request.params:
        ready = request.params["ready"].lower() == "true"
        found = [document for document in found if summary.is_ready(document) is ready]
    after = request.params.get("after", "")
    rest = [document for document in found if document["metadata"]["name"] > after]
    page: Json = {"items": rest[:limit]}
    if len(rest) > limit:
        page["after"] = rest[limit - 1]["metadata"]["name"]
    return reply(page)


async def put_document(
    dependencies: Dependencies, client: DurableClient, request: func.HttpRequest
) -> func.HttpResponse:
    """Apply the document in the body; 202 with it as it is stored now."""
    key, body = key_in(request), body_of(request)
    _check_names(key, body)
    admitted = await admit(dependencies.store, dependencies.clock, {"$": body}, Operation.APPLY, _asked(request))
    await wake_admitted(dependencies, client, admitted)
    stored = await stored_document(dependencies, key)
    return reply(stored.document, 202, ETag=entity_tag(stored), Location=_location(request, key))


async def delete_document(
    dependencies: Dependencies, client: DurableClient, request: func.HttpRequest
) -> func.HttpResponse:
    """Ask for a document's deletion; 202 while it goes."""
    key = key_in(request)
    stored = await stored_document(dependencies, key)
    bodies = {"$": stored.document}
    admitted = await admit(dependencies.store, dependencies.clock, bodies, Operation.DELETE, _asked(request))
    await wake_admitted(dependencies, client, admitted)
    return reply((await stored_document(dependencies, key)).document, 202)


async def get_plan(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with what a reconcile would do now; POST with a document: with what applying it would do."""
    key = key_in(request)
    if request.method == "POST":
        body = body_of(request)
        _check_names(key, body)
        document = parse_request(body)
        stored = await dependencies.store.documents.get(key)
        if stored is not None:
            status = parse_document(stored.document).status
            document = document.model_copy(update={"status": status})
    else:
        document = parse_document((await stored_document(dependencies, key)).document)
    seen = await observing.picture(dependencies, document)
    approval = {} if seen.approval is None else {"approval": to_json(seen.approval)}
    return reply(seen.plan.to_json() | approval)


async def get_history(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with the document's steps, newest first: start, end, result."""
    key = key_in(request)
    entries = await dependencies.store.history.list(key, number_in(request, "limit", PAGE))
    if not entries:
        await stored_document(dependencies, key)
    return reply({"items": list(entries)})


async def retry(dependencies: Dependencies, client: DurableClient, request: func.HttpRequest) -> func.HttpResponse:
    """Wake the document now, whatever it waits for; a cluster is verified again, a network asks anew."""
    key = key_in(request)
    await stored_document(dependencies, key)
    await dependencies.store.documents.update_status(key, _asking_anew)
    await waking.wake(dependencies.store, client, key)
    return reply({"document": str(key), "woken": True}, 202)


def _asking_anew(status: Json) -> Json:
    approval = status.get("approval") or {}
    over = approval.get("state") in ("rejected", "expired", "refused")
    return status | {"verifiedAt": None, "approval": None if over else status.get("approval")}


async def topology(dependencies: Dependencies, _: func.HttpRequest) -> func.HttpResponse:
    """Answer with hubs, their spokes, their clusters, and how each is."""
    return reply(summary.topology([item.document for item in await dependencies.store.documents.list()]))


async def resolution(dependencies: Dependencies, _: func.HttpRequest) -> func.HttpResponse:
    """Answer with what the jump servers saw of each cluster: resolves, answers, when, the evidence."""
    return reply(summary.resolution([item.document for item in await dependencies.store.documents.list()]))


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


def _location(request: func.HttpRequest, key: DocumentKey) -> str:
    return f"/api/{request.route_params['collection']}/{key.name}"


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
    raw = request.get_body()
    if len(raw) > LARGEST:
        raise Invalid([Problem("$", f"the body has {len(raw):,} bytes; send at most {LARGEST:,}")])
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid([Problem("$", f"not JSON: {str(error)[:200]}")]) from None


def number_in(request: func.HttpRequest, name: str, default: int) -> int:
    """Return a number from the query; raise Invalid where it is none or out of bounds."""
    text = request.params.get(name, str(default))
    if not text.isdecimal() or not 0 < int(text) <= 10 * PAGE:
        raise Invalid([Problem(f"?{name}", f"'{text[:20]}' is not a number from 1 to {10 * PAGE}")])
    return int(text)


def _asked(request: func.HttpRequest) -> Request:
    """Return who asks: at this moment of the machine's clock, which is also the queue's, and for which version."""
    wanted = request.headers.get("If-Match")

    def accepts(stored: Stored | None) -> bool:
        return wanted is None or (stored is not None and wanted in ("*", entity_tag(stored)))

    return Request(order_of(datetime.now(UTC), LAST_SEQUENCE), accepts=accepts)
