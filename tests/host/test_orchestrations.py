"""Orchestrations on the task hub: activities, timers, retries, children, continue as new.

Every test runs in peace, and again with a crash after every turn.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from local.host.durable.instance import COMPLETED
from tests.host.laboratory import START, Laboratory

Steps = Generator[Any, Any, Any]


def test_results_of_parallel_activities_come_in_the_order_of_the_calls(laboratory: Laboratory) -> None:
    """task_all answers in the order in which the activities were called."""

    @laboratory.orchestrator
    def fan_out(context: df.DurableOrchestrationContext) -> Steps:
        calls = [context.call_activity("square", number) for number in range(5)]
        return (yield context.task_all(calls))

    laboratory.start("fan_out")
    assert laboratory.run().status == COMPLETED
    assert laboratory.output() == [0, 1, 4, 9, 16]
    assert [given for _, given in laboratory.ran] == [0, 1, 2, 3, 4]


def test_a_timer_fires_at_its_simulated_time(laboratory: Laboratory) -> None:
    """A durable timer passes simulated time, and the orchestrator's clock shows it."""

    @laboratory.orchestrator
    def wait(context: df.DurableOrchestrationContext) -> Steps:
        before = context.current_utc_datetime
        yield context.create_timer(before + timedelta(minutes=20))
        return (context.current_utc_datetime - before).total_seconds()

    laboratory.start("wait")
    assert laboratory.run().status == COMPLETED
    assert laboratory.output() == 1200.0
    assert laboratory.time == START + 1200


def test_a_cancelled_timer_never_wakes_its_instance(laboratory: Laboratory) -> None:
    """After an event wins against a timer that is cancelled, the firing is not in the store any more."""

    @laboratory.orchestrator
    def approval(context: df.DurableOrchestrationContext) -> Steps:
        approved = context.wait_for_external_event("approve")
        timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        winner = yield context.task_any([approved, timeout])
        if winner == approved:
            timeout.cancel()
        done = yield context.wait_for_external_event("done")
        return [winner == approved, done]

    laboratory.start("approval")
    laboratory.settle()
    laboratory.raise_event("approve")
    laboratory.settle()
    laboratory.crash()
    assert laboratory.hub.next_moment() is None
    laboratory.raise_event("done", "now")
    laboratory.run()
    assert laboratory.output() == [True, "now"]


def test_a_timeout_wins_when_nobody_answers(laboratory: Laboratory) -> None:
    """task_any answers the timer when the event never comes."""

    @laboratory.orchestrator
    def approval(context: df.DurableOrchestrationContext) -> Steps:
        approved = context.wait_for_external_event("approve")
        timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        winner = yield context.task_any([approved, timeout])
        return winner == timeout

    laboratory.start("approval")
    laboratory.run()
    assert laboratory.output() is True


def test_retries_wait_and_then_succeed(laboratory: Laboratory) -> None:
    """An activity with retry options is tried again after the interval, until it succeeds."""

    @laboratory.orchestrator
    def persistent(context: df.DurableOrchestrationContext) -> Steps:
        return (yield context.call_activity_with_retry("fail_times", df.RetryOptions(5000, 4), 2))

    laboratory.start("persistent")
    laboratory.run()
    assert laboratory.output() == "at last"
    assert laboratory.time == START + 10
    assert len(laboratory.ran) == 3


def test_exhausted_retries_raise_the_last_error(laboratory: Laboratory) -> None:
    """When no try succeeds, the orchestrator gets the activity's message."""

    @laboratory.orchestrator
    def stubborn(context: df.DurableOrchestrationContext) -> Steps:
        try:
            yield context.call_activity_with_retry("always_fails", df.RetryOptions(1000, 2), "broken")
        except Exception as error:  # noqa: BLE001 - the SDK raises bare Exception
            return str(error)
        return "no error"

    laboratory.start("stubborn")
    laboratory.run()
    assert "Activity function 'always_fails' failed: ValueError: broken" in laboratory.output()
    assert len(laboratory.ran) == 2


