"""When something that is to happen now and then happened last: one of several workers does it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.model.errors import Conflict
from shared.store.rows import write

if TYPE_CHECKING:
    from shared.store.rows import Rows

TABLE, PARTITION = "moments", "all"


class Moments:
    """One row per name."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def claim(self, name: str, now: datetime, every: timedelta) -> bool:
        """Say whether it is due and the caller is the one to do it; then it counts as done now."""
        row = await self._rows.get(TABLE, PARTITION, name)
        if row is not None and now - datetime.fromisoformat(row.value["time"]) < every:
            return False
        try:
            await write(self._rows, TABLE, PARTITION, name, {"time": now.isoformat()}, row.etag if row else None)
        except Conflict:
            return False  # Somebody else was first.
        return True

    async def last(self, name: str) -> datetime | None:
        """Return when it happened last; None where it never did."""
        row = await self._rows.get(TABLE, PARTITION, name)
        return datetime.fromisoformat(row.value["time"]) if row else None

    async def forget(self, name: str) -> None:
        """Let it be due at once: what was claimed was not done."""
        await self._rows.delete(TABLE, PARTITION, name)
