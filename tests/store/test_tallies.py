"""Tallies: one row per day and name, none lost under contention, old days forgotten; on both backends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.store.store import Store
    from tests.store.conftest import Clock


async def test_each_day_and_name_has_its_number_and_last_example(store: Store, clock: Clock) -> None:
    """Counting goes by day and name, the newest day comes first, and the last example stands."""
    await store.tallies.count("b", "one")
    await store.tallies.count("a", {"x": 1})
    await store.tallies.count("b", "two")
    clock.advance(days=1)
    await store.tallies.count("b", "three")
    told = [(row["day"], row["name"], row["number"], row["example"]) for row in await store.tallies.list()]
    assert told == [
        ("2026-01-02", "b", 1, "three"),
        ("2026-01-01", "b", 2, "two"),
        ("2026-01-01", "a", 1, '{"x": 1}'),
    ]
    assert (await store.tallies.list())[0]["time"] == clock().isoformat()


async def test_none_is_lost_when_many_count_at_once(store: Store) -> None:
    """Those who count at the same moment are all counted."""
    await asyncio.gather(*(store.tallies.count("a", f"{number}") for number in range(12)))
    assert [row["number"] for row in await store.tallies.list()] == [12]


async def test_an_example_is_cut_and_may_be_odd(store: Store) -> None:
    """An endless example is cut, and halves of characters are kept."""
    await store.tallies.count("a", "\ud800" + "x" * 5000)
    (row,) = await store.tallies.list()
    assert row["example"] == "\ud800" + "x" * 999


async def test_forgotten_after_a_month(store: Store, clock: Clock) -> None:
    """The store's purge removes days that are older than thirty, and keeps the others."""
    await store.tallies.count("a", "old")
    clock.advance(days=1)
    await store.tallies.count("a", "young")
    clock.advance(days=30)
    await store.purge()
    assert [row["example"] for row in await store.tallies.list()] == ["young"]
