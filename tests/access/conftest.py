"""The store of the orchestration's tests."""

from __future__ import annotations

from tests.orchestration.conftest import store

__all__ = ["store"]
