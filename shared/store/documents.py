"""Documents by kind and name: no update is lost, and what was removed stays removed."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.model.errors import Changed, NotFound
from shared.store.contention import Turns
from shared.store.rows import Row, Rows, write

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey

TABLE, PARTITION = "documents", "all"
TOMBSTONES_KEPT = timedelta(days=14)
"""The longest a request can be late: Service Bus keeps a message for 14 days by default."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """A document and the version it was read at."""

    document: Document
    etag: str


class Documents:
    """The alive documents, and tombstones (`{"tombstone": {"order", "time"}}`) of those removed lately.

    `metadata.order` is the place of the request that wrote a document among all requests (a greater string is later).
    """

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock
        self._turns = Turns()

    async def get(self, key: DocumentKey) -> Stored | None:
        """Return the document, or None where there is none or it was removed."""
        return _alive(await self._row(key))

    async def list(self, kind: str | None = None) -> tuple[Stored, ...]:
        """Return all documents (of one kind), by kind and name."""
        rows = await self._rows.list(TABLE, PARTITION, prefix=f"{kind}/" if kind else "")
        return tuple(stored for row in rows if (stored := _alive(row)))

    async def put(self, document: Document, etag: str | None) -> Stored:
        """Write the version after `etag`; None: there must be none yet.

        Raises AlreadyExists or Changed where somebody was first, and Changed where a later request removed it:
        read (`get`, `last_order`) and decide again.
        """
        key = f"{document['kind']}/{document['metadata']['name']}"
        if etag is None:
            row = await self._rows.get(TABLE, PARTITION, key)
            if row and "tombstone" in row.value:
                document, etag = _risen(document, row.value["tombstone"]["order"]), row.etag
        row = await write(self._rows, TABLE, PARTITION, key, {"document": document}, etag)
        return Stored(document, row.etag)

    async def remove(self, key: DocumentKey, etag: str) -> None:
        """Replace the version `etag` by a tombstone with its order; raise Changed where it is another one."""
        stored = await self.get(key)
        if stored is None:
            return
        tombstone = self._tombstone(stored.document["metadata"].get("order"))
        await self._rows.replace(TABLE, PARTITION, str(key), tombstone, etag)

    async def bury(self, key: DocumentKey, order: str) -> None:
        """Leave a tombstone where no document is: a deletion may be delivered before the creation it follows.

        Never lowers the order of an earlier removal. Raises Changed or AlreadyExists where there is a document now:
        decide again.
        """
        row = await self._row(key)
        if _alive(row):
            raise Changed(f"{key} is there: delete it.")
        if row is None or (_order(row.value) or "") < order:
            await write(self._rows, TABLE, PARTITION, str(key), self._tombstone(order), row.etag if row else None)

    async def last_order(self, key: DocumentKey) -> str | None:
        """Return the order of the last request that was applied, also of a removed document."""
        row = await self._row(key)
        return _order(row.value) if row else None

    async def update(self, key: DocumentKey, change: Callable[[Document], Document | None]) -> Stored:
        """Apply `change` to the current document until nobody interferes; raise NotFound where there is none.

        `change` gets a copy and returns the new document, or None to leave it as it is. It may run several times, in
        a rare case upon its own result: when the service wrote it and the answer was lost on the way.
        """

        async def attempt() -> Stored:
            stored = await self.get(key)
            if stored is None:
                raise NotFound(f"There is no document {key}.")
            changed = change(copy.deepcopy(stored.document))
            if changed is None or changed == stored.document:
                return stored
            return await self.put(changed, stored.etag)

        return await self._turns.until_unchanged(str(key), attempt)

    async def update_status(self, key: DocumentKey, change: Callable[[Document], Document | None]) -> Stored:
        """Like `update`, but `change` gets and returns the status alone; the rest cannot be touched."""

        def change_status(document: Document) -> Document | None:
            status = change(document.get("status") or {})
            return None if status is None else document | {"status": status}

        return await self.update(key, change_status)

    async def purge(self) -> tuple[str, ...]:
        """Forget tombstones older than `TOMBSTONES_KEPT`; return whose they were (`Hub/weu`)."""
        limit = self._clock() - TOMBSTONES_KEPT
        purged: list[str] = []
        for row in await self._rows.list(TABLE, PARTITION):
            if _buried_before(row, limit):
                with contextlib.suppress(Changed):  # it was created again meanwhile
                    await self._rows.delete(TABLE, PARTITION, row.key, row.etag)
                    purged.append(row.key)
        return tuple(purged)

    def _tombstone(self, order: str | None) -> Document:
        return {"tombstone": {"order": order, "time": self._clock().isoformat()}}

    async def _row(self, key: DocumentKey) -> Row | None:
        return await self._rows.get(TABLE, PARTITION, str(key))


def _alive(row: Row | None) -> Stored | None:
    if row is None or "document" not in row.value:
        return None
    return Stored(row.value["document"], row.etag)


def _order(value: Document) -> str | None:
    order = value["tombstone"]["order"] if "tombstone" in value else value["document"]["metadata"].get("order")
    return None if order is None else str(order)


def _risen(document: Document, order: str | None) -> Document:
    """Return a document that may stand where one was removed by the request `order`; it never goes back in order."""
    own = document["metadata"].get("order")
    if order is None or (own is not None and own >= order):
        return document
    if own is not None:
        raise Changed(f"{document['kind']}/{document['metadata']['name']} was removed by a later request.")
    return document | {"metadata": document["metadata"] | {"order": order}}


def _buried_before(row: Row, limit: datetime) -> bool:
    tombstone = row.value.get("tombstone")
    return bool(tombstone) and datetime.fromisoformat(tombstone["time"]) < limit
