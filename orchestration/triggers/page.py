"""The status page over HTTP: its shell at the root and its files; anonymous, for there is nothing of ours in them.

All that the page shows it asks from the API, with the key of whoever looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import azure.functions as func

from shared.web import page

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies


async def shell(_: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with the page; without the last slash, with where it is, for its files are relative to that."""
    path = urlsplit(request.url).path
    if not path.endswith("/"):
        where = {"Location": f"{path.rpartition('/')[2]}/"}
        return func.HttpResponse(status_code=308, headers={**page.HEADERS, **where})
    return _response(page.SHELL, request)


async def file(_: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with one of the page's files."""
    return _response(str(request.route_params["file"]), request)


def _response(name: str, request: func.HttpRequest) -> func.HttpResponse:
    given = page.answer(name, request.headers)
    return func.HttpResponse(given.body, status_code=given.status, headers=given.headers)
