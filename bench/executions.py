"""What a provisioning, a proof and a look are in executions: the figures that docs/operations.md reckons costs with.

`python -m bench.executions`. Activities are counted one by one. Orchestrators' turns and the scheduler's actions follow
from them: each activity is scheduled and its result processed, each look at an operation is preceded by a timer, and
each step, proof and run is an instance that is started and whose result is processed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.provisioning import EXAMPLE, documents_in
from local.demo import screen
from local.demo.client import Client
from local.stack import Options, Stack

SPEED = 20.0
POLLS = ("poll_step", "poll_verification")
CHILDREN = ("begin_step", "begin_verification")
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Executions:
    """What something took; `seconds` are Azure's (simulated)."""

    activities: Counter[str]
    calls: Counter[str]
    seconds: float

    @property
    def turns(self) -> int:
        """How often orchestrators were run at most: once for each result, timer and start."""
        return self.activities.total() + self._timers + 2 * self._children + self.activities["conclude"]

    @property
    def actions(self) -> int:
        """What the Durable Task Scheduler dispatches."""
        return self.turns + self.activities.total()

    @property
    def _timers(self) -> int:
        return sum(self.activities[name] for name in POLLS)

    @property
    def _children(self) -> int:
        return sum(self.activities[name] for name in CHILDREN)


class Meter:
    """Counts what happens on a stack between two readings."""

    def __init__(self, folder: Path, client: Client, speed: float) -> None:
        self._folder, self._client, self._speed = folder, client, speed
        self._seen: Counter[str] = Counter()
        self._line = 0
        self._began = time.monotonic()

    async def read(self) -> Executions:
        """Return what happened since the last reading."""
        lines = (self._folder / "activities.jsonl").read_text().splitlines()
        names = Counter(json.loads(line)["name"] for line in lines)
        journal = await self._client.journal(self._line)
        ours = [line for line in journal if line["entry"] == "request" and line["client"].startswith("spokewright")]
        found = Executions(
            names - self._seen,
            Counter(line["method"] for line in ours if line["method"] in METHODS),
            (time.monotonic() - self._began) * self._speed,
        )
        self._seen, self._began = names, time.monotonic()
        self._line = max((line["n"] for line in journal), default=self._line)
        return found


async def measure(folder: Path, speed: float) -> dict[str, Executions]:
    """Provision the example, prove its cluster once more, look at its hub once more."""
    async with Stack(Options(folder, speed)) as stack, Client(stack.endpoints) as client:
        meter = Meter(folder, client, speed)
        await client.send({"documents": documents_in(EXAMPLE)}, message_id="bench")
        await _at_rest(client)
        provisioning = await meter.read()
        await client.post("clusters/payments-prod/retry")
        await _at_rest(client)
        proof = await meter.read()
        await client.post("hubs/weu/retry")
        await _at_rest(client)
        return {"a hub, a spoke and a cluster": provisioning, "a proof": proof, "a look at a hub": await meter.read()}


async def _at_rest(client: Client) -> None:
    """Wait until all documents are ready, and still are after a moment."""
    quiet = 0
    while quiet < 10:  # noqa: PLR2004 - a second
        documents = await client.documents()
        ready = len(documents) == 3 and all(_is_at_rest(one) for one in documents)  # noqa: PLR2004 - the example's
        quiet = quiet + 1 if ready else 0
        await asyncio.sleep(0.1)


def _is_at_rest(document: dict[str, Any]) -> bool:
    verified = document["kind"] != "Cluster" or document["status"].get("verifiedAt") is not None
    return verified and all(
        screen.condition(document, type_)["status"] == wanted
        for type_, wanted in (("Ready", "True"), ("Reconciling", "False"))
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.executions", description=__doc__)
    parser.add_argument("--speed", type=float, default=SPEED, help="how many times faster Azure's clock runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spokewright-") as folder:
        found = asyncio.run(measure(Path(folder), options.speed))
    table = Table("what", "Azure's seconds", "activities", "turns, at most", "actions", "calls to Azure")
    for name, one in found.items():
        figures = (f"{one.seconds:.0f}", one.activities.total(), one.turns, one.actions, one.calls.total())
        table.add_row(name, *map(str, figures))
    Console().print(table)


if __name__ == "__main__":
    main()
