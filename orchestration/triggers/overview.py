"""The overview over HTTP: one document for the page and the command line, cheap to ask for again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from orchestration.triggers import conditional
from shared.model import overview

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies


async def get_overview(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with hubs, spokes, clusters, approvals and recent events; 304 where the caller has it."""
    store = dependencies.store
    stored, events = await asyncio.gather(store.documents.list(), store.events.list(overview.EVENTS))
    shown = overview.overview([item.document for item in stored], events)
    tag = conditional.quoted(overview.digest(shown))
    return conditional.answer(request.headers, {"generatedAt": dependencies.clock().isoformat(), **shown}, tag)
