"""The life of instances: ids, suspension, termination, purging, and turns that break.

Every test runs in peace, and again with a crash after every turn.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from local.host.durable.instance import COMPLETED, TERMINATED
from local.host.durable.task_hub import InstanceExists, InstanceMissing, InstanceOver, UnknownOrchestrator

if TYPE_CHECKING:
    import azure.durable_functions as df

    from tests.host.laboratory import Laboratory

Steps = Generator[Any, Any, Any]


def test_a_second_completion_changes_nothing(laboratory: Laboratory) -> None:
    """An activity that ran twice, as after a crash, counts once."""
    laboratory.crashing = False

    @laboratory.orchestrator
    def once(context: df.DurableOrchestrationContext) -> Steps:
        first = yield context.call_activity("square", 2)
        second = yield context.call_activity("square", 3)
        return [first, second]

    laboratory.start("once")
    laboratory.turn()
    activity = laboratory.waiting.pop()
    for result in ("4", "400"):
        laboratory.ask(lambda hub, result=result: hub.complete(activity.id, result))
    laboratory.run()
    assert laboratory.output() == [4, 9]


def test_termination_takes_the_children_along(laboratory: Laboratory) -> None:
    """Terminating an instance terminates what it started, whatever depth."""

    @laboratory.orchestrator
    def nested(context: df.DurableOrchestrationContext) -> Steps:
        depth = context.get_input()
        if depth:
            yield context.call_sub_orchestrator("nested", depth - 1, f"depth-{depth - 1}")
        yield context.wait_for_external_event("never")

    laboratory.start("nested", "depth-2", 2)
    laboratory.settle()
    laboratory.ask(lambda hub: hub.terminate("depth-2", "enough"))
    assert [laboratory.instance(f"depth-{depth}").status for depth in range(3)] == [TERMINATED] * 3
    assert laboratory.output("depth-2") == "enough"


@pytest.mark.usefixtures("listener")
def test_a_suspended_instance_takes_up_where_it_was(laboratory: Laboratory) -> None:
    """While suspended an instance takes nothing; resumed, it takes all that came meanwhile."""
    laboratory.start("listener")
    laboratory.settle()
    laboratory.ask(lambda hub: hub.suspend("it"))
    laboratory.raise_event("event", "kept")
    laboratory.settle()
    assert laboratory.instance().status == "Suspended"
    laboratory.ask(lambda hub: hub.resume("it"))
    laboratory.run()
    assert laboratory.output() == "kept"


@pytest.mark.usefixtures("listener")
def test_ids_are_exclusive_while_an_instance_runs(laboratory: Laboratory) -> None:
    """A running instance cannot be started again; an ended one is replaced; unknown names are refused."""
    laboratory.start("listener")
    with pytest.raises(InstanceExists):
        laboratory.start("listener")
    laboratory.raise_event("event", 1)
    laboratory.run()
    with pytest.raises(InstanceOver):
        laboratory.raise_event("event", 1)
    laboratory.start("listener")
    assert laboratory.instance().output is None
    with pytest.raises(UnknownOrchestrator):
        laboratory.start("nobody")
    with pytest.raises(InstanceMissing):
        laboratory.raise_event("event", 1, "nobody")


@pytest.mark.usefixtures("listener")
def test_a_turn_that_breaks_is_undone_whole(laboratory: Laboratory) -> None:
    """What a turn did before it broke is not there, and the next turn goes on from the store."""
    laboratory.start("listener", "before")

    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        laboratory.hub.turn([lambda hub: hub.start("listener", "undone", None), interrupt])
    with pytest.raises(InstanceMissing):
        laboratory.instance("undone")
    laboratory.raise_event("event", 1, "before")
    assert laboratory.run("before").status == COMPLETED


@pytest.mark.usefixtures("listener")
def test_purging_forgets_only_what_is_over(laboratory: Laboratory) -> None:
    """A running instance is not purged; an ended one is, with its history."""
    laboratory.start("listener")
    assert laboratory.ask(lambda hub: hub.purge("it")) is False
    laboratory.raise_event("event", 1)
    laboratory.run()
    assert laboratory.ask(lambda hub: hub.purge("it")) is True
    assert laboratory.ask(lambda hub: hub.history("it")) == []
    with pytest.raises(InstanceMissing):
        laboratory.instance()
