"""Messages in one SQLite file: rows in, rows out; what they mean is `namespace`'s business.

Every write joins one open transaction until `commit`, which is on disk when it returns (WAL, synchronous=full).
The file is locked for one process: two brokers over one state would deliver everything twice.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

ACTIVE, DEFERRED, SCHEDULED = 0, 1, 2  # the numbers of x-opt-message-state

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL,
    state INTEGER NOT NULL,
    payload BLOB NOT NULL,
    enqueued INTEGER NOT NULL,
    expires INTEGER,
    deliveries INTEGER NOT NULL DEFAULT 0,
    token BLOB UNIQUE,
    locked_until INTEGER,
    reason TEXT,
    description TEXT,
    due INTEGER
);
CREATE INDEX IF NOT EXISTS waiting ON message (entity, sequence) WHERE state = 0 AND token IS NULL;
CREATE INDEX IF NOT EXISTS browse ON message (entity, sequence);
CREATE INDEX IF NOT EXISTS due ON message (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS seen (
    entity TEXT NOT NULL, message_id TEXT NOT NULL, forget INTEGER NOT NULL, PRIMARY KEY (entity, message_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS forgetting ON seen (forget);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "sequence, entity, state, payload, enqueued, expires, deliveries, token, locked_until, reason, description"


class StoreInUse(Exception):
    """Another broker has the state open."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as it lies in an entity; times are in milliseconds since the epoch."""

    sequence: int
    entity: str
    state: int
    payload: bytes
    enqueued: int
    expires: int | None
    deliveries: int
    token: UUID | None
    locked_until: int | None
    reason: str | None
    description: str | None


class Store:
    """The rows and the transaction around them."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            # Exclusive before WAL: then the write-ahead index needs no shared memory and the lock is immediate.
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript("BEGIN EXCLUSIVE;" + _SCHEMA + "COMMIT;")
        except sqlite3.OperationalError as problem:
            self._database.close()
            raise StoreInUse(f"{path} is in use by another broker, or cannot be opened: {problem}") from problem

    def close(self) -> None:
        """Close the file; what is not committed is gone."""
        self._database.close()

    def commit(self) -> None:
        """Make every write so far durable."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")

    def rollback(self) -> None:
        """Forget every write since the last commit."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if not self._database.in_transaction:
            self._database.execute("BEGIN")
        yield self._database

    def setting(self, name: str) -> str | None:
        """A remembered setting of this state directory."""
        row = self._database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Keep a setting."""
        with self._writing() as database:
            database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def insert(self, entity: str, state: int, payload: bytes, *, now: int, expires: int | None, due: int | None) -> int:
        """Add a message and return its sequence number, greater than any before, also after a deletion."""
        with self._writing() as database:
            cursor = database.execute(
                "INSERT INTO message (entity, state, payload, enqueued, expires, due) VALUES (?, ?, ?, ?, ?, ?)",
                (entity, state, payload, now, expires, due),
            )
        return int(cursor.lastrowid or 0)

    def delete(self, sequence: int) -> None:
        """Remove a message for good."""
        with self._writing() as database:
            database.execute("DELETE FROM message WHERE sequence = ?", (sequence,))

    def next_waiting(self, entity: str, now: int) -> Stored | None:
        """The oldest message that can be delivered now."""
        return self._one(
            "entity = ? AND state = 0 AND token IS NULL AND (expires IS NULL OR expires > ?) ORDER BY sequence",
            (entity, now),
        )

    def lock(self, sequence: int, token: UUID, until: int) -> None:
        """Lock a message under a token, or prolong its lock."""
        with self._writing() as database:
            database.execute(
                "UPDATE message SET token = ?, locked_until = ?, due = ? WHERE sequence = ?",
                (token.bytes, until, until, sequence),
            )

    def unlock(self, message: Stored, *, state: int, deliveries: int) -> None:
        """Take the lock off a message."""
        with self._writing() as database:
            database.execute(
                "UPDATE message SET token = NULL, locked_until = NULL, state = ?, deliveries = ?, due = expires"
                " WHERE sequence = ?",
                (state, deliveries, message.sequence),
            )

    def bury(
        self, message: Stored, entity: str, *, deliveries: int, reason: str | None, description: str | None
    ) -> None:
        """Move a message to a dead-letter entity, where nothing expires; it keeps its sequence number."""
        with self._writing() as database:
            database.execute(
                "UPDATE message SET entity = ?, state = 0, token = NULL, locked_until = NULL, due = NULL,"
                " expires = NULL, deliveries = ?, reason = ?, description = ? WHERE sequence = ?",
                (entity, deliveries, reason, description, message.sequence),
            )

    def by_token(self, token: UUID) -> Stored | None:
        """The message locked under a token."""
        return self._one("token = ?", (token.bytes,))

    def by_sequence(self, entity: str, sequence: int) -> Stored | None:
        """A message of an entity by its number."""
        return self._one("sequence = ? AND entity = ?", (sequence, entity))

    def due(self, now: int) -> Stored | None:
        """A message whose lock, time to live or waiting time is over."""
        return self._one("due <= ? ORDER BY due", (now,))

    def next_due(self) -> int | None:
        """When the next message is due."""
        value = self._database.execute("SELECT MIN(due) FROM message WHERE due IS NOT NULL").fetchone()[0]
        return None if value is None else int(value)

    def browse(self, entity: str, first: int, count: int) -> list[Stored]:
        """Messages of an entity in any state, from a sequence number on."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM message WHERE entity = ? AND sequence >= ? ORDER BY sequence LIMIT ?",  # noqa: S608
            (entity, first, count),
        )
        return [_stored(row) for row in rows]

    def first_sighting(self, entity: str, message_id: str, *, now: int, forget: int) -> bool:
        """Remember a message id; False if it was already known."""
        with self._writing() as database:
            database.execute("DELETE FROM seen WHERE forget <= ?", (now,))
            cursor = database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (entity, message_id, forget))
        return cursor.rowcount == 1

    def _one(self, where: str, values: tuple[object, ...]) -> Stored | None:
        # `where` is a literal of this file; every value is bound.
        query = f"SELECT {_COLUMNS} FROM message WHERE {where} LIMIT 1"  # noqa: S608
        row = self._database.execute(query, values).fetchone()
        return None if row is None else _stored(row)


def _stored(row: tuple[object, ...]) -> Stored:
    values = list(row)
    token = values[7]
    values[7] = UUID(bytes=token) if isinstance(token, bytes) else None
    return Stored(*values)  # type: ignore[arg-type] # the columns are those of the dataclass, in order
