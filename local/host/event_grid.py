"""The Event Grid webhook: both handshakes, then one call for each event; a failure is answered 500, so it is resent.

As Azure's extension does it: the header `aeg-event-type` decides, and a body is one event (so come CloudEvents) or a
list. Unlike it this one answers 400, with the reason, where the extension would fail with 500 on a body that is no JSON
or an event that is no object; and it takes a CloudEvent by its content type without that header.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import web

from local.host.invocation import decode
from local.host.keys import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.host.indexing import Function
    from local.host.invocation import Invoker
    from local.host.keys import Keys

PATH = "/runtime/webhooks/eventgrid"
KIND = "aeg-event-type"
CLOUD_EVENTS = ("application/cloudevents+json", "application/cloudevents-batch+json")

log = logging.getLogger(__name__)


class EventGridTrigger:
    """Serves the functions with an Event Grid trigger, chosen by `functionName`."""

    def __init__(self, functions: Mapping[str, Function], keys: Keys, invoker: Invoker) -> None:
        self._functions = functions
        self._keys = keys
        self._invoker = invoker

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a delivery or a handshake."""
        if not self._keys.opens_event_grid(key_of(request.headers, request.query)):
            return web.Response(status=401)
        name = request.query.get("functionName", "")
        function = self._functions.get(name)
        if function is None:
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        if request.method == "OPTIONS":
            return _consent(request)
        if request.method != "POST":
            return web.Response(status=404)
        return await self._take(function, request)

    async def _take(self, function: Function, request: web.Request) -> web.Response:
        kind = _kind(request)
        if kind == "unsubscribe":
            return web.Response(status=202)
        if kind not in ("subscriptionvalidation", "notification"):
            return _refuse(f"the header {KIND} says what this is: Notification, SubscriptionValidation or Unsubscribe")
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            return _refuse("the body is not JSON")
        events = body if isinstance(body, list) else [body]
        if not all(isinstance(event, dict) for event in events):
            return _refuse("an event is a JSON object; a delivery is one, or a list of them")
        return _validate(events) if kind == "subscriptionvalidation" else await self._deliver(function, events)

    async def _deliver(self, function: Function, events: list[dict[str, Any]]) -> web.Response:
        """Call the function once for each event; if one fails all of the delivery is sent again."""
        ended = await asyncio.gather(*(self._call(function, event) for event in events), return_exceptions=True)
        failed = any(isinstance(each, BaseException) for each in ended)
        return web.Response(status=500 if failed else 202)

    async def _call(self, function: Function, event: dict[str, Any]) -> None:
        """Decode an event and call the function; the SDK's converter may refuse what no function then sees."""
        try:
            value = decode("eventGridTrigger", json.dumps(event), "json")
        except Exception:
            log.exception("event_grid.undecodable function=%s", function.name)
            raise
        await self._invoker.invoke(function, value)


def _kind(request: web.Request) -> str:
    """Return what a request is, in lower case; a CloudEvent is a notification though it does not say so."""
    said = request.headers.get(KIND, "").lower()
    return said or ("notification" if request.content_type in CLOUD_EVENTS else "")


def _validate(events: list[dict[str, Any]]) -> web.Response:
    data = events[0].get("data") if events else None
    if isinstance(data, str):  # In a CloudEvent it is encoded twice.
        with suppress(ValueError):
            data = json.loads(data)
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not code:
        return _refuse("a validation event has data.validationCode")
    return web.json_response({"validationResponse": str(code)})


def _refuse(why: str) -> web.Response:
    return web.Response(status=400, text=why)


def _consent(request: web.Request) -> web.Response:
    """Consent to deliveries in the CloudEvents way."""
    origin = request.headers.get("WebHook-Request-Origin")
    if not origin:
        return _refuse("the header WebHook-Request-Origin says who asks")
    return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})
