"""Timer triggers on the simulated clock: schedules, what was missed, firing by hand."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.host.clock import Origin
from tests.host.running import eventually, running

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC).timestamp()


def hourly(**more: object) -> dict[str, object]:
    """Options of a host whose timer fires every simulated hour, ten times a second."""
    return {"settings": {"ORDERS_SCHEDULE": "0 0 * * * *"}, "speed": 36_000.0, **more}


async def test_a_timer_fires_by_the_simulated_clock(tmp_path: Path) -> None:
    """At 36,000 times the speed an hourly timer fires ten times a second, each time on time."""
    async with running(tmp_path, **hourly(origin=Origin(time.time(), NOON))) as host:
        await eventually(lambda: len(host.app.seen.get("sweep", [])) >= 3)
        assert set(host.app.seen["sweep"]) == {False}
        kept = json.loads((tmp_path / "timers.json").read_text())["sweep"]
    assert kept["Schedule"] == "0 0 * * * *"
    assert datetime.fromisoformat(kept["Next"]).minute == 0


async def test_what_was_missed_fires_at_the_start(tmp_path: Path) -> None:
    """A host that was away when a timer was due fires it once, as past due."""
    slow = {"settings": {"ORDERS_SCHEDULE": "0 0 * * * *"}}
    async with running(tmp_path, origin=Origin(time.time(), NOON), **slow) as host:
        await eventually((tmp_path / "timers.json").exists)
        assert "sweep" not in host.app.seen
    async with running(tmp_path, origin=Origin(time.time(), NOON + 3 * 3600), **slow) as host:
        await eventually(lambda: host.app.seen.get("sweep"))
        assert host.app.seen["sweep"] == [True]


async def test_a_changed_schedule_is_not_past_due(tmp_path: Path) -> None:
    """A timer whose schedule changed starts afresh."""
    async with running(tmp_path, origin=Origin(time.time(), NOON), settings={"ORDERS_SCHEDULE": "0 0 * * * *"}):
        await eventually((tmp_path / "timers.json").exists)
    changed = {"ORDERS_SCHEDULE": "0 30 * * * *"}
    async with running(tmp_path, origin=Origin(time.time(), NOON + 7200), settings=changed) as host:
        await eventually(lambda: "30" in (tmp_path / "timers.json").read_text())
        assert "sweep" not in host.app.seen


async def test_a_timer_is_fired_by_hand(tmp_path: Path) -> None:
    """The administration door fires a timer for the master key, and nobody else."""
    async with running(tmp_path) as host:
        master = {"x-functions-key": host.host.keys.master}
        assert (await host.call("POST", "/admin/functions/sweep", json={}, headers=host.key))[0] == 401
        assert (await host.call("POST", "/admin/functions/nobody", json={}, headers=master))[0] == 404
        assert (await host.call("POST", "/admin/functions/sweep", json={}, headers=master))[0] == 202
        await eventually(lambda: host.app.seen.get("sweep"))
        assert host.app.seen["sweep"] == [False]
        assert json.loads((await host.call("GET", "/admin/host/status", headers=master))[1]) == {"state": "Running"}
        assert (await host.call("GET", "/admin/host/status"))[0] == 401


async def test_run_on_startup_fires_at_once(tmp_path: Path) -> None:
    """A timer that asks for it fires when the host starts."""
    async with running(tmp_path, "eager") as host:
        await eventually(lambda: len(host.app.seen) == 1)
