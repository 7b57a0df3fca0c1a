"""Rows in one SQLite file: the local stack's backend. Several processes may have the file open.

A thread of its own owns the connection: a commit may wait for the disk and for another process's lock, which must not
stop the event loop; and the thread's queue is all the locking that is needed. A commit survives a kill of the process
at once; a power cut may take the last ones (WAL, `synchronous=normal`), as it may of the rest of the local stack.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from shared.model.errors import Changed, Transient
from shared.store.keys import bounds, escape, unescape
from shared.store.packing import pack, unpack
from shared.store.rows import AlreadyExists, Found, Json, Row

BUSY_SECONDS = 10
"""How long a write waits for another process's."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    tbl TEXT NOT NULL, part TEXT NOT NULL, key TEXT NOT NULL, etag TEXT NOT NULL, value NOT NULL,
    PRIMARY KEY (tbl, part, key)
) WITHOUT ROWID"""
_INSERT = "INSERT INTO rows (tbl, part, key, etag, value) VALUES (?, ?, ?, ?, ?)"
_UPSERT = f"{_INSERT} ON CONFLICT DO UPDATE SET etag = excluded.etag, value = excluded.value"

T = TypeVar("T")
Columns = list[tuple[str, str | bytes, str]]
"""Key, packed value and ETag of each row."""


class SqliteRows:
    """`Rows` over one file, made on first use."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "store-sqlite")
        self._connection: sqlite3.Connection | None = None

    async def get(self, table: str, partition: str, key: str) -> Row | None:
        """Return the row, or None where there is none."""
        sql = "SELECT key, value, etag FROM rows WHERE tbl = ? AND part = ? AND key = ?"
        found = await self._read(sql, table, escape(partition), escape(key))
        return _row(*found[0]) if found else None

    async def list(
        self, table: str, partition: str, *, prefix: str = "", limit: int | None = None, after: str | None = None
    ) -> tuple[Row, ...]:
        """Return the rows whose key begins with `prefix` and comes after `after`, by key, at most `limit`."""
        sql = (
            "SELECT key, value, etag FROM rows"
            " WHERE tbl = ? AND part = ? AND key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?"
        )
        low, high = bounds(prefix)
        beyond = escape(after) if after else ""
        found = await self._read(sql, table, escape(partition), low, high, beyond, -1 if limit is None else limit)
        return tuple(_row(*columns) for columns in found)

    async def scan(self, table: str, *, after: tuple[str, str] | None = None, limit: int) -> tuple[Found, ...]:
        """Return at most `limit` rows of all partitions, by partition and key, those behind the place `after`."""
        sql = (
            "SELECT part, key, value, etag FROM rows WHERE tbl = ? AND (part, key) > (?, ?) ORDER BY part, key LIMIT ?"
        )
        beyond = (escape(after[0]), escape(after[1])) if after else ("", "")
        rows = await self._run(lambda: self._open().execute(sql, (table, *beyond, limit)).fetchall())
        return tuple(Found(unescape(partition), _row(*columns)) for partition, *columns in rows)

    async def insert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Add a row; raise AlreadyExists where there is one."""
        etag = _new_etag()
        try:
            await self._write(_INSERT, table, escape(partition), escape(key), etag, pack(value))
        except sqlite3.IntegrityError as error:
            raise AlreadyExists(f"{table}: {partition} {key} is there already.") from error
        return Row(key, value, etag)

    async def replace(self, table: str, partition: str, key: str, value: Json, etag: str) -> Row:
        """Write over the version `etag`; raise Changed where it is another one, or none."""
        sql = "UPDATE rows SET etag = ?, value = ? WHERE tbl = ? AND part = ? AND key = ? AND etag = ?"
        new = _new_etag()
        if not await self._write(sql, new, pack(value), table, escape(partition), escape(key), etag):
            raise Changed(f"{table}: {partition} {key} changed since it was read.")
        return Row(key, value, new)

    async def upsert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Write whatever was there: last writer wins."""
        etag = _new_etag()
        await self._write(_UPSERT, table, escape(partition), escape(key), etag, pack(value))
        return Row(key, value, etag)

    async def delete(self, table: str, partition: str, key: str, etag: str | None = None) -> None:
        """Remove the row, only at version `etag` if given (else Changed); what is not there is fine."""
        sql = "DELETE FROM rows WHERE tbl = ? AND part = ? AND key = ? AND (? IS NULL OR etag = ?)"
        deleted = await self._write(sql, table, escape(partition), escape(key), etag, etag)
        if not deleted and etag and await self.get(table, partition, key):
            raise Changed(f"{table}: {partition} {key} changed since it was read.")

    async def close(self) -> None:
        """Close the file."""

        def close() -> None:
            if self._connection is not None:
                self._connection.close()

        await self._run(close)
        self._thread.shutdown()

    async def _read(self, sql: str, *values: object) -> Columns:
        return await self._run(lambda: self._open().execute(sql, values).fetchall())

    async def _write(self, sql: str, *values: object) -> int:
        """Run one statement, which is one transaction; return how many rows it touched."""
        return await self._run(lambda: self._open().execute(sql, values).rowcount)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.OperationalError as error:
            raise Transient(f"The store {self._path} cannot be used now: {error}.") from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            Path(self._path).parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(self._path)
        return self._connection


def _connect(path: str) -> sqlite3.Connection:
    """Open the file, making it if need be.

    SQLite does not wait while another process turns a new file into WAL mode: it refuses, so we wait.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_SCHEMA)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                connection.close()
                raise
            time.sleep(0.01)
        else:
            return connection


def _row(key: str, value: str | bytes, etag: str) -> Row:
    return Row(unescape(key), unpack(value), etag)


def _new_etag() -> str:
    """Return a version that no row had before, also not one that was deleted and written again."""
    return uuid.uuid4().hex
