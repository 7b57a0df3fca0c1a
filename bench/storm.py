"""A storm: many networks ask to join at once, and every event comes twice, in any order, or not at all.

The shortest time is the hub's: Azure takes one write at a time on its virtual network, so the writes of the hub's sides
of the peerings follow each other; everything else can run beside them.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.provisioning import EXAMPLE
from local.demo import screen
from local.demo.client import Client
from local.somebody import Somebody
from local.stack import Options, Stack

Json = dict[str, Any]

GROUPS = 4
WEATHER: list[Json] = [
    {"match": {"path": "Microsoft.Network/"}, "events": "double"},
    {"match": {"path": "Microsoft.Network/"}, "events": "reorder", "seconds": 120},
    {"match": {"path": "Microsoft.Network/", "every": 20}, "events": "drop"},
]
"""Every event twice, shuffled over two minutes, and one in twenty lost."""
QUIET = 20.0
"""Seconds without a newly attached spoke after which what is left waits for the sweep."""
LONG = 120.0
"""The same after the sweep: then something is wrong."""


@dataclass(frozen=True, slots=True)
class Storm:
    """What a storm took; times are Azure's seconds."""

    spokes: int
    attached: int
    attached_by_events: int
    wall: float
    ideal: float
    writes: Counter[str]
    """Accepted PUTs by path."""
    refused: Counter[str]
    """Our refused writes by their error's code; they were sent again later."""
    reads: int
    polls: int
    failures: tuple[str, ...]
    """What documents said of failed steps at any moment that was looked at."""


async def measure(directory: Path, spokes: int, speed: float) -> Storm:
    """Let the storm come over a ready hub; return when everything is attached."""
    options = Options(directory, speed)
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await _ready_hub(client)
        before = len(await client.journal())
        await client.break_azure(WEATHER)
        began = time.monotonic()
        await _make_networks(somebody, spokes)
        by_events, failures = await _watch(client, spokes)
        attached = by_events
        if attached < spokes:
            await client.post("sweep")
            attached, later = await _watch(client, spokes, patience=LONG)
            failures |= later
        wall = (time.monotonic() - began) * speed
        journal = await client.journal(before)
    return _figures(journal, (spokes, attached, by_events), wall, failures)


async def _ready_hub(client: Client) -> None:
    hub = next(yaml.safe_load_all(EXAMPLE.read_text()))
    hub["spec"] |= {"jumpServer": None, "onboarding": {"rules": [{"addressWithin": "10.64.0.0/10", "action": "auto"}]}}
    await client.send({"documents": [hub]}, message_id="hub")
    while not any(_is_ready(document) for document in await client.documents()):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.2)


def _is_ready(document: Json) -> bool:
    return bool(screen.condition(document, "Ready")["status"] == "True")


async def _make_networks(somebody: Somebody, number: int) -> None:
    """Make the networks as fast as Azure takes them, each with a subnet and the tag that asks to join."""
    groups = [await somebody.group(f"rg-team-{each}") for each in range(GROUPS)]
    await asyncio.gather(*(_make_network(somebody, groups[each % GROUPS], each) for each in range(number)))


async def _make_network(somebody: Somebody, group: str, number: int) -> None:
    block = f"10.{64 + number // 64}.{number % 64 * 4}.0"
    subnets = {"apps": {"addressPrefix": f"{block}/24"}}
    await somebody.network(group, f"vnet-{number:03d}", [f"{block}/22"], subnets, {"spokewright-hub": "weu"})


async def _watch(client: Client, spokes: int, patience: float = QUIET) -> tuple[int, set[str]]:
    """Wait until all spokes are attached, or none was for a while; return how many are, and failures that were seen."""
    most, moved, failures = 0, time.monotonic(), set()
    while most < spokes and time.monotonic() - moved < patience:
        await asyncio.sleep(1.0)
        found = [document for document in await client.documents() if document["kind"] == "Spoke"]
        failures |= {
            screen.condition(document, "Ready")["message"] for document in found if document["status"]["failures"]
        }
        attached = sum(map(_is_ready, found))
        if attached > most:
            most, moved = attached, time.monotonic()
    return most, failures


def _figures(journal: list[Json], numbers: tuple[int, int, int], wall: float, failures: set[str]) -> Storm:
    ours = [line for line in journal if line["entry"] == "request" and line["client"].startswith("spokewright")]
    gets = [line for line in ours if line["method"] == "GET"]
    polls = sum("operation" in line["path"].lower() for line in gets)
    hub = [line for line in journal if line["entry"] == "operation" and _is_hubs_side(line)]
    writes = [line for line in ours if line["method"] != "GET"]
    refused = Counter(line["error"] for line in writes if line["status"] >= 400)  # noqa: PLR2004 - HTTP
    puts = Counter(line["path"].lower() for line in ours if line["method"] == "PUT" and line["status"] < 300)  # noqa: PLR2004
    seconds = sum(float(line["seconds"]) for line in hub)
    return Storm(*numbers, wall, seconds, puts, refused, len(gets) - polls, polls, tuple(sorted(failures)))


def _is_hubs_side(line: Json) -> bool:
    path = line["path"].lower()
    return line["method"] == "PUT" and "/virtualnetworks/vnet-hub-weu/virtualnetworkpeerings/" in path
