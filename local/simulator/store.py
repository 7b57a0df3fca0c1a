"""The simulator's SQLite file: what survives kill -9. It knows rows, not Azure."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SCHEMA = """
create table if not exists settings (name text primary key, value text not null);
create table if not exists resources (key text primary key, seq integer not null, row text not null);
create table if not exists operations (id text primary key, due real, running integer not null, row text not null);
create index if not exists running_operations on operations (running);
create table if not exists counters (name text primary key, value integer not null);
create table if not exists journal (n integer primary key autoincrement, line text not null, body text);
create table if not exists deliveries (
    n integer primary key autoincrement, url text not null, event text not null, due real not null,
    tries integer not null default 0, deadline real not null);
create index if not exists due_deliveries on deliveries (url, due);
create table if not exists topic_events (
    n integer primary key autoincrement, topic text not null, type text not null, line text not null);
"""
_TABLES = ("resources", "operations", "counters", "journal", "deliveries", "topic_events")


class Store:
    """One connection, used from one thread. Writes gather in a transaction until `commit`."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Commit and close the file."""
        self.commit()
        self._db.close()

    def commit(self) -> None:
        """Make what was written durable."""
        if self._db.in_transaction:
            self._db.execute("commit")

    def write(self, statement: str, *values: object) -> int:
        """Run a write in the current transaction; answers the last row id."""
        if not self._db.in_transaction:
            self._db.execute("begin")
        return self._db.execute(statement, values).lastrowid or 0

    def read(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Run a query."""
        yield from self._db.execute(statement, values)

    def setting(self, name: str, default: Any = None) -> Any:
        """Read a setting."""
        row = self._db.execute("select value from settings where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_setting(self, name: str, value: Any) -> None:
        """Write a setting, durably at once."""
        self.put_setting(name, value)
        self.commit()

    def put_setting(self, name: str, value: Any) -> None:
        """Write a setting in the current transaction."""
        self.write("insert or replace into settings values (?, ?)", name, json.dumps(value))

    def put_rows(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Insert or replace rows of `resources`, `operations` or `counters`."""
        for row in rows:
            marks = ", ".join("?" * len(row))
            self.write(f"insert or replace into {table} values ({marks})", *row)  # noqa: S608 - our table names

    def forget(self) -> None:
        """Empty every table but the settings."""
        for table in _TABLES:
            self.write(f"delete from {table}")  # noqa: S608 - our table names
        self.commit()
