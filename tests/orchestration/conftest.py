"""Fixtures of the orchestration's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.laboratory import Laboratory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
