"""A hub's DNS over HTTP: servers, whose network has which, what servers on-premises are told, as plain text too."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from orchestration.observing import load_related
from orchestration.triggers import conditional
from orchestration.triggers.http import stored_document
from orchestration.triggers.parameters import check_known, text_in
from shared.model.document import parse_document
from shared.model.envelope import DocumentKey
from shared.model.errors import Invalid, NotFound, Problem
from shared.plan.dns.kit import Format
from shared.plan.dns.view import view

if TYPE_CHECKING:
    from typing import Any

    import azure.functions as func

    from orchestration.dependencies import Dependencies

    Json = dict[str, Any]

FORMATS: tuple[str, ...] = get_args(Format)
TEXT, JSON_TOO = "text/plain", ("application/json", "application/*", "*/*")
"""What a caller accepts who wants a configuration's text; and what one accepts who takes JSON as well."""


async def get_dns(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with all of it; with the text of one configuration where a format is named."""
    check_known(request, ("format",))
    format_ = text_in(request, "format", FORMATS)
    if format_ is None and _wants_text(request.headers.get("Accept", "")):
        raise Invalid([Problem("?format", f"plain text is one configuration: name one of {', '.join(FORMATS)}")])
    shown = await _shown(dependencies, DocumentKey("Hub", str(request.route_params["name"])))
    if format_ is None:
        return conditional.told(request.headers, shown)
    return conditional.told_text(request.headers, _text(shown, format_))


def _wants_text(accepted: str) -> bool:
    found = {part.partition(";")[0].strip().lower() for part in accepted.split(",")}
    return TEXT in found and not found.intersection(JSON_TOO)


async def _shown(dependencies: Dependencies, key: DocumentKey) -> Json:
    hub: Any = parse_document((await stored_document(dependencies, key)).document)
    shown: Json = view(hub, (await load_related(dependencies.store, hub)).spokes)
    return shown


def _text(shown: Json, format_: str) -> str:
    """Return the text of one configuration; raise NotFound where there is none, with what to do."""
    found = next((one["text"] for one in shown["configurations"] if one["format"] == format_), None)
    if found is None:
        raise NotFound(f"there is no configuration for servers on-premises: {shown['note']}")
    return str(found)
