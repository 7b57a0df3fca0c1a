"""Optimistic concurrency: read, decide, write at the version read; when somebody was first, do it again.

Inside one process nobody need collide: writers of one row go one after the other. A crowd that collides tries so often
that it does little else.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from shared.model.errors import Changed
from shared.store.rows import AlreadyExists

TRIES = 30
LONGEST_PAUSE = 0.25
"""Seconds; writers of one row that collide spread out at random over at most this."""

T = TypeVar("T")


async def until_unchanged(
    attempt: Callable[[], Awaitable[T]], *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> T:
    """Run `attempt` (which reads and writes) until its write meets the version it read; give up after `TRIES`."""
    for number in range(1, TRIES):
        try:
            return await attempt()
        except (Changed, AlreadyExists):
            await pause(random.uniform(0, min(LONGEST_PAUSE, 0.002 * 2**number)))  # noqa: S311 - jitter
    return await attempt()


class Turns:
    """The turns of this process's writers, for each row; other processes are met by `until_unchanged`."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def until_unchanged(self, row: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Run `attempt` when it is its turn to write the row, and until nobody else was first."""
        lock = self._locks.setdefault(row, asyncio.Lock())
        async with lock:
            return await until_unchanged(attempt)
