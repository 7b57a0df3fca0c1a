"""Scene 1: a hub, a spoke and a private cluster by one message, with their progress, and the proof that it works."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.live import Live

from local.demo import narration, screen
from local.demo.stage import Failed, is_ready
from local.demo.timeline import bars

if TYPE_CHECKING:
    from local.demo.stage import Stage

Json = dict[str, Any]

EXAMPLE = Path(__file__).parents[2] / "examples" / "first-cluster.yaml"
REPLIES = "reply-demo"
PATIENCE = 300.0
"""Seconds until the demo gives up; at the default speed it takes less than one minute."""


async def play(stage: Stage) -> None:
    """Send the message, watch until everything is ready, and show what came of it."""
    began = time.monotonic()
    narration.scene(stage.console, 1, "a first private cluster, by one message")
    documents = list(yaml.safe_load_all(EXAMPLE.read_text()))
    await stage.client.send({"documents": documents}, message_id="demo-1", reply_to=REPLIES)
    stage.console.print(f"Sent {EXAMPLE.parent.name}/{EXAMPLE.name} to the queue provisioning-requests.")
    await _watch(stage, began)
    await _report(stage, time.monotonic() - began)


async def _watch(stage: Stage, began: float) -> None:
    """Show progress until every document is ready."""
    client, console = stage.client, stage.console
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while time.monotonic() - began < PATIENCE:
            documents = await client.documents()
            steps = [entry for document in documents for entry in await client.history(document)]
            steps.sort(key=lambda entry: entry["started"])
            if sys.stdout.isatty():
                live.update(screen.progress(documents, steps, time.monotonic() - began, stage.speed))
            if documents and all(is_ready(document) for document in documents):
                return
            await asyncio.sleep(0.4)
    raise Failed(f"the first cluster: not ready after {PATIENCE:.0f} s")


async def _report(stage: Stage, took: float) -> None:
    client, console = stage.client, stage.console
    documents = await client.documents()
    steps = [entry for document in documents for entry in await client.history(document)]
    replies = await client.replies(REPLIES, 2)
    told = ", ".join(f"{reply.result} {reply.body.get('document', '')}".strip() for reply in replies)
    console.print(f"Replies on {REPLIES}: {told}", highlight=False)
    cluster = next(document for document in documents if document["kind"] == "Cluster")
    screen.timeline(console, bars(steps))
    screen.proof(console, cluster)
    screen.figures(console, await client.journal(), documents, took, stage.speed)
