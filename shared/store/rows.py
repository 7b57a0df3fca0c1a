"""The port under the store: tables of JSON values with ETags.

What a row means is decided above; how it is kept, below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from shared.model.errors import Conflict

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict of these."""


class AlreadyExists(Conflict):
    """A row with this key is there already."""

    code = "AlreadyExists"


@dataclass(frozen=True, slots=True)
class Row:
    """One stored value and the version (`etag`) it was read at."""

    key: str
    value: Json
    etag: str


@dataclass(frozen=True, slots=True)
class Found:
    """A row met on the way through a whole table, with the partition that it is in."""

    partition: str
    row: Row


class Rows(Protocol):
    """Rows keyed by (table, partition, key).

    Keys are any text of up to about 400 characters. Within a partition rows are ordered by code point, characters
    outside `keys.PLAIN` after the others. A value packs into 900 KiB (see `packing`), or is refused as Invalid.
    Every write is atomic and durable once it returns. Faults are raised as `shared.model.errors`.
    """

    async def get(self, table: str, partition: str, key: str) -> Row | None:
        """Return the row, or None where there is none."""

    async def list(
        self, table: str, partition: str, *, prefix: str = "", limit: int | None = None, after: str | None = None
    ) -> tuple[Row, ...]:
        """Return the rows whose key begins with `prefix` and comes after `after`, by key, at most `limit`."""

    async def scan(self, table: str, *, after: tuple[str, str] | None = None, limit: int) -> tuple[Found, ...]:
        """Return at most `limit` rows of all partitions, by partition and key, those behind the place `after`."""

    async def insert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Add a row; raise AlreadyExists where there is one."""

    async def replace(self, table: str, partition: str, key: str, value: Json, etag: str) -> Row:
        """Write over the version `etag`; raise Changed where it is another one, or none."""

    async def upsert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Write whatever was there: last writer wins."""

    async def delete(self, table: str, partition: str, key: str, etag: str | None = None) -> None:
        """Remove the row, only at version `etag` if given (else Changed); what is not there is fine."""

    async def close(self) -> None:
        """Release files and connections."""


async def write(rows: Rows, table: str, partition: str, key: str, value: Json, etag: str | None) -> Row:
    """Replace the version `etag`, or insert where it is None; raise Changed or AlreadyExists, both Conflict."""
    if etag is None:
        return await rows.insert(table, partition, key, value)
    return await rows.replace(table, partition, key, value, etag)
