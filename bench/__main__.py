"""`make bench`: measures one provisioning, sweeps and a storm, and prints them as ratios and counts."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import cold_start, command_line, page, provisioning, storm, sweep

SPEED = 10.0
SPOKES = (10, 50)
MOST_CALLS = 20
STORM, STORM_SPEED = 30, 10.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--speed", type=float, default=SPEED, help="how many times faster Azure's clock runs")
    parser.add_argument("--spokes", type=int, help="sweep over so many spokes too; 200 take minutes to attach")
    parser.add_argument("--storm", type=int, default=STORM, help="networks that ask to join at once")
    options = parser.parse_args()
    console = Console()
    console.print(f"One provisioning on the simulator, its clock {options.speed:g} times faster …")
    with tempfile.TemporaryDirectory(prefix="spokewright-") as directory:
        run = asyncio.run(provisioning.measure(Path(directory), options.speed))
    console.print(_table(run, cold_start.measure()))
    console.print(command_line.table())
    console.print(asyncio.run(page.table()))
    counts = sorted({*SPOKES, *([options.spokes] if options.spokes else [])})
    console.print(f"Sweeps over {', '.join(map(str, counts))} spokes at rest …")
    with tempfile.TemporaryDirectory(prefix="spokewright-") as directory:
        console.print(asyncio.run(_sweeps(Path(directory), counts)))
    console.print(f"A storm of {options.storm} networks, Azure's clock {STORM_SPEED:g} times faster …")
    with tempfile.TemporaryDirectory(prefix="spokewright-") as directory:
        console.print(_storm_table(asyncio.run(storm.measure(Path(directory), options.storm, STORM_SPEED))))


async def _sweeps(directory: Path, counts: list[int]) -> Table:
    table = Table("spokes at rest", "calls to Azure", "writes", "documents woken", "seconds", "target")
    async for one in sweep.measure(directory, counts):
        row = (one.spokes, one.calls, one.writes, one.woken, f"{one.seconds:.2f}", f"< {MOST_CALLS} calls, 0 writes")
        table.add_row(*map(str, row))
    return table


def _storm_table(run: storm.Storm) -> Table:
    table = Table("what", "figure", "ratio", "target")
    table.add_row(
        "networks attached, of them by events", f"{run.attached}, {run.attached_by_events}", "", f"{run.spokes}"
    )
    table.add_row("the hub's writes, one after the other (Azure's seconds)", f"{run.ideal:.0f}", "", "")
    table.add_row("wall time, first network to last attached", f"{run.wall:.0f}", f"{run.wall / run.ideal:.2f}", "1.00")
    writes = sum(run.writes.values())
    most = max(run.writes.values(), default=0)
    table.add_row(
        "accepted writes; most of one resource", f"{writes}; {most}", f"{writes / run.spokes:.1f} each", "5.0 each; 1"
    )
    table.add_row("writes refused and sent again", f"{run.refused.total()}", "", "")
    table.add_row("reads, polls", f"{run.reads}, {run.polls}", f"{(run.reads + run.polls) / run.spokes:.1f} each", "")
    table.add_row("documents that showed a failure", f"{len(run.failures)}", "", "0")
    return table


def _table(run: provisioning.Measured, start: cold_start.ColdStart) -> Table:
    table = Table("what", "figure", "ratio", "target")
    path = " → ".join(run.path.kinds)
    table.add_row("critical path of the work (Azure's seconds)", f"{run.path.seconds:.0f}", "", "")
    table.add_row(f"  {path}", "", "", "")
    ratio = run.wall / run.path.seconds
    table.add_row("wall time, message to verified cluster", f"{run.wall:.0f}", f"{ratio:.3f}", "≤ 1.10")
    writes = run.accepted_writes / run.resources
    table.add_row(
        f"accepted writes of {run.resources} resources", f"{run.accepted_writes}", f"{writes:.2f} each", "1.00 each"
    )
    table.add_row("writes refused and tried again", f"{run.attempted_writes - run.accepted_writes}", "", "")
    table.add_row("reads", f"{run.reads}", f"{run.reads / run.resources:.1f} each", "")
    table.add_row("polls of operations", f"{run.polls}", f"{run.polls / run.resources:.1f} each", "")
    saved = run.activity_seconds / run.blocking_seconds
    table.add_row("billed activity seconds", f"{run.activity_seconds:.1f}", "", "")
    table.add_row("  against blocking pollers", f"{run.blocking_seconds:.0f}", f"{saved:.4f}", "as small as it gets")
    table.add_row("longest activity (seconds)", f"{run.longest_activity:.2f}", "", "< 5")
    table.add_row(
        "import of function_app (seconds)", f"{start.seconds:.2f}", f"{start.seconds / start.sdk:.2f} x the SDK", ""
    )
    table.add_row("modules loaded, of them azure.mgmt", f"{start.modules}, {start.management}", "", "0 of azure.mgmt")
    return table


if __name__ == "__main__":
    main()
