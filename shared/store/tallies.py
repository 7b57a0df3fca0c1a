"""How often something happened on each day, with the last example: for what is refused and that nobody waits for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from shared.store.contention import until_unchanged
from shared.store.rows import Json, Rows, write

TABLE, PARTITION = "tallies", "all"
KEPT = timedelta(days=30)
LONGEST_EXAMPLE = 1000
"""Characters."""


class Tallies:
    """One row per day and name."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    async def count(self, name: str, example: Json) -> None:
        """Count one more of this name today; the example replaces the last one."""
        text = example if isinstance(example, str) else json.dumps(example)

        async def attempt() -> None:
            now = self._clock()
            key = f"{now.date().isoformat()}.{name}"
            row = await self._rows.get(TABLE, PARTITION, key)
            value = {
                "name": name,
                "day": now.date().isoformat(),
                "number": (row.value["number"] if row else 0) + 1,
                "time": now.isoformat(),
                "example": text[:LONGEST_EXAMPLE],
            }
            await write(self._rows, TABLE, PARTITION, key, value, row.etag if row else None)

        await until_unchanged(attempt)

    async def list(self) -> tuple[dict[str, Any], ...]:
        """Return the tallies, the newest day first: `name`, `day`, `number`, `time` and `example` of the last."""
        rows = await self._rows.list(TABLE, PARTITION)
        return tuple(row.value for row in reversed(rows))

    async def purge(self) -> int:
        """Forget days older than `KEPT`; return how many rows that were."""
        oldest = (self._clock() - KEPT).date()
        rows = await self._rows.list(TABLE, PARTITION)
        old = [row for row in rows if date.fromisoformat(row.value["day"]) < oldest]
        for row in old:
            await self._rows.delete(TABLE, PARTITION, row.key)
        return len(old)
