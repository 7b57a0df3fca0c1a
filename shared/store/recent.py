"""The lifecycle events that were told lately, newest first, for people: the last thousand of all documents."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.store.keys import newest_first

if TYPE_CHECKING:
    from shared.store.rows import Rows

TABLE, PARTITION = "events", "all"
KEPT = 1000
PRUNE_EVERY = 50
"""On average: an append prunes once in so many times, so that most cost one write."""

Event = dict[str, Any]


class Recent:
    """Events by their time and id: one that is told again is kept once."""

    def __init__(self, rows: Rows, *, kept: int = KEPT) -> None:
        self._rows = rows
        self._kept = kept

    async def append(self, event: Event) -> None:
        """Keep an event; it needs `id` and `time` (as ISO 8601 with an offset)."""
        key = f"{newest_first(datetime.fromisoformat(event['time']))}.{event['id']}"
        await self._rows.upsert(TABLE, PARTITION, key, event)
        if uuid.uuid4().int % PRUNE_EVERY == 0:
            await self.prune()

    async def list(self, limit: int = KEPT) -> tuple[Event, ...]:
        """Return the newest events, newest first."""
        return tuple(row.value for row in await self._rows.list(TABLE, PARTITION, limit=min(limit, self._kept)))

    async def prune(self) -> int:
        """Remove events beyond those kept; return how many."""
        kept = await self._rows.list(TABLE, PARTITION, limit=self._kept)
        if len(kept) < self._kept:
            return 0
        old = await self._rows.list(TABLE, PARTITION, after=kept[-1].key)
        for row in old:
            await self._rows.delete(TABLE, PARTITION, row.key)
        return len(old)
