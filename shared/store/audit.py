"""Who changed, decided or was refused what, and when: kept for good, also after the document is gone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.model.redaction import redact
from shared.store.keys import newest_first

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey
    from shared.store.rows import Rows

TABLE = "audit"
PAGE = 500

Entry = dict[str, Any]


def _plain(value: Any) -> Any:
    match value:
        case str():
            return redact(value)
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value


class Audit:
    """Entries per document, or of the `Service` as a whole: `time`, `action`, `who`, and what it was about."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    async def record(self, key: DocumentKey | str, action: str, who: Entry, **facts: Any) -> None:
        """Add an entry, for good and so without secrets that somebody wrote; two of one moment are both kept."""
        now = self._clock()
        entry = _plain({"time": now.isoformat(), "action": action, "who": who, **facts})
        await self._rows.insert(TABLE, str(key), f"{newest_first(now)}.{uuid.uuid4().hex}", entry)

    async def list(self, key: DocumentKey | str, limit: int = PAGE) -> tuple[Entry, ...]:
        """Return the entries of a document, or of the service, newest first."""
        return tuple(row.value for row in await self._rows.list(TABLE, str(key), limit=limit))
