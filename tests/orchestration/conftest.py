"""Fixtures of the orchestration's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.store.store import Store, open_rows
from tests.host.laboratory import Laboratory
from tests.orchestration.app_on_fakes import App, Clock


@pytest.fixture(params=["steady", "crashing"])
def laboratory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Laboratory]:
    """A task hub, once left in peace and once dropped and opened again after every turn."""
    laboratory = Laboratory(tmp_path / "durable.db", crashing=request.param == "crashing")
    yield laboratory
    laboratory.crash()


@pytest.fixture
def steady(tmp_path: Path) -> Iterator[Laboratory]:
    """A task hub left in peace, for tests that say what happens between two turns."""
    laboratory = Laboratory(tmp_path / "steady.db")
    yield laboratory
    laboratory.crash()


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The real store on the real SQLite backend."""
    store = Store(open_rows(f"sqlite:{tmp_path / 'store.db'}"), lambda: NOW)
    yield store
    await store.close()


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """The app on the real store, over a small Azure that counts calls."""
    clock = Clock()
    store = Store(open_rows(f"sqlite:{tmp_path / 'app.db'}"), clock)
    yield App(store, clock)
    await store.close()
