"""The host's administration door, for the master key: its state, and firing a timer by hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from local.host.keys import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.host.keys import Keys
    from local.host.timer_trigger import TimerTrigger


class Admin:
    """Serves `/admin/...`."""

    def __init__(self, timers: Mapping[str, TimerTrigger], keys: Keys) -> None:
        self._timers = timers
        self._keys = keys
        self._fired: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get("/admin/host/status", self._status), web.post("/admin/functions/{name}", self._fire)]

    def _opens(self, request: web.Request) -> bool:
        return self._keys.opens_function("ADMIN", key_of(request.headers, request.query))

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response({"state": "Running"}) if self._opens(request) else web.Response(status=401)

    async def _fire(self, request: web.Request) -> web.Response:
        """Fire a timer; the answer does not wait for it."""
        if not self._opens(request):
            return web.Response(status=401)
        timer = self._timers.get(request.match_info["name"])
        if timer is None:
            return web.Response(status=404, text="no function with a timer trigger of this name")
        task = asyncio.create_task(timer.fire(past_due=False))
        self._fired.add(task)
        task.add_done_callback(self._fired.discard)
        return web.Response(status=202)
