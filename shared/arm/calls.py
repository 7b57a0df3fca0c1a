"""A span and the figures of each call to Azure: what went over the wire, every attempt, and nothing else.

It stands in place of the SDK's own tracing policy, which knows neither resource nor document, names a span by its
method alone and writes the URL into it; an operation's URL is long, and signed. No URL and no query gets in here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from azure.core.pipeline.policies import AsyncHTTPPolicy

from shared.arm.refusal import retry_after
from shared.model.errors import SpokewrightError
from shared.model.resource_id import ResourceId
from shared.telemetry import meter, names, trace
from shared.telemetry.state import state

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

GROUPS, RESOURCES = "Microsoft.Resources/resourceGroups", "Microsoft.Resources"
HTTPS = 443
REFUSED, NOT_FOUND, THROTTLED = 400, 404, 429


class CallSpans(AsyncHTTPPolicy[Any, Any]):
    """The last policy before the wire, so that each attempt is seen as it is sent."""

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send, and tell how it went; Azure gets the context, so that its own logs can be found by it."""
        if not state.on:
            return await self.next.send(request)
        sent = request.http_request
        about = _about(sent.method, sent.url)
        by = {"provider": str(about[names.PROVIDER]), "method": sent.method}
        begun, status = time.perf_counter(), 0
        try:
            with trace.span(_name(sent.method, str(about[names.TYPE])), about, kind="client") as span:
                sent.headers["traceparent"] = trace.current() or ""
                answer = await self.next.send(request)
                status = answer.http_response.status_code
                trace.note(_answered(answer.http_response))
                if status >= REFUSED and status != NOT_FOUND:  # That it is not there is an answer, and a usual one.
                    trace.fail(span, str(status))
                return answer
        finally:
            _count(by, status, time.perf_counter() - begun)


def type_of_path(path: str) -> str:
    """Return the type of what a path leads to: of a resource, a collection, or an action on a resource."""
    before, marker, after = path.rpartition("/providers/")
    if not marker:
        parts = path.strip("/").split("/")
        return GROUPS if len(parts) > 2 and parts[2].lower() == "resourcegroups" else f"{RESOURCES}/subscriptions"  # noqa: PLR2004
    namespace, *parts = after.strip("/").split("/")
    return "/".join([namespace, *parts[::2]]) if namespace else before


def _about(method: str, url: str) -> dict[str, trace.Value]:
    """Return what is known of a call before it is answered."""
    parts = urlsplit(url)
    type_ = type_of_path(parts.path)
    if names.POLL in trace.fields():
        type_ = _type_of_resource() or type_
    return {
        names.METHOD: method,
        names.ADDRESS: parts.hostname or "",
        names.PORT: parts.port or HTTPS,
        names.PROVIDER: type_of_path(parts.path).partition("/")[0],
        names.TYPE: type_,
        names.API_VERSION: "".join(parse_qs(parts.query).get("api-version", [])[:1]),
    }


def _type_of_resource() -> str | None:
    """Return the type of what an operation is about: its own path says only where it runs."""
    try:
        return ResourceId.parse(str(trace.fields().get(names.RESOURCE))).type
    except SpokewrightError:
        return None


def _name(method: str, type_: str) -> str:
    return f"{'poll' if names.POLL in trace.fields() else method} {type_}"


def _answered(response: Any) -> dict[str, trace.Value | None]:
    status = response.status_code
    return {
        names.STATUS: status,
        names.RETRY_AFTER: retry_after(response.headers),
        names.REQUEST_ID: response.headers.get("x-ms-request-id"),
        names.THROTTLED: True if status == THROTTLED else None,
    }


def _count(by: dict[str, str], status: int, seconds: float) -> None:
    meter.record(names.CALLS, 1, status=str(status), **by)
    meter.record(names.CALL_DURATION, seconds, **by)
    if status == THROTTLED:
        meter.record(names.THROTTLES, provider=by["provider"])
