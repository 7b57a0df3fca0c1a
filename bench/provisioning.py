"""One provisioning on the local stack, from the message to the verified cluster, and what it took."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.critical_path import Path as CriticalPath
from bench.critical_path import critical_path, kind_of
from local.demo import screen
from local.demo.client import Client
from local.stack import Options, Stack

Json = dict[str, Any]

EXAMPLE = Path(__file__).parents[1] / "examples" / "first-cluster.yaml"
HUB_NETWORK = "vnet-hub-"
POLLS = ("/operations/", "/operationresults/", "operationstatuses", "/nfvoperations/")


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one run; seconds are Azure's (simulated) but for `activity_seconds`, which are this machine's."""

    wall: float
    path: CriticalPath
    resources: int
    accepted_writes: int
    attempted_writes: int
    reads: int
    polls: int
    activity_seconds: float
    longest_activity: float
    blocking_seconds: float


async def measure(directory: Path, speed: float) -> Measured:
    """Provision the example's three documents on a fresh stack."""
    async with Stack(Options(directory, speed)) as stack, Client(stack.endpoints) as client:
        began = time.monotonic()
        await client.send({"documents": documents_in(EXAMPLE)}, message_id="bench")
        while not await _ready(client):  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.1)
        wall = (time.monotonic() - began) * speed
        journal = await client.journal()
    return _figures(journal, _activities(directory), wall)


def documents_in(path: Path) -> list[Json]:
    """Return the documents of a file."""
    return list(yaml.safe_load_all(path.read_text()))


async def _ready(client: Client) -> bool:
    documents = await client.documents()
    return bool(documents) and all(screen.condition(one, "Ready")["status"] == "True" for one in documents)


def _activities(directory: Path) -> list[float]:
    lines = (directory / "activities.jsonl").read_text().splitlines()
    return [float(json.loads(line)["seconds"]) for line in lines]


def _figures(journal: list[Json], activities: list[float], wall: float) -> Measured:
    ours = [line for line in journal if line["entry"] == "request" and line["client"].startswith("spokewright")]
    puts = [line for line in ours if line["method"] == "PUT"]
    gets = [line for line in ours if line["method"] == "GET"]
    polls = [line for line in gets if any(part in line["path"].lower() for part in POLLS)]
    accepted = [line for line in puts if line["status"] < 400]  # noqa: PLR2004 - the errors
    paths = {line["path"].lower() for line in accepted}
    operations = [line for line in journal if line["entry"] == "operation" and _is_ours(line, paths)]
    return Measured(
        wall=wall,
        path=critical_path(_durations(operations)),
        resources=len(paths),
        accepted_writes=len(accepted),
        attempted_writes=len(puts),
        reads=len(gets) - len(polls),
        polls=len(polls),
        activity_seconds=sum(activities),
        longest_activity=max(activities),
        blocking_seconds=sum(float(line["seconds"]) for line in operations),
    )


def _is_ours(operation: Json, paths: set[str]) -> bool:
    path = str(operation["path"]).lower()
    return path in paths or path.endswith("/runcommand") or operation["kind"].lower().endswith("runcommand")


def _durations(operations: list[Json]) -> dict[str, float]:
    """Return the longest duration of each kind, in Azure's seconds."""
    found: Counter[str] = Counter()
    for line in operations:
        run_command = "runcommand" in (line["kind"] + line["path"]).lower()
        path = f"{line['path']}/runCommand" if run_command else line["path"]
        kind = kind_of(path, lambda name: HUB_NETWORK in name)
        found[kind] = max(found[kind], line["seconds"])
    return dict(found)
