"""What of the store is kept in a backup, and what is not and why; rows out by the page, rows in where there are none.

Knows nothing of what a row means: `orchestration/backups.py` does. It never overwrites a row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.store.rows import AlreadyExists, write

if TYPE_CHECKING:
    from shared.store.rows import Rows

    Json = dict[str, Any]

FORMAT, VERSION = "spokewright-backup", 1

DOCUMENTS, LEDGER = "documents", "ledger"
KEPT = (LEDGER, "baselines", "dismissals", "audit", "history", "requests", "events", "tallies", DOCUMENTS)
"""The tables of a backup, in the order in which they are restored: documents last, for what is stored is acted upon."""

LEFT = {
    "wakes": "counts the wakes of reconciles that ran then; none of them runs after a restore",
    "moments": "says when the last sweep was; the next one has to come at once",
    "plans": "made anew by each document's first look; approvals are for hashes, which are the same then",
    "latestplans": "which plans are kept",
    "results": "of steps of runs that were in flight; those runs are not restored",
    "restores": "the restore that is under way",
}
"""The tables that are in no backup, each with its reason."""

DECIDED = (DOCUMENTS, "dismissals", "audit", "baselines")
"""What only somebody's decision writes: where these are empty there is nothing that a restore could be mixed with."""

ROWS_IN_PAGE = 200
BYTES_IN_PAGE = 1_000_000
RESTORES, CURRENT = "restores", "current"

Place = tuple[str, str]
"""A row's partition and key."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a table, and where the next page begins; None: this is the last."""

    rows: tuple[Json, ...]
    after: Place | None


class Backup:
    """All kept tables, as rows."""

    def __init__(self, rows: Rows, *, rows_in_page: int = ROWS_IN_PAGE, bytes_in_page: int = BYTES_IN_PAGE) -> None:
        self._rows = rows
        self._rows_in_page = rows_in_page
        self._bytes_in_page = bytes_in_page

    async def page(self, table: str, after: Place | None = None) -> Page:
        """Return the rows of a table behind a place, as many as an answer holds."""
        found = await self._rows.scan(table, after=after, limit=self._rows_in_page)
        taken: list[Json] = []
        size = 0
        for one in found:
            size += len(json.dumps(one.row.value))
            if taken and size > self._bytes_in_page:
                break
            taken.append({"table": table, "partition": one.partition, "key": one.row.key, "value": one.row.value})
        whole = len(taken) == len(found) < self._rows_in_page
        return Page(tuple(taken), None if whole else (taken[-1]["partition"], taken[-1]["key"]))

    async def is_empty(self) -> bool:
        """Say whether nobody decided anything here yet."""
        return not any([await self._rows.scan(table, limit=1) for table in DECIDED])

    async def add(self, table: str, partition: str, key: str, value: Any) -> bool:
        """Write a row where there is none; say whether it was written."""
        try:
            await self._rows.insert(table, partition, key, value)
        except AlreadyExists:
            return False
        return True

    async def begin(self, restore: Json) -> None:
        """Remember the restore that is under way, in place of an earlier one that was not ended."""
        before = await self._rows.get(RESTORES, CURRENT, CURRENT)
        await write(self._rows, RESTORES, CURRENT, CURRENT, restore, before.etag if before else None)

    async def current(self) -> Json | None:
        """Return the restore that is under way."""
        row = await self._rows.get(RESTORES, CURRENT, CURRENT)
        return row.value if row else None

    async def end(self) -> None:
        """Forget the restore that was under way."""
        await self._rows.delete(RESTORES, CURRENT, CURRENT)
