"""The contract's two backends: every test here that takes `rows` or `store` runs against both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.store.store import Store, open_rows
from tests.store import azurite

if TYPE_CHECKING:
    from shared.store.rows import Found, Json, Row, Rows


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, **units: float) -> None:
        """Move the time, in the units of timedelta."""
        self.time += timedelta(**units)


@pytest.fixture(scope="session")
def azurite_connection() -> Iterator[str]:
    """The connection string of a running Azurite, shared by all tests of the run."""
    if missing := azurite.missing_tool():
        pytest.skip(missing)
    azurite.install()
    with azurite.running() as connection:
        yield connection


@pytest.fixture(params=["sqlite", "tables"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where each backend keeps its rows."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'store.db'}"
    connection: str = request.getfixturevalue("azurite_connection")
    return connection


class OwnPartitions:
    """Rows whose partitions carry a prefix of the test's own: tests share one Azurite and never see each other."""

    def __init__(self, inner: Rows, owner: str) -> None:
        self.inner = inner
        self.owner = owner

    async def get(self, table: str, partition: str, key: str) -> Row | None:
        """Pass on."""
        return await self.inner.get(table, self.owner + partition, key)

    async def list(
        self, table: str, partition: str, *, prefix: str = "", limit: int | None = None, after: str | None = None
    ) -> tuple[Row, ...]:
        """Pass on."""
        return await self.inner.list(table, self.owner + partition, prefix=prefix, limit=limit, after=after)

    async def scan(self, table: str, *, after: tuple[str, str] | None = None, limit: int) -> tuple[Found, ...]:
        """Pass on, and see nobody else's."""
        beyond = (self.owner + after[0], after[1]) if after else (self.owner[:-1], "~")
        found = await self.inner.scan(table, after=beyond, limit=limit)
        mine = [one for one in found if one.partition.startswith(self.owner)]
        return tuple(replace(one, partition=one.partition.removeprefix(self.owner)) for one in mine)

    async def insert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Pass on."""
        return await self.inner.insert(table, self.owner + partition, key, value)

    async def replace(self, table: str, partition: str, key: str, value: Json, etag: str) -> Row:
        """Pass on."""
        return await self.inner.replace(table, self.owner + partition, key, value, etag)

    async def upsert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Pass on."""
        return await self.inner.upsert(table, self.owner + partition, key, value)

    async def delete(self, table: str, partition: str, key: str, etag: str | None = None) -> None:
        """Pass on."""
        await self.inner.delete(table, self.owner + partition, key, etag)

    async def close(self) -> None:
        """Pass on."""
        await self.inner.close()


@pytest.fixture
async def rows(url: str, request: pytest.FixtureRequest) -> AsyncIterator[Rows]:
    """A backend, empty as far as the test can see."""
    opened = OwnPartitions(open_rows(url), f"{request.node.name}:"[:100])
    yield opened
    await opened.close()
    await asyncio.sleep(0)  # let aiohttp's transports close


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture
def store(rows: Rows, clock: Clock) -> Store:
    """A store over either backend."""
    return Store(rows, clock)
