"""What happened to each document, newest first, the last few hundred entries."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.store.keys import newest_first

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey
    from shared.store.rows import Rows

TABLE = "history"
KEPT = 500
PRUNE_EVERY = 50
"""On average: an append prunes once in so many times, so that most cost one write."""


class History:
    """Entries (steps with start, end, result) per document."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime], *, kept: int = KEPT) -> None:
        self._rows = rows
        self._clock = clock
        self._kept = kept

    async def append(
        self, key: DocumentKey, entry: dict[str, Any], *, at: datetime | None = None, entry_id: str | None = None
    ) -> None:
        """Add an entry at a time (now). With the same `at` and `entry_id` a repeat writes the same entry again."""
        unique = uuid.uuid4().hex
        row_key = f"{newest_first(at or self._clock())}.{entry_id or unique}"
        await self._rows.upsert(TABLE, str(key), row_key, entry)
        if int(unique, 16) % PRUNE_EVERY == 0:
            await self.prune(key)

    async def list(self, key: DocumentKey, limit: int = KEPT) -> tuple[dict[str, Any], ...]:
        """Return the newest entries, newest first."""
        return tuple(row.value for row in await self._rows.list(TABLE, str(key), limit=min(limit, self._kept)))

    async def forget(self, key: DocumentKey) -> None:
        """Remove the entries of a document that is gone."""
        for row in await self._rows.list(TABLE, str(key)):
            await self._rows.delete(TABLE, str(key), row.key)

    async def prune(self, key: DocumentKey) -> int:
        """Remove entries beyond those kept; return how many."""
        kept = await self._rows.list(TABLE, str(key), limit=self._kept)
        if len(kept) < self._kept:
            return 0
        old = await self._rows.list(TABLE, str(key), after=kept[-1].key)
        for row in old:
            await self._rows.delete(TABLE, str(key), row.key)
        return len(old)
