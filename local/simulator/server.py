"""The simulator as a process or in one: HTTPS for Azure Resource Manager, HTTP for managed identity, a ticker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import socket
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from local.endpoints import publish_endpoints, read_endpoints
from local.simulator.admin import Admin
from local.simulator.answer import ArmError
from local.simulator.arm import Arm, Reply
from local.simulator.certificate import ensure_certificate, server_context
from local.simulator.clock import Clock
from local.simulator.delivery import Courier
from local.simulator.dispatch import Sent
from local.simulator.event_grid import EventGrid
from local.simulator.identity import Identity
from local.simulator.journal import Journal
from local.simulator.outbox import Outbox
from local.simulator.queues import Queues
from local.simulator.store import Store
from local.simulator.topic import Topics
from local.simulator.topic_door import TopicDoor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from local.simulator.resource import Json

LOG = logging.getLogger("local.simulator")
HOST = "127.0.0.1"
TOPIC = "lifecycle"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_LARGEST_BODY = 16 * 1024 * 1024
_TICK = 0.5
_SHORTEST_TICK = 0.005


class Simulator:
    """Azure on this machine: `await start()`, then `endpoints` says where; `await stop()`.

    State lives in `state`; the same directory goes on where it stopped. `port` 0 takes the port of the last run
    if it is free (clients hold operation URLs), else any. `subscriptions` maps ids to names.
    """

    def __init__(
        self,
        state: Path,
        *,
        port: int = 0,
        speed: float | None = None,
        webhooks: Sequence[str | Json] | None = None,
        subscriptions: Mapping[str, str] | None = None,
        page_size: int = 100,
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._state = state
        self._port = port
        self.store = Store(state / "simulator.sqlite")
        self.clock = Clock(self.store, speed)
        self.identity = _identity(self.store)
        self.journal = Journal(self.store, self.clock)
        self.outbox = Outbox(self.store, self.clock, self.journal)
        if webhooks is not None:
            self.outbox.subscribe(list(webhooks))
        self.arm = Arm(
            self.store,
            self.clock,
            self.identity,
            self.journal,
            self.outbox,
            subscriptions=subscriptions or {SUBSCRIPTION: "Simulated subscription"},
            page_size=page_size,
        )
        self.topics = Topics(self.store, self.clock, self.journal)
        self.endpoints: dict[str, str] = {}
        self._written = asyncio.Event()
        self._told = asyncio.Event()
        self._closing: list[Any] = []

    @property
    def base(self) -> str:
        """The address of Azure Resource Manager."""
        return self.endpoints["arm"]

    def token(self) -> str:
        """Make an access token without asking the identity endpoint."""
        return self.identity.token(self.base, self.clock.real())[0]

    async def start(self) -> None:
        """Serve, and write the endpoints into the state directory."""
        before = read_endpoints(self._state)
        port = await self._serve(self._app(), self._port or _port_of(before.get("arm")), secure=True)
        identity_port = await self._serve(self._identity_app(), _port_of(before.get("identity")), secure=False)
        certificate, _ = ensure_certificate(self._state)
        self.endpoints = {
            "arm": f"https://localhost:{port}",
            "identity": f"http://{HOST}:{identity_port}/msi/token",
            "identityHeader": self.identity.header,
            "caBundle": str(certificate.resolve()),
            "topicEndpoint": f"https://localhost:{port}/topics/{TOPIC}/api/events",
            "topicKey": self.topics.key,
        }
        publish_endpoints(self._state, self.endpoints)
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))  # the courier's lanes are the limit
        queues = Queues()
        courier = Courier(self.outbox, EventGrid(session), queues, self._told.set)
        tasks = (self._tick(), self._deliver(courier))
        self._closing += [session, queues, courier, *(asyncio.create_task(task) for task in tasks)]

    async def stop(self) -> None:
        """Stop serving; what is under way goes on at the next start. A second call does nothing."""
        if not self._closing:
            return
        for part in reversed(self._closing):
            if isinstance(part, asyncio.Task):
                part.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await part
            elif isinstance(part, web.AppRunner):
                await part.cleanup()
            else:
                await part.close()
        self._closing.clear()
        self.arm.flush()
        self.store.close()

    async def _serve(self, app: web.Application, port: int, *, secure: bool) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._closing.append(runner)
        listening = _bind(port, insist=secure and bool(self._port))
        context = server_context(self._state) if secure else None
        await web.SockSite(runner, listening, ssl_context=context).start()
        return int(listening.getsockname()[1])

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.add_routes(Admin(self.arm, self.clock, self.journal, self.outbox, self._wake).routes())
        app.add_routes(TopicDoor(self.topics, self.identity, self.clock, self.arm.faults).routes())
        app.router.add_route("*", "/{path:.*}", self._azure)
        return app

    def _identity_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/msi/token", self._managed_identity)
        return app

    async def _managed_identity(self, request: web.Request) -> web.Response:
        headers, now = _lowered(request.headers), self.clock.real()
        status, document = self.identity.answer(request.query, headers, now, self.arm.principal)
        return web.json_response(document, status=status)

    async def _azure(self, request: web.Request) -> web.Response:
        try:
            sent = await _read(request)
        except ArmError as error:
            return _write(Reply(error.status, error.document))
        reply = self.arm.handle(sent)
        self._wake()
        if reply.delay:
            await asyncio.sleep(reply.delay / max(self.clock.speed, 0.001))
        return _write(reply)

    async def _tick(self) -> None:
        """Let operations end when their time comes, also when nobody asks."""
        while True:
            try:
                self.arm.catch_up()
            except Exception:
                LOG.exception("ticker.crashed")
            await self._sleep_until(self.arm.operations.next_due(), self._written)

    async def _deliver(self, courier: Courier) -> None:
        """Let events leave when their time comes."""
        while True:
            try:
                courier.deliver(self.clock.now())
            except Exception:
                LOG.exception("courier.crashed")
            await self._sleep_until(courier.next_due(), self._told)

    async def _sleep_until(self, due: float | None, wake: asyncio.Event) -> None:
        pause = _TICK
        if due is not None and self.clock.speed > 0:
            pause = min(_TICK, max(_SHORTEST_TICK, (due - self.clock.now()) / self.clock.speed))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):  # not wait_for: before 3.12 it can swallow a cancellation
                await wake.wait()
        wake.clear()

    def _wake(self) -> None:
        self._written.set()
        self._told.set()


async def _read(request: web.Request) -> Sent:
    raw = await request.read()
    body = None
    if raw.strip():
        try:
            body = json.loads(raw)
        except ValueError as wrong:
            message = f"The request content was invalid and could not be deserialized: '{wrong}'."
            raise ArmError(400, "InvalidRequestContent", message) from wrong
    return Sent(
        method=request.method,
        path=request.path,
        query={name.lower(): value for name, value in request.query.items()},
        headers=_lowered(request.headers),
        body=body,
        base=f"https://{request.host}",
    )


def _write(reply: Reply) -> web.Response:
    text = None if reply.body is None else json.dumps(reply.body)
    kind = None if text is None else "application/json"
    return web.Response(status=reply.status, text=text, headers=reply.headers, content_type=kind)


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _port_of(url: str | None) -> int:
    return (urlsplit(url).port or 0) if url else 0


def _bind(port: int, *, insist: bool) -> socket.socket:
    """Listen on the port; a port that is merely hoped for gives way to any free one."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        if insist:
            listening.close()
            raise
        listening.bind((HOST, 0))
    listening.setblocking(False)  # noqa: FBT003 - the standard library's signature
    return listening


def _identity(store: Store) -> Identity:
    saved = store.setting("identity")
    if saved is None:
        saved = {
            "tenant_id": str(uuid.uuid4()),
            "object_id": str(uuid.uuid4()),
            "app_id": str(uuid.uuid4()),
            "key": secrets.token_urlsafe(32),
            "header": secrets.token_urlsafe(24),
        }
        store.set_setting("identity", saved)
    return Identity(**saved)
