"""The host as a process: ready line, endpoints, settings, SIGTERM, and kill -9 at random moments."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import aiohttp
import pytest_asyncio

from tests.host.running import HostProcess, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ROUNDS = 25


@pytest_asyncio.fixture
async def process(tmp_path: Path) -> AsyncIterator[HostProcess]:
    """A host that is not started yet."""
    journal = tmp_path / "journal.jsonl"
    process = HostProcess(
        tmp_path / "state",
        *("--setting", "ORDERS_SCHEDULE=0 0 0 1 1 *"),
        *("--setting", f"ORDERS_JOURNAL={journal}"),
        *("--speed", "20"),
    )
    yield process
    await process.end()


async def ask(process: HostProcess, method: str, path: str, body: object = None) -> dict[str, object]:
    """Ask the durable webhooks."""
    url = f"{process.endpoints['functions']}/durabletask{path}"
    async with aiohttp.ClientSession() as http, http.request(method, url, json=body) as answer:
        return dict(await answer.json())


async def test_a_killed_host_finishes_what_it_began(process: HostProcess, tmp_path: Path) -> None:
    """Killed at random moments, an orchestration ends as if nothing had happened, and no completed activity is lost."""
    await process.start()
    endpoints = process.endpoints
    await ask(process, "POST", "/orchestrators/chain/it", ROUNDS)
    moments = random.Random(20)  # noqa: S311 - the same moments every time
    for _ in range(4):
        await asyncio.sleep(moments.uniform(0.05, 0.6))
        await process.kill()
        await process.start()
        assert process.endpoints == endpoints, "port and keys stay"

    async def is_over() -> dict[str, object] | None:
        status = await ask(process, "GET", "/instances/it")
        return None if status["runtimeStatus"] == "Running" else status

    status = await eventually(is_over)
    assert status["output"] == [f"packed {number}{side}" for number in range(ROUNDS) for side in "ab"]
    ran = Counter(json.loads(line)[1] for line in (tmp_path / "journal.jsonl").read_text().splitlines())
    assert len(ran) == 2 * ROUNDS
    assert sum(ran.values()) <= 2 * ROUNDS + 2 * 4, "only what was under way at a kill ran again"
    assert await process.end() == 0


async def test_a_term_signal_ends_it_at_once(process: HostProcess) -> None:
    """SIGTERM ends the process with 0 within seconds, even while a synchronous activity is busy."""
    line = await process.start()
    assert line == f"host: listening on {process.endpoints['functions']}\n"
    await ask(process, "POST", "/orchestrators/shipping/it", {"id": "p1", "seconds": 30})
    await asyncio.sleep(0.2)
    assert await asyncio.wait_for(process.end(), 5) == 0
    assert "host.stopped" in process.log


async def test_a_directory_serves_one_host(process: HostProcess) -> None:
    """A second host in the same directory is refused with a plain message."""
    await process.start()
    second = HostProcess(process.state, "--setting", "ORDERS_SCHEDULE=0 0 0 1 1 *")
    assert await second.start() == ""
    assert await second.wait() == 1
    assert "The host cannot start: another process uses" in process.log


async def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    """An app that does not exist is named."""
    process = HostProcess(tmp_path / "state", "--app", "tests.host.apps.nobody")
    assert await process.start() == ""
    assert await process.wait() == 1
    assert "The host cannot start: No module named 'tests.host.apps.nobody'" in process.log


async def test_other_endpoints_are_kept(process: HostProcess) -> None:
    """The host adds its endpoints to what the other processes published."""
    process.state.mkdir()
    (process.state / "endpoints.json").write_text('{"arm": "https://127.0.0.1:1"}')
    await process.start()
    published = process.endpoints
    assert published["arm"] == "https://127.0.0.1:1"
    assert published.keys() == {"arm", "functions", "functionKey", "eventGridKey", "masterKey", "tokens", "accessToken"}
