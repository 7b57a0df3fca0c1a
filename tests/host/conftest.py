"""Fixtures of the host's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.host.laboratory import Laboratory

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import azure.durable_functions as df


@pytest.fixture(params=["steady", "crashing"])
def laboratory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Laboratory]:
    """A task hub with a few activities, once left in peace and once dropped and opened again after every turn."""
    laboratory = Laboratory(tmp_path / "durable.db", crashing=request.param == "crashing")
    _equip(laboratory)
    yield laboratory
    laboratory.crash()


def _equip(laboratory: Laboratory) -> None:
    failures = {"left": 0}

    @laboratory.activity
    def square(number: int) -> int:
        return number * number

    @laboratory.activity
    def fail_times(times: int) -> str:
        failures["left"] = failures["left"] or times + 1
        failures["left"] -= 1
        if failures["left"]:
            raise ValueError(f"{failures['left']} to go")
        return "at last"

    @laboratory.activity
    def always_fails(reason: str) -> None:
        raise ValueError(reason)


@pytest.fixture
def listener(laboratory: Laboratory) -> None:
    """An orchestrator that answers the event `event`."""

    @laboratory.orchestrator
    def listener(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        return (yield context.wait_for_external_event("event"))
