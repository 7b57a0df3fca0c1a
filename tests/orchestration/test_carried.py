"""What traces need is handed on by orchestrators as it came: to every activity, and into new histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orchestration import names
from orchestration.orchestrators.apply import STEPS
from tests.orchestration.azure_clock import Thing, World

if TYPE_CHECKING:
    from tests.host.laboratory import Laboratory

WAKER = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"


def given(laboratory: Laboratory, world: World, **traced: str) -> list[dict[str, Any]]:
    """Run a world for a reconcile that was started like this; return what each activity was given."""
    input_ = {"document": "Hub/weu", "version": names.VERSION, **traced}
    laboratory.start(names.RECONCILE, given=input_)
    world.go_on()
    return [job for _, job in laboratory.ran]


@pytest.mark.parametrize("traced", [{"traceparent": WAKER}, {}], ids=["traced", "not traced"])
def test_everybody_gets_it(laboratory: Laboratory, traced: dict[str, str]) -> None:
    """Looks, steps, proof and conclusion of a run have its waker's context, where there is one, and its beginning."""
    world = World(laboratory, group=Thing(), network=Thing(needs=("group",)))
    world.verify = True
    jobs = given(laboratory, world, **traced)
    assert {name for name, _ in laboratory.ran} >= {names.PLAN_DOCUMENT, names.POLL_STEP, names.CONCLUDE}
    assert {name for name, _ in laboratory.ran} >= {names.FINISH_STEP, names.RECORD_VERIFICATION}
    assert {job.get("traceparent") for job in jobs} == {traced.get("traceparent")}
    assert len({job["began"] for job in jobs}) == 1


def test_a_new_history_keeps_it(steady: Laboratory) -> None:
    """A run that goes on in a new history is the same run, in the same trace, since the same time."""
    world = World(steady, **{f"p{number:03}": Thing() for number in range(STEPS + 20)})
    world.chained = True
    jobs = given(steady, world, traceparent=WAKER)
    assert len({(job["traceparent"], job["began"], job["run"]) for job in jobs}) == 1


def test_going_again_is_a_new_reconcile_of_the_same_trace(laboratory: Laboratory) -> None:
    """Somebody woke it at its end: what follows begins then, and belongs to the same trace."""
    world = World(laboratory, group=Thing())
    world.again = [True, True]
    jobs = given(laboratory, world, traceparent=WAKER)
    assert {job["traceparent"] for job in jobs} == {WAKER}
    began = [job["began"] for job in world.endings]
    assert began[0] < began[1] <= began[2]
