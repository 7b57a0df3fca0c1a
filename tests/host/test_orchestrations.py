"""Orchestrations on the task hub: every test runs in peace, and again with a crash after every turn."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from local.host.durable.instance import COMPLETED, FAILED, TERMINATED
from local.host.durable.task_hub import InstanceExists, InstanceMissing, InstanceOver, UnknownOrchestrator
from tests.host.laboratory import START, Laboratory

Steps = Generator[Any, Any, Any]


@pytest.fixture(autouse=True)
def _activities(laboratory: Laboratory) -> None:
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
    def listener(context: df.DurableOrchestrationContext) -> Steps:
        return (yield context.wait_for_external_event("event"))


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


def test_what_the_code_calls_must_exist(laboratory: Laboratory) -> None:
    """A sub-orchestration that is not in the app, and an instance whose orchestrator is gone, fail by name."""

    @laboratory.orchestrator
    def parent(context: df.DurableOrchestrationContext) -> Steps:
        yield context.wait_for_external_event("go")
        yield context.call_sub_orchestrator("nobody")

    laboratory.start("parent", "it")
    laboratory.start("parent", "other")
    laboratory.settle()
    laboratory.raise_event("go")
    laboratory.run()
    assert "The function 'nobody' doesn't exist" in laboratory.output()
    del laboratory.orchestrators["parent"]
    laboratory.crash()
    laboratory.raise_event("go", instance_id="other")
    assert laboratory.run("other").status == FAILED
    assert "The function 'parent' doesn't exist" in laboratory.output("other")


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


def test_changed_code_fails_its_running_instances_loudly(laboratory: Laboratory) -> None:
    """When the code asks for another activity than the history holds, the instance fails and says which."""

    def changing(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("square", 2)
        yield context.wait_for_external_event("go")

    laboratory.orchestrator(changing)
    laboratory.start("changing")
    laboratory.settle()

    def changing(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("always_fails", 2)
        yield context.wait_for_external_event("go")

    laboratory.orchestrator(changing)
    laboratory.crash()
    laboratory.raise_event("go")
    assert laboratory.run().status == FAILED
    assert "action 0 is activity 'always_fails' now, but the history says activity 'square'" in laboratory.output()


def test_code_that_asks_for_less_is_refused_too(laboratory: Laboratory) -> None:
    """Code that does not reach what the history holds fails as well, even if it returns."""

    def shrinking(context: df.DurableOrchestrationContext) -> Steps:
        yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))

    laboratory.orchestrator(shrinking)
    laboratory.start("shrinking")
    laboratory.settle()

    def shrinking(context: df.DurableOrchestrationContext) -> Any:
        return context.get_input()

    laboratory.orchestrator(shrinking)
    laboratory.crash()
    assert laboratory.run().status == FAILED
    assert "action 0 is nothing now, but the history says timer" in laboratory.output()


def test_one_broken_instance_leaves_the_others_alone(laboratory: Laboratory) -> None:
    """Whatever goes wrong in a step fails that instance only."""

    @laboratory.orchestrator
    def raises(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("square", 1)
        raise RuntimeError("no luck")

    @laboratory.orchestrator
    def yields_nonsense(_: df.DurableOrchestrationContext) -> Steps:
        yield 5

    @laboratory.orchestrator
    def returns_nonsense(_: df.DurableOrchestrationContext) -> Any:
        return {1, 2}

    @laboratory.orchestrator
    def calls_nobody(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("nobody", 1)

    @laboratory.orchestrator
    def uses_entities(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_entity(df.EntityId("counter", "a"), "add", 1)

    @laboratory.orchestrator
    def fine(context: df.DurableOrchestrationContext) -> Steps:
        return (yield context.call_activity("square", 4))

    for name in laboratory.orchestrators:
        laboratory.start(name, name)
    laboratory.run("fine")
    laboratory.settle()
    assert laboratory.output("fine") == 16
    assert laboratory.output("raises") == "Orchestrator function 'raises' failed: no luck"
    assert "not JSON serializable" in laboratory.output("returns_nonsense")
    assert "The function 'nobody' doesn't exist" in laboratory.output("calls_nobody")
    assert "does not model" in laboratory.output("uses_entities")
    assert {laboratory.instance(name).status for name in laboratory.orchestrators if name != "fine"} == {FAILED}


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
