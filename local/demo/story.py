"""The demo's course: start the stack, send the message, watch, and look at what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.console import Console
from rich.live import Live

from local.demo import screen
from local.demo.client import Client
from local.demo.timeline import bars
from local.stack import Options, Stack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

EXAMPLE = Path(__file__).parents[2] / "examples" / "first-cluster.yaml"
REPLIES = "reply-demo"
PATIENCE = 300.0
"""Seconds until the demo gives up; at the default speed it takes less than one minute."""


async def run(speed: float, state: Path | None) -> int:
    """Play the demo; return 0 when the cluster was proved to be ready."""
    console = Console()
    console.print("[bold]Spokewright demo[/]: a private AKS cluster in a hub-spoke network.")
    console.print("Everything here is real but Azure: that is simulated on this machine, its clock runs faster.\n")
    async with (
        _directory(state) as directory,
        Stack(Options(directory, speed)) as stack,
        Client(stack.endpoints) as client,
    ):
        began = time.monotonic()
        documents = list(yaml.safe_load_all(EXAMPLE.read_text()))
        await client.send({"documents": documents}, message_id="demo-1", reply_to=REPLIES)
        console.print(f"Sent {EXAMPLE.parent.name}/{EXAMPLE.name} to the queue provisioning-requests.")
        ready = await _watch(console, client, began, speed)
        took = time.monotonic() - began
        return await _report(console, client, took, speed) if ready else _give_up(console, directory)


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


async def _watch(console: Console, client: Client, began: float, speed: float) -> bool:
    """Show progress until every document is ready."""
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while time.monotonic() - began < PATIENCE:
            documents = await client.documents()
            steps = [entry for document in documents for entry in await client.history(document)]
            steps.sort(key=lambda entry: entry["started"])
            if sys.stdout.isatty():
                live.update(screen.progress(documents, steps, time.monotonic() - began, speed))
            if documents and all(_ready(document) for document in documents):
                return True
            await asyncio.sleep(0.4)
    return False


def _ready(document: Json) -> bool:
    return bool(screen.condition(document, "Ready")["status"] == "True")


async def _report(console: Console, client: Client, took: float, speed: float) -> int:
    documents = await client.documents()
    steps = [entry for document in documents for entry in await client.history(document)]
    replies = await client.replies(REPLIES, 2)
    told = ", ".join(f"{reply.result} {reply.body.get('document', '')}".strip() for reply in replies)
    console.print(f"Replies on {REPLIES}: {told}", highlight=False)
    cluster = next(document for document in documents if document["kind"] == "Cluster")
    screen.timeline(console, bars(steps))
    screen.proof(console, cluster)
    screen.figures(console, await client.journal(), documents, took, speed)
    console.print("\nNext: `make up`, then README, 'Where to look'.")
    return 0


def _give_up(console: Console, directory: Path) -> int:
    console.print(f"[red]Not ready after {PATIENCE:.0f} s.[/] The host's log ends with:")
    log = directory / "host.log"
    lines = log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []
    console.print("\n".join(lines), highlight=False, markup=False)
    return 1
