"""The host as an object to start and stop: one app, one port, one state directory."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from azure.durable_functions.models.utils import http_utils

from local.endpoints import publish_endpoints, read_endpoints
from local.host import authentication
from local.host.activity_log import ActivityLog
from local.host.admin import Admin
from local.host.authentication import Authentication
from local.host.clock import Clock, Origin
from local.host.configuration import Configuration
from local.host.durable.engine import Engine
from local.host.durable_webhooks import DurableWebhooks
from local.host.event_grid import PATH as EVENT_GRID_PATH
from local.host.event_grid import EventGridTrigger
from local.host.http_trigger import HttpTrigger
from local.host.indexing import Functions, index
from local.host.invocation import Invoker, client_binding, decode, encode
from local.host.keys import Keys
from local.host.service_bus_trigger import ServiceBusTrigger, connection_of
from local.host.timer_trigger import Monitor, TimerTrigger
from local.host.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.host.durable.instance import Activity

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
LARGEST_BODY = 100 * 1024 * 1024
"""Azure's default limit for a request's body, in bytes."""

DRAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: port 0 is the last one or any free; `origin` is a moment on both clocks, None the host's own."""

    state: Path
    port: int = 0
    speed: float = 1.0
    origin: Origin | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    host_json: Path = Path("host.json")
    largest_body: int = LARGEST_BODY


class Host:
    """Runs an app of the programming model v2."""

    def __init__(self, app: Any, options: Options) -> None:
        """Read the app; raises IndexingError, InvalidRoute, SettingMissing or ValueError for what cannot be run."""
        self._options = options
        self._state = options.state
        self._state.mkdir(parents=True, exist_ok=True)
        self.configuration = Configuration.read(options.host_json, options.settings)
        self.functions: Functions = index(app, options.settings)
        self.keys = Keys.load(self._state / "keys.json")
        self._tokens = _tokens(self._state, options.settings)
        self.clock = Clock.resume(self._state / "clock.json", options.speed, options.origin)
        self._activities = ActivityLog(self._state / "activities.jsonl", self.clock)
        self._socket = _bind(options.port, self._state)
        self.url = f"http://{ADDRESS}:{self._socket.getsockname()[1]}"
        self._invoker = Invoker(client_binding(self.url, self.configuration.task_hub, self.keys.durable))
        self.engine = Engine(
            self._state / "durable.db",
            self.clock,
            self.functions.orchestrators,
            self.functions.activities.keys(),
            self._run_activity,
            self.configuration.activities_at_once,
        )
        self._timers = self._make_timers()
        self._buses = self._make_buses()
        self._runner: web.AppRunner | None = None
        self._schedules: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Serve; raises StateInUse if another host has the directory."""
        try:
            await self.engine.open()
        except BaseException:
            self._close_files()
            raise
        self._runner = web.AppRunner(self._web_app(), access_log=None, shutdown_timeout=DRAIN_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        await self.engine.start()
        self._schedules = [asyncio.create_task(timer.run(), name=name) for name, timer in self._timers.items()]
        for bus in self._buses:
            bus.start()
        publish_endpoints(self._state, self.endpoints)
        log.info("host.started url=%s functions=%d", self.url, self._count())

    async def stop(self) -> None:
        """Take nothing new, let what is under way end soon, and leave the rest to the next start."""
        buses = (bus.stop(DRAIN_SECONDS) for bus in self._buses)
        await asyncio.gather(self.engine.drain(DRAIN_SECONDS), self._invoker.drain(DRAIN_SECONDS), *buses)
        for schedule in self._schedules:
            schedule.cancel()
        await asyncio.gather(*self._schedules, return_exceptions=True)
        await self.engine.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await http_utils._close_session()  # noqa: SLF001 - the SDK has no public way to close it
        self._close_files()
        log.info("host.stopped url=%s", self.url)

    @property
    def endpoints(self) -> dict[str, Any]:
        """What this host publishes in `endpoints.json`; tokens only where people sign in."""
        tokens = self._tokens.published() if self._tokens else {}
        return {
            "functions": self.url,
            "functionKey": self.keys.function,
            "masterKey": self.keys.master,
            "eventGridKey": self.keys.event_grid,
            "tokens": tokens,
            "accessToken": tokens.get("Admin", ""),
        }

    def _close_files(self) -> None:
        self._socket.close()
        self._invoker.close()
        self._activities.close()

    def _count(self) -> int:
        functions = self.functions
        triggered = sum(len(group) for group in functions.triggered.values())
        return len(functions.orchestrators) + len(functions.activities) + triggered

    def _make_timers(self) -> dict[str, TimerTrigger]:
        monitor = Monitor(self._state / "timers.json")
        return {
            name: TimerTrigger(function, self.clock, monitor, self._invoker)
            for name, function in self.functions.of("timerTrigger").items()
        }

    def _make_buses(self) -> list[ServiceBusTrigger]:
        settings = self._options.settings
        return [
            ServiceBusTrigger(function, connection_of(function, settings), self.configuration, self._invoker)
            for function in self.functions.of("serviceBusTrigger").values()
        ]

    def _web_app(self) -> web.Application:
        middlewares = [Authentication(self._tokens).middleware()] if self._tokens else []
        app = web.Application(client_max_size=self._options.largest_body, middlewares=middlewares)
        events = EventGridTrigger(self.functions.of("eventGridTrigger"), self.keys, self._invoker)
        http = HttpTrigger(self.functions.of("httpTrigger"), self.configuration.route_prefix, self.keys, self._invoker)
        app.add_routes(DurableWebhooks(self.engine, self.keys).routes())
        app.add_routes(Admin(self._timers, self.keys).routes())
        app.router.add_route("*", EVENT_GRID_PATH, events.handle)
        app.router.add_route("*", r"/{path:[\s\S]*}", http.handle)  # a name may hold a line break
        return app

    async def _run_activity(self, activity: Activity) -> str:
        function = self.functions.activities[activity.name]
        started, outcome = self._activities.begin(), "Cancelled"
        try:
            value = decode("activityTrigger", activity.input or "null", "json")
            result = await self._invoker.invoke(function, value)
            encoded: str = encode("activityTrigger", result).value
            outcome = "Completed"
        except Exception:
            outcome = "Failed"
            raise
        finally:
            self._activities.end(activity, started, outcome)
        return encoded


def _tokens(state: Path, settings: Mapping[str, str]) -> Tokens | None:
    """Return what callers' tokens are made and read by, where the settings let the platform sign them in."""
    if not authentication.is_enabled(settings):
        return None
    tenant, _, _ = settings.get(authentication.TENANTS, "").partition(",")
    return Tokens.load(state, tenant.strip())


def _bind(port: int, state: Path) -> socket.socket:
    """Bind the port asked for, else the one this directory had before, else any free one."""
    _, _, last = str(read_endpoints(state).get("functions", "")).rpartition(":")
    for candidate in [port] if port else [int(last) if last.isdigit() else 0, 0]:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((ADDRESS, candidate))
        except OSError:
            bound.close()
        else:
            return bound
    raise OSError(f"port {port} on {ADDRESS} is in use")
