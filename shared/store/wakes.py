"""Who has to run a document's reconciler: a counter of wakes, so that none is lost between its last look and its end.

A waker counts up, and starts the reconciler if it had finished. The reconciler finishes only if no wake came since
the count it last saw; otherwise it goes again. Both decide on one row, by ETag. The same row paces the looks: a bucket
of them, refilled by the clock, so that a storm of wakes costs no more looks than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, overload

from shared.store.contention import Turns
from shared.store.rows import Rows, write

if TYPE_CHECKING:
    from datetime import datetime

    from shared.model.envelope import DocumentKey

TABLE, PARTITION = "wakes", "all"

BURST = 20
"""Looks at one document that may follow each other at once."""

TRACED = ("trace", "starts", "others")
"""Members that came with traces."""

LINKS = 8
"""Contexts of wakes that are kept for the next look; of more, the last ones."""

STARTS = 20
"""Wakes that go on with a trace; what waits for days is no longer part of it."""

REFILL = 3.0
"""Seconds after which one more look is free: 20 a minute."""


@dataclass(frozen=True, slots=True)
class Wake:
    """How many wakes there were, and whether the reconciler had finished (so that it must be started)."""

    count: int = 0
    finished: bool = True
    tokens: float = BURST
    """Looks that were free at `refilled`."""
    refilled: float = 0.0
    """Seconds since 1970; 0: never looked at since looks are paced."""
    begun: int = 0
    """How often a reconciler began to look."""
    trace: str = ""
    """The trace of what the reconciler is at: of the wake that asked for it, until it is done."""
    starts: int = 0
    """How often it was woken to go on with that."""
    others: tuple[str, ...] = ()
    """Contexts of wakes since the last look, which are linked to it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The count that a look acts upon, and how many seconds to wait before it because of too many others."""

    count: int
    pause: float = 0.0
    others: tuple[str, ...] = ()
    """Contexts of the wakes that it also acts upon."""


class Wakes:
    """One counter per document."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._turns = Turns()

    async def request(self, key: DocumentKey, context: str = "", *, anew: bool = False) -> Wake:
        """Count a wake. While `finished` the waker starts the reconciler; starting it twice must be harmless.

        `context` is the waker's trace context. A reconciler that is started goes on with the trace of what is not done
        yet, unless somebody asks `anew`; what it does not go on with is linked.
        """
        return await self._change(key, lambda wake: _traced(replace(wake, count=wake.count + 1), context, anew=anew))

    async def started(self, key: DocumentKey, counted: Wake) -> None:
        """Say that a reconciler was started for a wake that was `counted`, so that nobody else tries to.

        One that began since then has said so itself, and may have finished by now: that stays.
        """
        await self._change(key, lambda wake: replace(wake, finished=False) if wake.begun == counted.begun else wake)

    async def state(self, key: DocumentKey) -> Wake:
        """Return the counter as it is."""
        row = await self._rows.get(TABLE, PARTITION, str(key))
        return _read(row.value) if row else Wake()

    @overload
    async def begin(self, key: DocumentKey) -> int: ...

    @overload
    async def begin(self, key: DocumentKey, now: datetime) -> Begun: ...

    async def begin(self, key: DocumentKey, now: datetime | None = None) -> int | Begun:
        """Mark the reconciler as running; return the count it acts upon.

        With the time it is a look, and may have to wait: then nothing was taken, and `begin` is to be called again.
        """
        if now is None:
            return (await self._change(key, _begun)).count
        moment, pause = now.timestamp(), 0.0
        others: tuple[str, ...] = ()

        def look(wake: Wake) -> Wake:
            nonlocal pause, others
            tokens = _refilled(wake, moment)
            pause = 0.0 if tokens >= 1 else (1 - tokens) * REFILL
            if pause:
                return _begun(wake)
            others = wake.others
            return replace(_begun(wake), tokens=tokens - 1, refilled=moment, others=())

        return Begun((await self._change(key, look)).count, pause, others)

    async def finish(self, key: DocumentKey, seen_count: int, *, done: bool = False) -> bool:
        """Mark it as finished if no wake came since `seen_count`; False: go again, from `begin`.

        `done`: nothing of what was asked is left, so that the next wake begins a trace of its own.
        """

        def end(wake: Wake) -> Wake:
            if wake.count != seen_count:
                return wake
            ended = replace(wake, finished=True)
            return replace(ended, trace="", starts=0) if done else ended

        wake = await self._change(key, end)
        return wake.count == seen_count

    async def forget(self, key: DocumentKey) -> None:
        """Remove the counter of a document that is gone; a reconciler at work would only go once more."""
        await self._rows.delete(TABLE, PARTITION, str(key))

    async def _change(self, key: DocumentKey, change: Callable[[Wake], Wake]) -> Wake:
        async def attempt() -> Wake:
            row = await self._rows.get(TABLE, PARTITION, str(key))
            before = _read(row.value) if row else Wake()
            after = change(before)
            if after != before:
                await write(self._rows, TABLE, PARTITION, str(key), _written(after), row.etag if row else None)
            return after

        return await self._turns.until_unchanged(str(key), attempt)


def _written(wake: Wake) -> dict[str, Any]:
    """Return a row; what nobody traced is not in it, so that a version that knows no traces can read it."""
    return {name: value for name, value in asdict(wake).items() if value or name not in TRACED}


def _read(value: Mapping[str, Any]) -> Wake:
    """Return a row, also one from before or after this version."""
    known = {name: value[name] for name in Wake.__slots__ if name in value}
    return Wake(**known | {"others": tuple(known.get("others", ()))})


def _traced(wake: Wake, context: str, *, anew: bool) -> Wake:
    if not context:
        return wake
    linked = replace(wake, others=(*wake.others, context)[-LINKS:])
    if not wake.finished:
        return linked
    if anew or not wake.trace or wake.starts >= STARTS:
        return replace(wake, trace=context, starts=0)
    return replace(linked, starts=wake.starts + 1)


def _begun(wake: Wake) -> Wake:
    return replace(wake, finished=False, begun=wake.begun + 1)


def _refilled(wake: Wake, moment: float) -> float:
    """Return the looks that are free at a moment; clocks of several machines may differ a little."""
    return min(float(BURST), wake.tokens + max(0.0, moment - wake.refilled) / REFILL)
