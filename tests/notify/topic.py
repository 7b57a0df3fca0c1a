"""A topic that answers as it is told, over the simulator's TLS: for what the simulator's own topic never does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aiohttp import web

from local.simulator.certificate import ensure_certificate, server_context


class Topic:
    """Takes what is posted; answers 200 unless something else was scripted. A status of 0 drops the connection."""

    def __init__(self, directory: Path) -> None:
        self.script: list[tuple[int, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.endpoint = ""
        self.ca_bundle = str(ensure_certificate(directory)[0])
        self._directory = directory
        self._runner: web.AppRunner | None = None

    @property
    def batches(self) -> list[list[dict[str, Any]]]:
        """The events of each request that came."""
        return [json.loads(body) for body in self.bodies]

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application(client_max_size=2**21)
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=server_context(self._directory))
        await site.start()
        self.endpoint = f"https://localhost:{self._runner.addresses[0][1]}/api/events"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        status, headers = self.script.pop(0) if self.script else (200, {})
        if status == 0 and request.transport is not None:
            request.transport.close()
        return web.json_response({"error": {"code": "X", "message": "said"}}, status=status or 200, headers=headers)
