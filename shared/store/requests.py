"""What became of each request message, so that a message delivered twice is applied once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from shared.store.contention import until_unchanged
from shared.store.rows import Row, Rows, write

TABLE, PARTITION = "requests", "all"
KEPT = timedelta(days=7)
PAGE = 500

Outcome = dict[str, Any]


class Requests:
    """Outcomes by message id."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    async def seen(self, message_id: str) -> Outcome | None:
        """Return what became of the message, or None where it is new (or older than `KEPT`)."""
        return self._fresh(await self._rows.get(TABLE, PARTITION, message_id))

    async def record(self, message_id: str, outcome: Outcome) -> Outcome:
        """Keep the outcome unless one is there; return the one that stands: the first."""

        async def attempt() -> Outcome:
            row = await self._rows.get(TABLE, PARTITION, message_id)
            if first := self._fresh(row):
                return first
            value = {"outcome": outcome, "time": self._clock().isoformat()}
            await write(self._rows, TABLE, PARTITION, message_id, value, row.etag if row else None)
            return outcome

        return await until_unchanged(attempt)

    async def purge(self) -> int:
        """Forget outcomes older than `KEPT`; return how many."""
        purged, after = 0, None
        while rows := await self._rows.list(TABLE, PARTITION, limit=PAGE, after=after):
            after = rows[-1].key
            old = [row for row in rows if self._fresh(row) is None]
            for row in old:
                await self._rows.delete(TABLE, PARTITION, row.key)
            purged += len(old)
        return purged

    def _fresh(self, row: Row | None) -> Outcome | None:
        if row is None or datetime.fromisoformat(row.value["time"]) < self._clock() - KEPT:
            return None
        outcome: Outcome = row.value["outcome"]
        return outcome
