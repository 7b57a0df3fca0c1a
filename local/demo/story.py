"""The demo's course: start the stack, play the scenes one after the other, and say whether all of it held."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from local.demo import appearing, asking, first_cluster, narration
from local.demo.client import Client
from local.demo.other_team import OtherTeam
from local.demo.stage import Failed, Stage, check
from local.stack import Options, Stack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SCENES = (first_cluster.play, appearing.play, asking.play)


async def run(speed: float, state: Path | None) -> int:
    """Play the demo; return 0 when everything in every scene was as it should be."""
    console, began = Console(), time.monotonic()
    console.print("[bold]Spokewright demo[/]: a private AKS cluster in a hub-spoke network, and networks that join it.")
    console.print("Everything here is real but Azure: that is simulated on this machine, its clock runs faster.")
    async with (
        _directory(state) as directory,
        Stack(Options(directory, speed)) as stack,
        Client(stack.endpoints) as client,
    ):
        with contextlib.closing(OtherTeam(stack.endpoints)) as team:
            try:
                for play in SCENES:
                    await play(Stage(console, client, team, speed))
                told = await client.told()
                check(not any(line["event"]["type"].endswith("Drifted") for line in told), "nothing drifted")
            except Failed as failed:
                return _give_up(console, directory, failed)
        narration.told(console, told, f"{stack.endpoints['arm']}/_simulator/topics/lifecycle")
    console.print(
        f"\nAll of it held, in {time.monotonic() - began:.0f} s. Next: `make up`, then README, 'Where to look'."
    )
    return 0


@contextlib.asynccontextmanager
async def _directory(state: Path | None) -> AsyncIterator[Path]:
    """Yield the given directory, or one that is removed afterwards."""
    if state is not None:
        yield state
        return
    directory = Path(tempfile.mkdtemp(prefix="spokewright-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _give_up(console: Console, directory: Path, failed: Failed) -> int:
    console.print(f"[red]{failed}[/] The host's log ends with:")
    log = directory / "host.log"
    lines = log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []
    console.print("\n".join(lines), highlight=False, markup=False)
    return 1
