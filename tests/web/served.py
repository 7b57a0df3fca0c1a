"""The page's real files beside the answers of an app with given documents, on 127.0.0.1; it wants a key as Azure does.

What it answers is made by the functions that make it in the app. It remembers what it was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from shared.model import overview, summary
from shared.web import page

if TYPE_CHECKING:
    from tests.web.landscape import Landscape

Json = dict[str, Any]

KEY = "the-key-of-the-test"


@dataclass
class Served:
    """One server: where it is, what it holds, and what came."""

    landscape: Landscape
    key: str = KEY
    url: str = ""
    signed_out: bool = False
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    decided: list[tuple[str, Json]] = field(default_factory=list)
    sent: list[tuple[str, int]] = field(default_factory=list)
    """Of each answer the path, and the bytes of its body."""

    @property
    def overviews(self) -> list[int]:
        """The bytes of each answer that was an overview."""
        return [size for path, size in self.sent if path == "/overview"]

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request, and remember it."""
        response = await self._answer(request)
        self.asked.append((request.method, request.path.removeprefix("/api"), response.status))
        size = len(response.body) if isinstance(response.body, bytes) else 0
        self.sent.append((request.path.removeprefix("/api"), size))
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/")
        if path == "" or path.startswith("page/"):
            given = page.answer(path.removeprefix("page/") or page.SHELL, request.headers)
            return web.Response(status=given.status, headers=given.headers, body=given.body)
        refused = self._refused(request)
        if refused is not None:
            return refused
        if request.method == "POST":
            return await self._post(path, request)
        body = self._read(path)
        if body is None:
            return web.json_response({"title": "It is not there", "code": "NotFound"}, status=404)
        tag = f'"{overview.digest(body)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.json_response(body, headers={"ETag": tag})

    def _refused(self, request: web.Request) -> web.Response | None:
        """Return how the platform refuses a caller: by its sign-in, or for want of the key."""
        if self.signed_out:
            return web.Response(status=302, headers={"Location": "https://login.example.com/"})
        if self.key and request.headers.get("x-functions-key") != self.key:
            return web.Response(status=401)
        return None

    def _read(self, path: str) -> Json | None:
        documents = list(self.landscape.documents.values())
        kind, _, rest = path.partition("/")
        name, _, part = rest.partition("/")
        key = f"{kind}/{name}"
        whole = {
            "overview": lambda: overview.overview(documents, self.landscape.events),
            "resolution": lambda: summary.resolution(documents),
        }
        parts: dict[str, Json | None] = {
            "": self.landscape.documents.get(key),
            "plan": self.landscape.plans.get(key),
            "dns": self.landscape.dns.get(key),
            "history": {"items": self.landscape.history.get(key, [])},
            "audit": {"items": self.landscape.audit.get(key, [])},
        }
        return whole[path]() if path in whole else parts.get(part)

    async def _post(self, path: str, request: web.Request) -> web.Response:
        key, _, action = path.rpartition("/")
        self.decided.append((path, await request.json()))
        document = self.landscape.documents[key]
        if action == "approve":
            document["status"]["approval"]["state"] = "approved"
            document["status"]["conditions"][0] |= {"reason": "Applying", "message": "approved"}
        return web.json_response(document, status=202)


@asynccontextmanager
async def serving(landscape: Landscape, key: str = KEY) -> AsyncIterator[Served]:
    """Serve a landscape on a free port."""
    served = Served(landscape, key)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    served.url = f"http://127.0.0.1:{port}/api/"
    try:
        yield served
    finally:
        await asyncio.wait_for(runner.cleanup(), 10)
