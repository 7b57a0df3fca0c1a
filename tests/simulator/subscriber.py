"""A subscriber of Event Grid events: answers both handshakes, and deliveries as the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Self

from aiohttp import web


class Webhook:
    """`async with Webhook().listening() as webhook`; `answers` are the statuses of the first deliveries, then 200."""

    def __init__(self, *answers: int, origin: str = "*", consent: int = 200) -> None:
        self.answers: Iterator[int] = iter(answers)
        self.origin = origin
        self.consent = consent
        self.code: str | None = None
        self.handshakes = 0
        self.events: list[dict[str, Any]] = []
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.open = asyncio.Event()
        self.open.set()
        self.url = ""
        self._told = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Listen on any port."""
        app = web.Application()
        app.router.add_post("/events", self.receive)
        app.router.add_route("OPTIONS", "/events", self.agree)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
        try:
            yield self
        finally:
            self.open.set()
            await runner.cleanup()

    async def agree(self, request: web.Request) -> web.Response:
        """Answer the handshake of CloudEvents."""
        assert request.headers["WebHook-Request-Origin"] == "eventgrid.azure.net"
        self._told.set()
        self.handshakes += 1
        return web.Response(status=self.consent, headers={"WebHook-Allowed-Origin": self.origin})

    async def receive(self, request: web.Request) -> web.Response:
        """Take one delivery, or answer the handshake of the Event Grid schema."""
        body = await request.json()
        if request.headers["aeg-event-type"] == "SubscriptionValidation":
            self._told.set()
            self.handshakes += 1
            return web.json_response({"validationResponse": self.code or body[0]["data"]["validationCode"]})
        self._told.set()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.open.wait()
        self.under_way -= 1
        self._told.set()
        status = next(self.answers, 200)
        if status == 200:
            self.bodies.append(body)
            self.headers.append(dict(request.headers))
            self.events += body if isinstance(body, list) else [body]
        return web.Response(status=status)

    async def until(self, true: Callable[[Self], object]) -> None:
        """Wait for what is awaited to come true."""
        async with asyncio.timeout(20):
            while not true(self):
                self._told.clear()
                await self._told.wait()
