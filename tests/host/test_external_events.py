"""External events: early, late, doubled, and over the start of a new execution.

Every test runs in peace, and again with a crash after every turn.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from local.host.durable.instance import COMPLETED

if TYPE_CHECKING:
    import azure.durable_functions as df

    from tests.host.laboratory import Laboratory

Steps = Generator[Any, Any, Any]


def test_events_raised_before_anybody_waits_are_kept(laboratory: Laboratory) -> None:
    """Events of different names that come before the orchestrator asks are not lost."""

    @laboratory.orchestrator
    def late(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("square", 1)
        first = yield context.wait_for_external_event("first")
        second = yield context.wait_for_external_event("second")
        return [first, second]

    laboratory.start("late")
    laboratory.raise_event("second", 2)
    laboratory.raise_event("first", 1)
    laboratory.run()
    assert laboratory.output() == [1, 2]


def test_an_early_event_answers_every_later_wait_of_its_name(laboratory: Laboratory) -> None:
    """The SDK gives an early event to each later wait again: apps must not rely on counting events of one name."""

    @laboratory.orchestrator
    def counting(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("square", 1)
        yield context.wait_for_external_event("wake")
        yield context.wait_for_external_event("wake")
        return "woken twice by one event"

    laboratory.start("counting")
    laboratory.raise_event("wake")
    assert laboratory.run().status == COMPLETED


def test_a_wait_that_is_always_open_takes_every_event_once(laboratory: Laboratory) -> None:
    """With a wait of the name open at every yield, no event comes early, and each wakes once."""

    @laboratory.orchestrator
    def watchful(context: df.DurableOrchestrationContext) -> Steps:
        wakes = 0
        wake = context.wait_for_external_event("wake")
        for number in range(4):
            work = context.call_activity("square", number)
            while not work.is_completed:
                yield context.task_any([wake, work])
                if wake.is_completed:
                    wakes += 1
                    wake = context.wait_for_external_event("wake")
        return wakes

    laboratory.start("watchful")
    laboratory.raise_event("wake")

    def raise_twice(hub: Any) -> None:
        for _ in range(2):
            hub.raise_event("it", "wake", "{}")

    laboratory.run_activity()
    laboratory.ask(raise_twice)
    laboratory.run()
    assert laboratory.output() == 3


def test_events_survive_the_step_that_continues_as_new(laboratory: Laboratory) -> None:
    """Events that arrive with the one that makes an orchestration start over reach its next execution."""

    @laboratory.orchestrator
    def collect(context: df.DurableOrchestrationContext) -> Steps:
        seen = context.get_input()
        names = ["a", "b", "c"]
        value = yield context.wait_for_external_event(names[len(seen)])
        seen = [*seen, value]
        if len(seen) < len(names):
            context.continue_as_new(seen)
            return None
        return seen

    laboratory.start("collect", given=[])
    laboratory.settle()

    def raise_all(hub: Any) -> None:
        for name in ("c", "a", "b"):
            hub.raise_event("it", name, f'"{name}"')

    laboratory.ask(raise_all)
    laboratory.run()
    assert laboratory.output() == ["a", "b", "c"]


def test_completions_of_an_old_execution_are_ignored(laboratory: Laboratory) -> None:
    """An activity that was left behind by continue_as_new cannot complete a task of the new execution."""
    laboratory.crashing = False

    @laboratory.orchestrator
    def impatient(context: df.DurableOrchestrationContext) -> Steps:
        if context.get_input() == "again":
            return (yield context.call_activity("square", 3))
        slow = context.call_activity("square", 2)
        yield context.task_any([slow, context.wait_for_external_event("skip")])
        context.continue_as_new("again")
        return None

    laboratory.start("impatient")
    laboratory.turn()
    old = laboratory.waiting.pop()
    laboratory.raise_event("skip")
    laboratory.turn()
    laboratory.ask(lambda hub: hub.complete(old.id, "4"))
    laboratory.run()
    assert laboratory.output() == 9


def test_a_new_instance_gets_nothing_of_the_old_one(laboratory: Laboratory) -> None:
    """Starting over an ended instance of the same id leaves its events, timers and activities behind."""
    laboratory.crashing = False

    @laboratory.orchestrator
    def race(context: df.DurableOrchestrationContext) -> Steps:
        event = context.wait_for_external_event("event")
        alarm = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        work = context.call_activity("square", context.get_input())
        winner = yield context.task_any([event, alarm, work])
        return ["work" if winner == work else "something else", winner.result]

    laboratory.start("race", given=2)
    laboratory.turn()
    old = laboratory.waiting.pop()

    def raise_and_end(hub: Any) -> None:
        hub.raise_event("it", "event", '"stale"')
        hub.terminate("it", "enough")

    laboratory.ask(raise_and_end)
    laboratory.time += 3599
    laboratory.start("race", given=3)
    laboratory.time += 2
    laboratory.ask(lambda hub: hub.complete(old.id, "4"))
    laboratory.run()
    assert laboratory.output() == ["work", 9]
