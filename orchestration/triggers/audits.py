"""The audit over HTTP: who changed, decided or was refused what; of one document, or of what is about none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.access.trail import SERVICE
from orchestration.triggers import conditional
from orchestration.triggers.http import key_in, stored_document
from orchestration.triggers.lists import PAGE
from orchestration.triggers.parameters import number_in

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies


async def get_audit(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with who did what about a document, newest first; also of one that is gone."""
    key = key_in(request)
    entries = await dependencies.store.audit.list(key, number_in(request, "limit", PAGE))
    if not entries:
        await stored_document(dependencies, key)
    return conditional.told(request.headers, {"items": list(entries)})


async def get_service_audit(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with what was done, or refused, that is about no document, newest first."""
    entries = await dependencies.store.audit.list(SERVICE, number_in(request, "limit", PAGE))
    return conditional.told(request.headers, {"items": list(entries)})
