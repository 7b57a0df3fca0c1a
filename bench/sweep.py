"""What a sweep over spokes at rest asks of Azure, against how many spokes there are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bench.provisioning import EXAMPLE
from local.demo import screen
from local.demo.client import Client
from local.somebody import Somebody
from local.stack import Options, Stack

if TYPE_CHECKING:
    Json = dict[str, Any]

SPEED = 100.0
"""Azure's clock here: what is measured are calls, not how long Azure takes to attach the spokes."""

SETTINGS = {"SPOKEWRIGHT_SWEEP_MINUTES": "10000", "SPOKEWRIGHT_LOOK_HOURS": "10000"}
"""So that nothing but the measured sweep asks anything."""

TAG = "spokewright-hub"
AT_REST = 1.0
"""Seconds without a call after which everything is at rest."""


@dataclass(frozen=True, slots=True)
class Swept:
    """One sweep: the spokes that there were, the calls and writes, whom it woke, and how long it took here."""

    spokes: int
    calls: int
    writes: int
    woken: int
    seconds: float


async def measure(directory: Path, counts: Sequence[int]) -> AsyncIterator[Swept]:
    """Attach networks up to each count, through events and the whole engine, and sweep once at each."""
    options = Options(directory, SPEED, settings=SETTINGS)
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await client.send(_hub(), message_id="bench-hub")
        await _until_ready(client, 1)
        group = await somebody.group("rg-teams")
        attached = 0
        for count in sorted(counts):
            await asyncio.gather(*(_network(somebody, group, number) for number in range(attached, count)))
            attached = count
            await _until_ready(client, 1 + count)
            yield await _sweep(client, count)


def _hub() -> Json:
    """Return the example's hub without its jump server, taking in whatever has its tag."""
    hub: Json = next(yaml.safe_load_all(EXAMPLE.read_text()))
    hub["spec"] |= {"jumpServer": None, "onboarding": {"tag": TAG, "rules": [{"action": "auto"}]}}
    return hub


async def _network(somebody: Somebody, group: str, number: int) -> None:
    block = f"10.{80 + number // 256}.{number % 256}"
    subnets = {"apps": {"addressPrefix": f"{block}.0/25"}}
    await somebody.network(group, f"vnet-{number}", [f"{block}.0/24"], subnets, {TAG: "weu"})


async def _until_ready(client: Client, count: int) -> None:
    while True:
        documents = [await client.api("hubs/weu"), *(await client.api("spokes?limit=1000"))["items"]]
        if len(documents) == count and all(screen.condition(one, "Ready")["status"] == "True" for one in documents):
            return
        await asyncio.sleep(0.5)


async def _sweep(client: Client, count: int) -> Swept:
    before = await _rest(client)
    began = time.monotonic()
    swept = await client.post("sweep")
    seconds = time.monotonic() - began
    await _rest(client)
    lines = await _ours(client, before)
    writes = [line for line in lines if line["method"] in ("PUT", "PATCH", "DELETE")]
    return Swept(count, len(lines), len(writes), len(swept["woken"]), seconds)


async def _rest(client: Client) -> int:
    """Wait until nobody calls Azure any more; return where the journal ends."""
    seen = -1
    while True:
        end = max((line["n"] for line in await _ours(client, 0)), default=0)
        if end == seen:
            return end
        seen = end
        await asyncio.sleep(AT_REST)


async def _ours(client: Client, since: int) -> list[Json]:
    journal = await client.journal(since)
    return [line for line in journal if line["entry"] == "request" and line["client"].startswith("spokewright")]
