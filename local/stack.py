"""The local stack: simulator, broker and Functions host as processes on 127.0.0.1, restarted when one dies.

Each process keeps its own state in the directory, so that killing any of them loses nothing.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
import urllib.request
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.endpoints import publish_endpoints, read_endpoints
from local.profile import PUBLIC, settings_of
from local.rights import ANYWHERE, Scopes, give
from local.subscription import address, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOME = "00000000-0000-0000-0000-000000000000"
"""The subscription that the simulated Azure has where none is given."""

READY_WITHIN = 60.0
"""Seconds in which a process has to say that it is ready."""

RESTART_AFTER = 0.5
STOP_WITHIN = 10.0

NEEDED = {
    "simulator": ("arm", "identity", "identityHeader", "caBundle", "topicEndpoint"),
    "broker": ("serviceBus",),
    "host": ("functions", "functionKey"),
}
"""The endpoints that each process publishes."""


class StackError(RuntimeError):
    """A process of the stack did not start; the message says which, and where its log is."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: `port` is the first of three, 0 for the last ones or any free; `speed` is Azure's clock."""

    state: Path
    speed: float = 1.0
    port: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    """App settings beside those that the stack itself gives."""
    subscriptions: tuple[str, ...] = ()
    """The subscriptions of the simulated Azure; the simulator's one where none is given."""
    scopes: Scopes = ANYWHERE
    """Where the app may make hubs and spokes; anywhere in the subscriptions where none is given."""
    profile: str = PUBLIC
    """Which of the profiles in `infra/settings.json`."""


class Stack:
    """Three supervised processes; use as an asynchronous context manager."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._state = options.state.resolve()
        self._processes: dict[str, Process] = {}
        self._supervisors: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything; return when all of it answers."""
        self._state.mkdir(parents=True, exist_ok=True)
        try:
            await asyncio.gather(
                self._launch("simulator", self._simulator_arguments()), self._launch("broker", self._arguments(2))
            )
            await self._launch("host", self._host_arguments())
            await self._subscribe()
        except BaseException:
            await self.stop()
            raise
        self._supervisors = [asyncio.create_task(self._supervise(name)) for name in NEEDED]

    async def stop(self) -> None:
        """End the processes, the host first, so that nothing talks to what is gone."""
        self._stopping.set()
        for supervisor in self._supervisors:
            supervisor.cancel()
        for name in ("host", "broker", "simulator"):
            await self._end(name)

    def process_id(self, name: str) -> int:
        """Return the process id of `simulator`, `broker` or `host`."""
        return self._processes[name].pid

    @property
    def endpoints(self) -> dict[str, Any]:
        """What `endpoints.json` says now."""
        return read_endpoints(self._state)

    def _arguments(self, offset: int) -> list[str]:
        port = self._options.port + offset if self._options.port else 0
        return ["--state", str(self._state), "--port", str(port), "--speed", str(self._options.speed)]

    def _simulator_arguments(self) -> list[str]:
        """Return the simulator's arguments: where it is, what time it is, and which subscriptions exist."""
        given = [text for each in self._options.subscriptions for text in ("--subscription", each)]
        return [*self._arguments(1), *given]

    def _host_arguments(self) -> list[str]:
        """Return the host's arguments: where it is, what time it is, and the app's settings."""
        origin = clock_origin(self.endpoints)
        settings = settings_of(self._options.profile)
        settings |= app_settings(self._state, self.endpoints, f"{origin}:{self._options.speed}")
        settings |= give(self.endpoints, self._options.subscriptions or (HOME,), self._options.scopes)
        settings |= self._options.settings
        given = [text for name, value in settings.items() for text in ("--setting", f"{name}={value}")]
        return [*self._arguments(0), "--clock-origin", origin, *given]

    async def _launch(self, name: str, arguments: Iterable[str]) -> None:
        began = time.time()
        log = (self._state / f"{name}.log").open("ab")
        self._processes[name] = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"local.{name}",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        await self._until_ready(name, began)

    async def _until_ready(self, name: str, began: float) -> None:
        """Wait for the one line that a process prints when it is ready."""
        process = self._processes[name]
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN)
        except TimeoutError:
            line = b""
        if not line or any(key not in self.endpoints for key in NEEDED[name]):
            seconds = time.time() - began
            raise StackError(f"the {name} did not start within {seconds:.0f} s; see {self._state / name}.log")

    async def _supervise(self, name: str) -> None:
        """Start a process again whenever it dies; it goes on from its state."""
        while not self._stopping.is_set():
            process = self._processes[name]
            await process.wait()
            if self._stopping.is_set():
                return
            await asyncio.sleep(RESTART_AFTER)
            arguments = {"simulator": self._simulator_arguments, "host": self._host_arguments}.get(
                name, lambda: self._arguments(2)
            )
            try:
                await self._launch(name, arguments())
                await self._subscribe()
            except StackError as error:
                print(error, file=sys.stderr)  # noqa: T201 - a command's output
            except OSError:
                continue  # The simulator is down too; when it is up again, its own turn here subscribes.

    async def _subscribe(self) -> None:
        """Let the simulated Azure's events go to the host or its queue, wherever they are now."""
        profile = self._options.profile
        publish_endpoints(self._state, {"eventGrid": address(self.endpoints, profile)})
        await asyncio.to_thread(subscribe, self.endpoints, profile)

    async def _end(self, name: str) -> None:
        process = self._processes.get(name)
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()


def clock_origin(endpoints: dict[str, Any]) -> str:
    """Return one moment on both clocks, `REAL:SIMULATED` in seconds since 1970, as the simulator has them."""
    context = ssl.create_default_context(cafile=endpoints["caBundle"])
    url = f"{endpoints['arm'].rstrip('/')}/_simulator/clock"
    with urllib.request.urlopen(url, context=context, timeout=10) as answer:  # noqa: S310 - our own, https
        simulated = json.load(answer)["now"]
    return f"{time.time():.3f}:{simulated:.3f}"


def app_settings(state: Path, endpoints: dict[str, Any], clock: str) -> dict[str, str]:
    """Return the app's settings for the local stack: the same names as in Azure."""
    return {
        "SPOKEWRIGHT_STORE": f"sqlite:{state / 'store.db'}",
        "SPOKEWRIGHT_ARM_ENDPOINT": endpoints["arm"],
        "SPOKEWRIGHT_CA_BUNDLE": endpoints["caBundle"],
        "SPOKEWRIGHT_CLOCK": clock,
        "SPOKEWRIGHT_TASK_HUB": "local",
        "SPOKEWRIGHT_TOPIC_ENDPOINT": endpoints["topicEndpoint"],
        "SERVICE_BUS": endpoints["serviceBus"],
        "IDENTITY_ENDPOINT": endpoints["identity"],
        "IDENTITY_HEADER": endpoints["identityHeader"],
    }
