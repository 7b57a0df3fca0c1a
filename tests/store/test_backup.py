"""A backup of the store on both backends: which tables, whole pages, and rows that are only added."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import shared.store
from shared.store.backup import KEPT, LEFT, Backup
from tests.store.keys import HUB

if TYPE_CHECKING:
    from shared.store.rows import Rows
    from shared.store.store import Store


def tables() -> Iterator[str]:
    """Yield the name of each table that a module of the store has."""
    for module in pkgutil.iter_modules(shared.store.__path__):
        members = vars(importlib.import_module(f"shared.store.{module.name}"))
        yield from (
            value for name, value in members.items() if name in ("TABLE", "PLANS", "LATEST", "RESULTS", "RESTORES")
        )


def test_each_table_is_kept_or_left_for_a_reason() -> None:
    """Whoever adds a table decides whether a backup has it: it stands in one of the two lists, and in no other."""
    assert set(tables()) == {*KEPT, *LEFT}
    assert not set(KEPT) & set(LEFT)
    assert all(LEFT.values())


@pytest.mark.parametrize(("rows_", "size", "most"), [(5, 10, 2), (4, 10, 2), (5, 600, 1)], ids=["odd", "even", "large"])
async def test_pages_have_each_row_once(rows: Rows, rows_: int, size: int, most: int) -> None:
    """A page ends after so many rows or bytes, and the next one goes on there; a row that is too large is alone."""
    kept = Backup(rows, rows_in_page=2, bytes_in_page=500)
    for number in range(rows_):
        assert await kept.add("history", "Hub/weu", str(number), {"text": "x" * size})
    pages = [await kept.page("history")]
    while pages[-1].after is not None:
        pages.append(await kept.page("history", pages[-1].after))
    found = [row for page in pages for row in page.rows]
    assert [(row["partition"], row["key"]) for row in found] == [("Hub/weu", str(number)) for number in range(rows_)]
    assert found[0] == {"table": "history", "partition": "Hub/weu", "key": "0", "value": {"text": "x" * size}}
    assert max(len(page.rows) for page in pages) == most


async def test_nothing_is_overwritten(store: Store) -> None:
    """A row that is there stays as it is, and that is said."""
    assert await store.backup.add("ledger", "all", "weu", {"blocks": {"a": ["10.0.0.0/24"]}})
    assert not await store.backup.add("ledger", "all", "weu", {"blocks": {}})
    assert await store.ledger.taken("weu") == {"a": ["10.0.0.0/24"]}


async def test_what_comes_by_itself_makes_no_store_full(store: Store) -> None:
    """An app that waits for its restore sweeps and counts; what somebody decided is another thing."""
    await store.tallies.count("events.malformed", "x")
    await store.wakes.request(HUB)
    assert await store.backup.is_empty()
    await store.audit.record(HUB, "approve", {"name": "Kim"})
    assert not await store.backup.is_empty()


async def test_a_restore_takes_the_place_of_one_that_was_not_ended(store: Store) -> None:
    """Whoever was interrupted begins anew."""
    assert await store.backup.current() is None
    await store.backup.begin({"id": "1"})
    await store.backup.begin({"id": "2"})
    assert await store.backup.current() == {"id": "2"}
    await store.backup.end()
    assert await store.backup.current() is None
