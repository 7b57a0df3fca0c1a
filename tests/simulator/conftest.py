"""A simulator whose clock stands still until a test moves it, and a small client of its wire."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.simulator.server import SUBSCRIPTION, Simulator

__all__ = ["NETWORK", "SUBSCRIPTION", "VERSION", "Answer", "Azure", "group", "network", "peering_to", "space", "vnet"]
VERSION = "2024-07-01"
NETWORK = "Microsoft.Network"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The error code."""
        return str(self.body["error"]["code"])

    @property
    def properties(self) -> dict[str, Any]:
        """The resource's properties."""
        found: dict[str, Any] = self.body["properties"]
        return found


class Azure:
    """Requests with a token; operations end when the test says so."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session
        self.token = ""
        """Whose requests these are; the owner's without one."""

    async def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        version: str | None = VERSION,
        headers: dict[str, str] | None = None,
        anonymous: bool = False,
        **query: str,
    ) -> Answer:
        """Send one request; `url` is a path or a full operation URL."""
        whole = url if url.startswith("https://") else self.simulator.base + url
        asked = query | ({"api-version": version} if version and "api-version" not in whole else {})
        sent = {} if anonymous else {"authorization": f"Bearer {self.token or self.simulator.token()}"}
        options: dict[str, Any] = (
            {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        )
        async with self.session.request(
            method, whole, params=asked or None, headers=sent | (headers or {}), **options
        ) as answer:
            document = await answer.json() if answer.content_type == "application/json" else None
            return Answer(answer.status, document, {k.lower(): v for k, v in answer.headers.items()})

    async def get(self, url: str, **options: Any) -> Answer:
        """GET."""
        return await self.send("GET", url, **options)

    async def put(self, url: str, body: Any, **options: Any) -> Answer:
        """PUT without waiting."""
        return await self.send("PUT", url, body, **options)

    async def delete(self, url: str, **options: Any) -> Answer:
        """DELETE without waiting."""
        return await self.send("DELETE", url, **options)

    async def pass_time(self, seconds: float = 3600) -> None:
        """Let simulated time pass."""
        clock = self.simulator.clock
        clock.run(clock.speed, at=clock.now() + seconds)
        self.simulator.arm.catch_up()

    async def lines(self, entry: str = "", **query: str) -> list[dict[str, Any]]:
        """Read the journal."""
        return [line for line in await self.read_lines("journal", **query) if not entry or line["entry"] == entry]

    async def read_lines(self, door: str, **query: str) -> list[dict[str, Any]]:
        """Read JSON lines from the administration door."""
        async with self.session.get(f"{self.simulator.base}/_simulator/{door}", params=query) as answer:
            text = await answer.text()
        return [json.loads(line) for line in text.splitlines()]

    async def made(
        self, url: str, properties: dict[str, Any], *, location: str | None = "westeurope", **more: Any
    ) -> Answer:
        """PUT a resource, let its operation end well, and get it."""
        body = {"properties": properties, **({"location": location} if location else {}), **more}
        answer = await self.put(url, body)
        assert answer.status in {200, 201}, answer.body
        await self.pass_time()
        return await self.get(url)

    async def removed(self, url: str) -> Answer:
        """DELETE and let the operation end."""
        answer = await self.delete(url)
        assert answer.status in {200, 202}, answer.body
        await self.pass_time()
        return answer


@pytest.fixture
async def azure(tmp_path: Path) -> AsyncIterator[Azure]:
    """An empty Azure with a resource group rg, whose clock stands still."""
    simulator = Simulator(tmp_path / "state", speed=0)
    await simulator.start()
    context = ssl.create_default_context(cafile=simulator.endpoints["caBundle"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        client = Azure(simulator, session)
        await client.put(group("rg"), {"location": "westeurope"})
        yield client
    await simulator.stop()


@pytest.fixture
async def spawn(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Simulator]]]:
    """Start further simulators over one state directory; they stop with the test."""
    started: list[Simulator] = []

    async def start(**options: Any) -> Simulator:
        simulator = Simulator(tmp_path / "state", **options)
        await simulator.start()
        started.append(simulator)
        return simulator

    yield start
    for simulator in started:
        await simulator.stop()


def group(name: str) -> str:
    """The path of a resource group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}"


def network(kind: str, *names: str, within: str = "rg") -> str:
    """The path of a network resource: `network("virtualNetworks/subnets", "v", "s")`."""
    types = kind.split("/")
    pairs = "/".join(f"{one}/{name}" for one, name in zip(types, names, strict=False))
    rest = "" if len(names) == len(types) else f"/{types[-1]}" if names else types[0]
    return f"{group(within)}/providers/{NETWORK}/{pairs}{rest}"


def vnet(name: str) -> str:
    """The path of a virtual network."""
    return network("virtualNetworks", name)


def space(*prefixes: str, **subnets: str) -> dict[str, Any]:
    """The properties of a virtual network."""
    inline = [{"name": name, "properties": {"addressPrefix": prefix}} for name, prefix in subnets.items()]
    return {"addressSpace": {"addressPrefixes": list(prefixes)}, "subnets": inline}


def peering_to(remote: str, **more: Any) -> dict[str, Any]:
    """The properties of a peering."""
    return {"remoteVirtualNetwork": {"id": remote}, "allowVirtualNetworkAccess": True, **more}
