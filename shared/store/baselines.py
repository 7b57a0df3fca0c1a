"""How each document was when Azure last matched it: what was wanted of each resource, and which versions were seen.

Knows nothing of what that means; `shared/plan/drift.py` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey
    from shared.store.rows import Rows

TABLE, PARTITION = "baselines", "all"

Value = dict[str, Any]


class Baselines:
    """One row per document."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def get(self, key: DocumentKey) -> Value | None:
        """Return the document's baseline, None where Azure never matched it."""
        row = await self._rows.get(TABLE, PARTITION, str(key))
        return row.value if row else None

    async def put(self, key: DocumentKey, value: Value) -> None:
        """Replace the document's baseline: only its reconciler writes it, so the last one stands."""
        await self._rows.upsert(TABLE, PARTITION, str(key), value)

    async def forget(self, key: DocumentKey) -> None:
        """Remove the baseline of a document that is gone."""
        await self._rows.delete(TABLE, PARTITION, str(key))
