"""A trace outlives the process: killed in the middle, the provisioning goes on in the trace in which it began."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.damage import NO_EVENTS
from tests.e2e.stage import example, ready_again, requests, until
from tests.telemetry.told import RUN, Told, twice

pytestmark = pytest.mark.slow


async def test_a_killed_host_goes_on_in_the_same_trace(tmp_path: Path) -> None:
    """After two kills there is one trace; only what ran at that moment is lost, or told twice by who runs it again."""
    path = tmp_path / "telemetry.jsonl"
    settings = {"SPOKEWRIGHT_SWEEP_MINUTES": "10000", "SPOKEWRIGHT_TELEMETRY": f"file:{path}"}
    async with Stack(Options(tmp_path, 120.0, settings=settings)) as stack, Client(stack.endpoints) as client:
        await client.break_azure([NO_EVENTS])
        await client.send({"documents": example()}, message_id="apply-1")
        for word in ("azureFirewalls/", "managedClusters/"):

            async def begun(word: str = word) -> bool:
                return any(word in line["path"] for line in requests(await client.journal(), "PUT"))

            await until(begun)
            os.kill(stack.process_id("host"), signal.SIGKILL)
            await asyncio.sleep(2)

        await until(lambda: ready_again(client))
        await asyncio.sleep(1)
        journal = requests(await client.journal(), "PUT", "DELETE", "GET")
    told = Told.read(path)
    (message,) = {span.key[0] for span in told.named("receive provisioning-requests")}
    assert {span.key[0] for span in told.spans if span[RUN]} == {message}
    steps = [span for span in told.spans if span.name.startswith(("step ", "reconcile", "verification"))]
    assert len(twice(span.key for span in steps)) < 4
    keys = {span.key for span in told.spans}
    lost = [span for span in told.spans if span.parent and span.parent not in keys]
    assert {span.line["kind"] for span in lost} <= {"client", "producer"}
    assert len(lost) < 20
    sent = {line["traceparent"] for line in journal}
    calls = {span.context for span in told.spans if span.line["kind"] == "client"}
    assert len(sent - calls) < 20
    assert calls <= {line["traceparent"] for line in journal} | {span.context for span in told.named("POST ")}
