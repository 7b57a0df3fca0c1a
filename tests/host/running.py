"""Starts hosts for tests: in this process with a fresh copy of an app, or as a process of its own."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from local.host.host import Host, Options

if TYPE_CHECKING:
    from types import ModuleType

APPS = Path(__file__).parent / "apps"
ROOT = Path(__file__).parents[2]
PATIENCE = 10.0


def load_app(name: str) -> ModuleType:
    """Return a fresh copy of an app's module: the SDK lets an app be indexed once only."""
    spec = importlib.util.spec_from_file_location(f"app_{name}", APPS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def eventually(look: Callable[[], Any]) -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = look()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


@dataclass(frozen=True, slots=True)
class Running:
    """A host that runs, the app in it, and a client."""

    host: Host
    app: ModuleType
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, **given: Any) -> tuple[int, str, dict[str, str]]:
        """Send a request; answer status, body and headers."""
        async with self.http.request(method, f"{self.host.url}{path}", **given) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    @property
    def key(self) -> dict[str, str]:
        """The header with the function key."""
        return {"x-functions-key": self.host.keys.function}


@asynccontextmanager
async def running(state: Path, app: str = "orders", **options: Any) -> AsyncIterator[Running]:
    """Run a host in this process."""
    module = load_app(app)
    options = {"settings": {"ORDERS_SCHEDULE": "0 0 0 1 1 *"}, "host_json": state / "none.json", **options}
    host = Host(module.app, Options(state, **options))
    await host.start()
    async with aiohttp.ClientSession() as http:
        try:
            yield Running(host, module, http)
        finally:
            await host.stop()


class HostProcess:
    """`python -m local.host` with the orders app."""

    def __init__(self, state: Path, *arguments: str) -> None:
        self.state = state
        self._arguments = ["--state", str(state), "--app", "tests.host.apps.orders", *arguments]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> str:
        """Start it and return its first line."""
        self.state.mkdir(exist_ok=True)
        with (self.state / "log.txt").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "local.host",
                *self._arguments,
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONWARNINGS": "default"},
            )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        return line.decode()

    async def kill(self) -> None:
        """Send SIGKILL."""
        assert self._process is not None
        self._process.kill()
        await self._process.communicate()

    async def end(self) -> int:
        """Send SIGTERM if it still runs, and return the exit code."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        return await self.wait()

    async def wait(self) -> int:
        """Wait until it has ended by itself, and return the exit code."""
        if self._process is None:
            return 0
        await asyncio.wait_for(self._process.communicate(), PATIENCE)
        return self._process.returncode or 0

    @property
    def endpoints(self) -> dict[str, str]:
        """What it published."""
        return dict(json.loads((self.state / "endpoints.json").read_text()))

    @property
    def log(self) -> str:
        """What it wrote to its log."""
        return (self.state / "log.txt").read_text()
