"""Looks at things that many ask for at once: one at a time for each key, and one for all who wait.

Who asks wants a look that began after the asking, for only that is sure to see what the asking is about. So while a
look runs, all who come share the one that follows it: a burst of any length costs two looks. It must not know what a
look is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

AT_ONCE = 16
"""Looks at once, over all keys: a storm must not open connections without end."""

Look = Callable[[], Awaitable[None]]


class Coalescer:
    """For one process: another process may look at the same key at the same time."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._next: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, Look] = {}

    async def look(self, key: str, look: Look) -> None:
        """Return when a look at `key` that began after this call has ended; raise what it raised.

        Where several wait for one look it is the latest caller's. One that stops waiting takes it from nobody.
        """
        self._asked[key] = look
        turn = self._next.get(key)
        if turn is None:
            turn = self._next[key] = asyncio.create_task(self._take_turn(key), name=f"look at {key}")
            turn.add_done_callback(lambda ended: self._forget(key, ended))
        await asyncio.shield(turn)

    async def _take_turn(self, key: str) -> None:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        async with self._places:
            # From here on it runs: who comes now waits for the one after it.
            self._running[key] = self._next.pop(key)
            await self._asked.pop(key)()

    def _forget(self, key: str, ended: asyncio.Task[None]) -> None:
        if self._running.get(key) is ended:
            del self._running[key]
        if self._next.get(key) is ended:  # Cancelled before it ran: the process stops.
            del self._next[key], self._asked[key]
