"""The host is killed again and again while it provisions; it goes on from its history, without a second write."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from datetime import datetime
from pathlib import Path

import pytest

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import Json, accepted_puts, example, ready_again, requests, until

KILLS = 10
SPEED = 30.0
IN_FLIGHT = 1.0
"""Seconds in which a begun write is in the durable history, with room for a busy machine."""


@pytest.mark.slow
async def test_ten_kills_do_not_stop_a_provisioning(tmp_path: Path) -> None:
    """After kill -9 at ten random moments everything is ready; only a write in flight at a kill may come twice."""
    moments = random.Random(20261124)  # noqa: S311 - a seed, so that a failure can be repeated
    kills: list[float] = []
    async with Stack(Options(tmp_path, SPEED)) as stack, Client(stack.endpoints) as client:
        await client.send({"documents": example()}, message_id="apply")
        for _ in range(KILLS):
            await asyncio.sleep(moments.uniform(0.3, 3.0))
            host = stack.process_id("host")
            os.kill(host, signal.SIGKILL)
            kills.append(time.time())
            await until(lambda host=host: _restarted(stack, host), 30)
        await until(lambda: ready_again(client), 240)
        journal = await client.journal()
    again = [path for path, count in accepted_puts(journal).items() if count > 1]
    assert len(again) <= KILLS, again
    assert all(_was_in_flight(path, journal, kills) for path in again), again


def _was_in_flight(path: str, journal: list[Json], kills: list[float]) -> bool:
    """Say whether each write of a resource but the last was sent just before a kill."""
    sent = [
        datetime.fromisoformat(line["realTime"][:26] + "+00:00").timestamp()
        for line in requests(journal, "PUT")
        if line["path"].lower() == path and line["status"] < 400
    ]
    return all(any(0 <= kill - moment < IN_FLIGHT for kill in kills) for moment in sent[:-1])


async def _restarted(stack: Stack, before: int) -> bool:
    return stack.process_id("host") != before
