"""The engine's loop: what it does when the store refuses, and how fast a long history is replayed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from azure.durable_functions.models.history import HistoryEvent, HistoryEventType
from azure.durable_functions.orchestrator import Orchestrator

from local.host.clock import Clock
from local.host.durable.engine import Engine
from local.host.durable.events import (
    event,
    event_raised,
    execution_started,
    parse_event,
    task_completed,
    task_failed,
)
from local.host.durable.store import Query
from local.host.files import StateInUse
from tests.host.laboratory import Laboratory
from tests.host.running import eventually

if TYPE_CHECKING:
    from pathlib import Path

    import azure.durable_functions as df

    from local.host.durable.instance import Activity, Instance

Steps = Generator[Any, Any, Any]


def twice(context: df.DurableOrchestrationContext) -> Steps:
    """Two activities, one after the other."""
    first = yield context.call_activity("work", 1)
    return [first, (yield context.call_activity("work", 2))]


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """An engine with one orchestrator and one activity."""

    async def work(activity: Activity) -> str:
        await asyncio.sleep(0)
        return f'"done {activity.input}"'

    engine = Engine(tmp_path / "durable.db", Clock(), {"twice": Orchestrator.create(twice)}, {"work"}, work)
    await engine.start()
    yield engine
    await engine.stop()


async def ended(engine: Engine, instance_id: str) -> Instance:
    """Wait for the end of an instance."""

    async def look() -> Instance | None:
        instance = await engine.ask(lambda hub: hub.status(instance_id))
        return instance if instance.is_over else None

    return await eventually(look)  # type: ignore[no-any-return]  # it waits for anything


async def test_a_full_disk_loses_nothing(engine: Engine) -> None:
    """What the store refuses is told to who asked; once there is room again, everything goes on."""

    def limit(pages: int) -> Any:
        return lambda hub: hub._store._db.execute(f"pragma max_page_count={pages}").fetchone()

    await engine.ask(lambda hub: hub.start("twice", "before", None))
    await engine.ask(limit(1))
    with pytest.raises(sqlite3.Error):
        await engine.ask(lambda hub: hub.start("twice", "refused", f'"{"x" * 100_000}"'))
    await engine.ask(limit(1_000_000))
    await engine.ask(lambda hub: hub.start("twice", "after", None))
    assert (await ended(engine, "before")).output == '["done 1", "done 2"]'
    assert (await ended(engine, "after")).output == '["done 1", "done 2"]'


async def test_a_second_engine_is_refused(engine: Engine, tmp_path: Path) -> None:
    """One process and one engine have a store."""
    assert (await engine.ask(lambda hub: hub.instances(Query()))) == []
    second = Engine(tmp_path / "durable.db", Clock(), {}, set(), _never)
    with pytest.raises(StateInUse):
        await second.start()
    await second.stop()


async def test_many_orchestrations_pass_quickly(engine: Engine) -> None:
    """A hundred orchestrations with two activities each take no more than seconds."""
    began = time.monotonic()
    for number in range(100):
        await engine.ask(lambda hub, number=number: hub.start("twice", f"it-{number}", None))
    for number in range(100):
        assert (await ended(engine, f"it-{number}")).status == "Completed"
    assert time.monotonic() - began < 5


def test_a_step_over_a_long_history_is_short(tmp_path: Path) -> None:
    """With 300 events behind it, a step takes a few milliseconds (the bound leaves room for a busy machine)."""
    laboratory = Laboratory(tmp_path / "durable.db")

    @laboratory.activity
    def poll(given: Any) -> Any:
        return given

    @laboratory.orchestrator
    def polling(context: df.DurableOrchestrationContext) -> Steps:
        while True:
            yield context.call_activity("poll", {"operation": "x" * 500})

    laboratory.start("polling")
    while len(laboratory.hub.history("it")) < 300:
        laboratory.run_activity()
    took = []
    for _ in range(10):
        began = time.perf_counter()
        laboratory.run_activity()
        took.append(time.perf_counter() - began)
    laboratory.crash()
    assert min(took) < 0.02


async def _never(activity: Activity) -> str:
    raise AssertionError(activity)


def test_events_are_parsed_as_the_sdk_parses_them() -> None:
    """Our quick way gives what the SDK's constructor gives, member by member."""
    stored = [
        execution_started(1.25, "it", "{}"),
        event_raised(2, "wake", None),
        task_completed(3, 4, '"done"'),
        task_failed(5, 6, "work", "no"),
        event(HistoryEventType.TIMER_FIRED, 7, TimerId=8, FireAt="2026-01-01T00:00:00Z"),
    ]
    for each in stored:
        ours, theirs = parse_event(each, played=True), HistoryEvent(**{**each, "IsPlayed": True})
        assert vars(ours) == vars(theirs)
        assert ours.timestamp.utcoffset() == theirs.timestamp.utcoffset()
