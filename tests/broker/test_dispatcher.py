"""One turn: nothing leaves before it is stored, and what cannot be stored is told to nobody."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.broker import codec
from local.broker.dispatcher import Dispatcher
from local.broker.entities import DEFAULT_ENTITIES
from local.broker.namespace import Namespace
from local.broker.store import Store

QUEUE = "resource-events"
MESSAGE = codec.encode_section(0x75, codec.binary(b"x"))


class WatchedStore(Store):
    """A store that says when it commits, and can be full."""

    def __init__(self, path: Path, journal: list[str]) -> None:
        super().__init__(path)
        self.full = False
        self._journal = journal

    def commit(self) -> None:
        """Commit, or fail as a full disk does."""
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        super().commit()
        self._journal.append("commit")


class Outlet:
    """A connection that writes down what it is told."""

    def __init__(self, journal: list[str]) -> None:
        self._journal = journal

    def flush(self) -> None:
        """Send."""
        self._journal.append("flush")

    def abort(self) -> None:
        """Drop."""
        self._journal.append("abort")


@pytest.fixture
def journal() -> list[str]:
    """What happened, in order."""
    return []


@pytest.fixture
def store(tmp_path: Path, journal: list[str]) -> Iterator[WatchedStore]:
    """An empty store."""
    store = WatchedStore(tmp_path / "store", journal)
    yield store
    store.close()


async def test_bytes_leave_after_the_commit(store: WatchedStore, journal: list[str]) -> None:
    """A connection is flushed only when what it answers is on disk."""
    namespace = Namespace(store, DEFAULT_ENTITIES, lambda: 1000.0)
    dispatcher = Dispatcher(namespace, store)
    namespace.send(QUEUE, [MESSAGE])
    dispatcher.flush_later(Outlet(journal))
    dispatcher.turn()
    dispatcher.stop()
    assert journal == ["commit", "flush"]


async def test_failed_commit_is_told_to_nobody(store: WatchedStore, journal: list[str]) -> None:
    """When the disk is full the message is gone and its connection dropped; later ones are taken again."""
    namespace = Namespace(store, DEFAULT_ENTITIES, lambda: 1000.0)
    dispatcher = Dispatcher(namespace, store)
    store.full = True
    namespace.send(QUEUE, [MESSAGE])
    dispatcher.flush_later(Outlet(journal))
    dispatcher.turn()
    assert journal == ["abort"]
    assert namespace.peek(QUEUE, 0, 9) == []
    store.full = False
    namespace.send(QUEUE, [MESSAGE])
    dispatcher.flush_later(Outlet(journal))
    dispatcher.turn()
    dispatcher.stop()
    assert journal == ["abort", "commit", "flush"]
    assert len(namespace.peek(QUEUE, 0, 9)) == 1
