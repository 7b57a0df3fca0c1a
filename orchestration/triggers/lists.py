"""Lists of documents over HTTP: filtered, by name, a page at a time, cheap to ask for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.triggers import conditional
from orchestration.triggers.parameters import check_known, number_in, pairs_in, text_in
from shared.model.selection import Selection

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies

    Json = dict[str, Any]

PAGE = 100
ALWAYS = ("limit", "after", "ready", "label", "field")
PARAMETERS = {
    "Hub": ALWAYS,
    "Spoke": (*ALWAYS, "hub", "origin"),
    "Cluster": (*ALWAYS, "hub", "spoke", "origin"),
}
"""What each list can be asked for."""


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
    check_known(request, PARAMETERS[kind])
    limit, after = number_in(request, "limit", PAGE), text_in(request, "after") or ""
    wanted = await _selection(dependencies, request, kind)
    stored = await dependencies.store.documents.list(kind)
    found = [item.document for item in stored if item.document["metadata"]["name"] > after]
    rest = [document for document in found if wanted.takes(document)]
    page: Json = {"items": rest[:limit]}
    if len(rest) > limit:
        page["after"] = rest[limit - 1]["metadata"]["name"]
    return conditional.answer(request.headers, page, conditional.tag_of(page))


async def _selection(dependencies: Dependencies, request: func.HttpRequest, kind: str) -> Selection:
    ready = text_in(request, "ready", ("true", "false"))
    hub, spoke = text_in(request, "hub"), text_in(request, "spoke")
    spokes = None if spoke is None else frozenset({spoke})
    if kind == "Cluster" and hub is not None:
        inside = await _spokes_of(dependencies, hub)
        spokes, hub = inside if spokes is None else inside & spokes, None
    return Selection(
        None if ready is None else ready == "true",
        None if hub is None else frozenset({hub}),
        spokes,
        text_in(request, "origin", ("request", "event")),
        pairs_in(request, "label", "team=payments"),
        pairs_in(request, "field", "spec.location=westeurope"),
    )


async def _spokes_of(dependencies: Dependencies, hub: str) -> frozenset[str]:
    """Return the names of a hub's spokes: a cluster names its spoke only."""
    stored = await dependencies.store.documents.list("Spoke")
    return frozenset(item.document["metadata"]["name"] for item in stored if item.document["spec"]["hub"] == hub)
