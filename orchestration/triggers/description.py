"""The API's own description over HTTP: made when somebody first asks for it, and kept.

Anonymous: it is the same for every installation and stands in the repository anyway, and tools that read it (API
Management, generators of clients) fetch it without a key.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from orchestration.triggers import conditional

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies


async def get_openapi(_: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with OpenAPI 3.1."""
    description, tag = _made()
    return conditional.answer(request.headers, description, tag)


@cache
def _made() -> tuple[dict[str, Any], str]:
    # The table of views names this module's handler, and an app that starts has no use for schemas.
    from orchestration.api.openapi import build  # noqa: PLC0415
    from orchestration.app import VIEWS  # noqa: PLC0415
    from orchestration.triggers.http import COLLECTIONS  # noqa: PLC0415

    description = build(VIEWS, COLLECTIONS)
    return description, conditional.tag_of(description)
