"""Moments: of several workers one does what is due, and nobody before it is due again; on both backends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shared.store.store import Store
    from tests.store.conftest import Clock

EVERY = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("minutes", "due"), [(0, False), (14.9, False), (15, True), (600, True)], ids=["at once", "early", "due", "late"]
)
async def test_due_again_after_a_while(store: Store, clock: Clock, minutes: float, *, due: bool) -> None:
    """The first claim holds, and so does the next one that comes when the time is over."""
    assert await store.moments.claim("sweep", clock(), EVERY)
    clock.advance(minutes=minutes)
    assert await store.moments.claim("sweep", clock(), EVERY) is due


async def test_each_name_has_its_own(store: Store, clock: Clock) -> None:
    """What is done under one name does not count for another."""
    assert await store.moments.claim("sweep", clock(), EVERY)
    assert await store.moments.claim("tidy", clock(), EVERY)


async def test_one_of_many_does_it(store: Store, clock: Clock) -> None:
    """However many ask at the same moment, the first time and each time after, exactly one is told to."""
    for _ in range(2):
        claims = await asyncio.gather(*(store.moments.claim("sweep", clock(), EVERY) for _ in range(10)))
        assert sorted(claims) == [False] * 9 + [True]
        clock.advance(minutes=15)


async def test_what_failed_is_due_at_once(store: Store, clock: Clock) -> None:
    """A claim that was given up holds nobody back; giving up twice is fine."""
    assert await store.moments.claim("sweep", clock(), EVERY)
    await store.moments.forget("sweep")
    await store.moments.forget("sweep")
    assert await store.moments.claim("sweep", clock(), EVERY)