def test_a_child_answers_its_parent(laboratory: Laboratory) -> None:
    """Sub-orchestrations run as instances of their own, and their failures are exceptions in the parent."""

    @laboratory.orchestrator
    def child(context: df.DurableOrchestrationContext) -> Steps:
        if context.get_input() < 0:
            raise ValueError("negative")
        return (yield context.call_activity("square", context.get_input()))

    @laboratory.orchestrator
    def parent(context: df.DurableOrchestrationContext) -> Steps:
        good = yield context.call_sub_orchestrator("child", 7, "it-child")
        try:
            yield context.call_sub_orchestrator("child", -1)
        except Exception as error:  # noqa: BLE001 - the SDK raises bare Exception
            return [good, str(error)]

    laboratory.start("parent")
    laboratory.run()
    good, bad = laboratory.output()
    assert good == 49
    assert "The sub-orchestrator function 'child' failed: negative" in bad
    assert laboratory.output("it-child") == 49


def test_a_failed_child_is_retried_as_a_new_instance(laboratory: Laboratory) -> None:
    """A sub-orchestration with retry options is started again, also under its own id."""

    @laboratory.orchestrator
    def child(context: df.DurableOrchestrationContext) -> Steps:
        return (yield context.call_activity("fail_times", 1))

    @laboratory.orchestrator
    def parent(context: df.DurableOrchestrationContext) -> Steps:
        retries = df.RetryOptions(30_000, 3)
        return (yield context.call_sub_orchestrator_with_retry("child", retries, None, "it-child"))

    laboratory.start("parent")
    laboratory.run()
    assert laboratory.output() == "at last"
    assert laboratory.time == START + 30


def test_a_child_whose_id_is_taken_fails_its_call_only(laboratory: Laboratory) -> None:
    """A sub-orchestration under the id of a running instance is refused; the parent may go on."""

    @laboratory.orchestrator
    def child(context: df.DurableOrchestrationContext) -> Steps:
        yield context.wait_for_external_event("never")

    @laboratory.orchestrator
    def parent(context: df.DurableOrchestrationContext) -> Steps:
        refused = []
        for name, instance_id in (("child", "taken"), ("child", "it")):
            try:
                yield context.call_sub_orchestrator(name, None, instance_id)
            except Exception as error:  # noqa: BLE001 - the SDK raises bare Exception
                refused.append("is running already" in str(error))
        return refused

    laboratory.start("child", "taken")
    laboratory.start("parent")
    laboratory.run()
    assert laboratory.output() == [True, True]


def test_continue_as_new_starts_a_short_history(laboratory: Laboratory) -> None:
    """An orchestration that continues as new keeps its id and forgets its past."""

    @laboratory.orchestrator
    def eternal(context: df.DurableOrchestrationContext) -> Steps:
        turn = context.get_input()
        yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
        if turn < 5:
            context.continue_as_new(turn + 1)
            return None
        return turn

    laboratory.start("eternal", given=0)
    laboratory.run()
    assert laboratory.output() == 5
    assert len(laboratory.ask(lambda hub: hub.history("it"))) < 10
    assert laboratory.time == START + 360


def test_custom_status_is_kept_until_it_is_set_anew(laboratory: Laboratory) -> None:
    """The custom status shows what the orchestrator said last."""

    @laboratory.orchestrator
    def talkative(context: df.DurableOrchestrationContext) -> Steps:
        context.set_custom_status({"step": 1})
        yield context.call_activity("square", 1)
        yield context.wait_for_external_event("go")
        context.set_custom_status("done")

    laboratory.start("talkative")
    laboratory.settle()
    assert laboratory.instance().custom_status == '{"step": 1}'
    laboratory.raise_event("go")
    assert laboratory.run().custom_status == '"done"'
