"""Histories stay short and replay: plans in batches, looks that are paced, beginning anew, and instances of old."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.durable_functions.orchestrator import Orchestrator

from local.host.durable.events import parse_event
from local.host.durable.instance import RUNNING, Instance
from local.host.durable.replay import replay
from orchestration import names
from orchestration.orchestrators.apply import LOOKS, STEPS
from orchestration.orchestrators.reconcile import reconcile
from orchestration.orchestrators.step import step
from tests.orchestration.azure_clock import Thing, World, failure

if TYPE_CHECKING:
    from tests.host.laboratory import Laboratory

RECORDED = sorted((Path(__file__).parent / "histories").glob("*.json"))
HANDLES = {names.RECONCILE: Orchestrator.create(reconcile), names.STEP: Orchestrator.create(step)}
TURN_ENDED = 13

SHORT = 800
"""Events of which no history has more: those of the steps and looks after which it begins anew, and a margin."""


def chain(laboratory: Laboratory, length: int, **others: Thing) -> World:
    """Return a world in which so many things of ten seconds have to be made one after the other."""
    world = World(laboratory, **{f"p{number:03}": Thing() for number in range(length)}, **others)
    world.chained = True
    return world


def test_a_long_plan_comes_in_batches_without_a_gap(laboratory: Laboratory) -> None:
    """Twelve things that follow each other take twelve times as long as one, whatever the size of a batch."""
    world = chain(laboratory, 12)
    world.limit = 4
    ending = world.run()
    assert [moment for _, moment in world.begun] == [10.0 * place for place in range(12)]
    assert ending["steps"] == 12
    assert max(len(job["inFlight"]) for job in world.plans) == 1
    assert len(world.plans) <= 6


def test_many_independent_steps_run_as_many_at_once_as_are_given(laboratory: Laboratory) -> None:
    """A batch runs at once; the next one comes while the slowest of it still run, and none runs twice."""
    world = World(laboratory, slow=Thing(takes=500), **{f"t{number}": Thing() for number in range(11)})
    world.limit = 4
    world.run()
    assert len(world.begun) == len(world.made) == 12
    assert world.now == 500
    assert max(moment for name, moment in world.begun) <= 50


def test_failed_steps_do_not_fill_the_batches(laboratory: Laboratory) -> None:
    """When a whole batch fails, the rest of the plan is still made, and only the failures are told."""
    bad = {f"bad{number}": Thing(errors=[failure("Failed")] * 9) for number in range(6)}
    world = World(laboratory, **bad, above=Thing(("bad0",)), good=Thing(), better=Thing(("good",)))
    world.limit = 3
    ending = world.run()
    assert world.made == {"good", "better"}
    assert ending["failures"].keys() == bad.keys()
    assert [name for name, _ in world.begun].count("bad0") == 1


def test_a_look_that_comes_too_soon_is_sat_out(laboratory: Laboratory) -> None:
    """The pause is slept, wakes meanwhile bring no look, and the plan in hand goes on."""
    world = chain(laboratory, 3, other=Thing(("p000",)))
    world.start()
    laboratory.settle()
    world.pauses = [30]
    laboratory.time += 1
    world.wake()
    laboratory.settle()
    for _ in range(5):
        laboratory.time += 1
        world.wake()
        laboratory.settle()
    world.go_on()
    assert [moment for _, moment in world.begun] == [0, 10, 20, 30]
    assert world.looked[:3] == [0, 1, 31]


def test_a_pause_with_nothing_to_do_is_slept(laboratory: Laboratory) -> None:
    """The first look of a run may be too soon as well: it comes later, and the run is as any other."""
    world = World(laboratory, group=Thing())
    world.pauses = [7, 2]
    world.run()
    assert world.looked == [0, 7, 9, 19]
    assert world.begun == [("group", 9)]


def test_a_long_history_begins_anew_between_two_steps(steady: Laboratory) -> None:
    """After so many steps the run goes on in a new history, with its id, its count of steps and no time lost."""
    world = chain(steady, STEPS + 20)
    ending = world.run()
    assert ending["steps"] == STEPS + 20
    assert world.now == 10 * (STEPS + 20)
    assert world.history < STEPS * 3
    assert len({job["run"] for job in world.plans}) == 1


def test_a_history_of_many_looks_begins_anew_though_steps_run(laboratory: Laboratory) -> None:
    """With a step always in flight no more are begun at last, and wakes meanwhile are not forgotten."""
    world = World(laboratory, slow=Thing(takes=5_000))
    world.start()
    laboratory.settle()
    for _ in range(LOOKS * 2):
        laboratory.time += 1
        world.wake()
        laboratory.settle()
    assert len(world.plans) < LOOKS * 2
    world.things["late"] = Thing()
    ending = world.go_on()
    assert world.begun == [("slow", 0), ("late", 5_000)]
    assert world.history < SHORT
    assert ending["steps"] == 2


def test_what_failed_is_not_tried_again_in_the_new_history(steady: Laboratory) -> None:
    """Beginning anew is no new run: failures are taken over, and told at the end."""
    world = chain(steady, STEPS + 20)
    world.things = {"bad": Thing(errors=[failure("Failed")] * 9), **world.things}
    world.chained = False
    world.limit = 5
    ending = world.run()
    assert [name for name, _ in world.begun].count("bad") == 1
    assert ending["failures"].keys() == {"bad"}
    assert len(world.made) == STEPS + 20


def test_going_again_begins_anew(laboratory: Laboratory) -> None:
    """However often somebody wakes it at its end, the history is that of one run."""
    world = World(laboratory, group=Thing())
    world.again = [True] * 30
    world.run()
    assert len(world.endings) == 31
    assert world.history < 20
    assert {job["steps"] for job in world.endings} == {1}  # so that the results of the run are forgotten at the end


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_histories_replay(path: Path) -> None:
    """Instances that began before histories were bounded go on, wherever they were, and end as they did."""
    recorded = json.loads(path.read_text())
    ends = [place for place, event in enumerate(recorded["events"], start=1) if event["EventType"] == TURN_ENDED]
    decisions = [_replayed(recorded, recorded["events"][:end]) for end in ends]
    assert [decision.error for decision in decisions] == [None] * len(ends)
    assert [decision.next_input for decision in decisions] == [None] * len(ends)
    assert [decision.actions for decision in decisions] == [()] * len(ends)
    assert [decision.is_done for decision in decisions] == [False] * (len(ends) - 1) + [True]
    assert json.loads(decisions[-1].output) == json.loads(recorded["output"])


def _replayed(recorded: Any, events: list[Any]) -> Any:
    instance = Instance(recorded["id"], recorded["name"], "x", RUNNING, recorded["input"], None, None, 0, 0)
    history = [parse_event(event, played=True) for event in events]
    return replay(HANDLES[recorded["name"]], instance, events[:2], history)
