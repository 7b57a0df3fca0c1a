"""The Event Grid webhook: both handshakes, then one call for each event; a failure is answered 500, so it is resent."""

from __future__ import annotations

import asyncio
import json
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
        function = self._functions.get(request.query.get("functionName", ""))
        if function is None:
            return web.Response(status=404, text="no Event Grid function of this name")
        if request.method == "OPTIONS":
            return _consent(request)
        if request.method != "POST":
            return web.Response(status=404)
        try:
            body = await request.json()
        except ValueError:
            return web.Response(status=400, text="the body is not JSON")
        return await self._take(function, request.headers.get("aeg-event-type", "Notification"), body)

    async def _take(self, function: Function, kind: str, body: Any) -> web.Response:
        events = body if isinstance(body, list) else [body]
        if not all(isinstance(event, dict) for event in events):
            return web.Response(status=400, text="an event is a JSON object")
        match kind:
            case "SubscriptionValidation":
                return _validate(events)
            case "Unsubscribe":
                return web.Response(status=202)
            case _:
                return await self._deliver(function, events)

    async def _deliver(self, function: Function, events: list[dict[str, Any]]) -> web.Response:
        values = [decode("eventGridTrigger", json.dumps(event), "json") for event in events]
        calls = (self._invoker.invoke(function, value) for value in values)
        ended = await asyncio.gather(*calls, return_exceptions=True)
        failed = any(isinstance(each, BaseException) for each in ended)
        return web.Response(status=500 if failed else 202)


def _validate(events: list[dict[str, Any]]) -> web.Response:
    code = (events[0].get("data") or {}).get("validationCode") if events else None
    if not code:
        return web.Response(status=400, text="a validation event has data.validationCode")
    return web.json_response({"validationResponse": code})


def _consent(request: web.Request) -> web.Response:
    """Consent to deliveries in the CloudEvents way."""
    origin = request.headers.get("WebHook-Request-Origin")
    if not origin:
        return web.Response(status=400)
    return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})
