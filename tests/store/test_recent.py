"""The lifecycle events that were told lately: newest first, each once, the last thousand; on both backends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.store.recent import Recent

if TYPE_CHECKING:
    from shared.store.rows import Rows
    from shared.store.store import Store


def event(number: int) -> dict[str, Any]:
    """Return an event; a greater number is a later one."""
    time = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
    return {"id": f"e{number}", "time": time.isoformat(), "type": "Spokewright.Hub.Ready"}


async def test_newest_first(store: Store) -> None:
    """Whatever the order in which they are told, the newest is listed first, and no more than asked for."""
    for number in (2, 10, 1):
        await store.events.append(event(number))
    assert [found["id"] for found in await store.events.list()] == ["e10", "e2", "e1"]
    assert await store.events.list(limit=1) == (event(10),)


async def test_told_again(store: Store) -> None:
    """An event that is told twice is kept once; two of one moment are two."""
    same_time = event(1) | {"id": "other"}
    for found in (event(1), event(1), same_time):
        await store.events.append(found)
    assert sorted(found["id"] for found in await store.events.list()) == ["e1", "other"]


async def test_the_last_ones_are_kept(rows: Rows) -> None:
    """What is older than those kept is not listed, and goes."""
    recent = Recent(rows, kept=3)
    for number in range(5):
        await recent.append(event(number))
    assert [found["id"] for found in await recent.list(limit=10)] == ["e4", "e3", "e2"]
    await recent.prune()
    assert [found["id"] for found in await Recent(rows).list()] == ["e4", "e3", "e2"]
