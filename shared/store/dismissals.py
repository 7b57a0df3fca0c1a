"""Resources that were onboarded and that a person sent away: they ask again only after their tag was taken off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.store.rows import Rows

TABLE, PARTITION = "dismissals", "all"


class Dismissals:
    """One row per resource (by the key of its id), with what it had asked for: the hub's name, or the spoke's."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    async def dismiss(self, resource: str, asked: str) -> None:
        """Remember that the resource was sent away from what it asked for."""
        await self._rows.upsert(TABLE, PARTITION, resource, {"asked": asked, "time": self._clock().isoformat()})

    async def of(self, resource: str) -> str | None:
        """Return what the resource was sent away from, None where it was not."""
        row = await self._rows.get(TABLE, PARTITION, resource)
        return str(row.value["asked"]) if row else None

    async def all(self) -> dict[str, str]:
        """Return every dismissal by resource."""
        return {row.key: str(row.value["asked"]) for row in await self._rows.list(TABLE, PARTITION)}

    async def forget(self, resource: str) -> None:
        """Let the resource ask again."""
        await self._rows.delete(TABLE, PARTITION, resource)
