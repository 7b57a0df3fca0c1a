"""Who has to run a document's reconciler: a counter of wakes, so that none is lost between its last look and its end.

A waker counts up, and starts the reconciler if it had finished. The reconciler finishes only if no wake came since
the count it last saw; otherwise it goes again. Both decide on one row, by ETag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from shared.store.contention import until_unchanged
from shared.store.rows import Rows, write

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey

TABLE, PARTITION = "wakes", "all"


@dataclass(frozen=True, slots=True)
class Wake:
    """How many wakes there were, and whether the reconciler had finished (so that it must be started)."""

    count: int = 0
    finished: bool = True


class Wakes:
    """One counter per document."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def request(self, key: DocumentKey) -> Wake:
        """Count a wake. While `finished` the waker starts the reconciler; starting it twice must be harmless."""
        return await self._change(key, lambda wake: replace(wake, count=wake.count + 1))

    async def state(self, key: DocumentKey) -> Wake:
        """Return the counter as it is."""
        row = await self._rows.get(TABLE, PARTITION, str(key))
        return Wake(**row.value) if row else Wake()

    async def begin(self, key: DocumentKey) -> int:
        """Mark the reconciler as running; return the count it acts upon."""
        return (await self._change(key, lambda wake: replace(wake, finished=False))).count

    async def finish(self, key: DocumentKey, seen_count: int) -> bool:
        """Mark it as finished if no wake came since `seen_count`; False: go again, from `begin`."""
        wake = await self._change(key, lambda wake: replace(wake, finished=True) if wake.count == seen_count else wake)
        return wake.count == seen_count

    async def forget(self, key: DocumentKey) -> None:
        """Remove the counter of a document that is gone; a reconciler at work would only go once more."""
        await self._rows.delete(TABLE, PARTITION, str(key))

    async def _change(self, key: DocumentKey, change: Callable[[Wake], Wake]) -> Wake:
        async def attempt() -> Wake:
            row = await self._rows.get(TABLE, PARTITION, str(key))
            before = Wake(**row.value) if row else Wake()
            after = change(before)
            if after != before:
                await write(self._rows, TABLE, PARTITION, str(key), asdict(after), row.etag if row else None)
            return after

        return await until_unchanged(attempt)
