"""One document brought to what it asks for: observe and plan, apply, look again, verify, conclude.

There is one running instance for each document, so every Azure resource has one writer. Whatever happens meanwhile
(a changed document, a dependency that became ready) raises `wake`, and the running instance plans again without
stopping the steps in flight.

A history is replayed whenever anything happens, so it must not grow for ever: one that is long begins anew as soon as
no step runs, and so does one that goes again. Nothing is lost by that: wakes are counted in the store.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestration import names
from orchestration.orchestrators.apply import PASSES, Execution, apply
from orchestration.orchestrators.operation import moment, persist

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext
    from azure.durable_functions.models.Task import TaskBase, TimerTask

    Json = dict[str, Any]


def reconcile(context: DurableOrchestrationContext) -> Generator[Any, Any, Json]:
    """Input: `{"document": "Hub/weu", "version": 2, "traceparent"}`. Output: how it ended, for the history only."""
    execution = Execution.of(context.get_input(), str(context.new_uuid()), moment(context))
    wake = listen(context)
    while True:
        if execution.may_end_here:
            return _begin_anew(context, execution.carried())
        in_flight, done, over = sorted(execution.running), execution.ended, execution.over
        planned = yield from _look(context, execution, in_flight)
        if planned.get("pause"):
            yield from _sit_out(context, execution, planned["pause"])
            wake = listen(context)
            continue
        execution.take(planned, in_flight)
        watch = _watch(context, planned)
        look_again = yield from apply(context, execution, wake, watch)
        if watch is not None and not watch.is_completed:
            watch.cancel()
        if look_again and (wake.is_completed or (watch is not None and watch.is_completed)):
            wake = listen(context) if wake.is_completed else wake
            continue
        execution.passes += 1
        fruitful = execution.over > over if execution.more else execution.ended > done and not execution.failures
        if look_again or (fruitful and execution.passes < PASSES):
            continue  # What was written may have uncovered more: look again until nothing is left.
        wanted = (planned["verify"] and not execution.failures) or planned.get("prove")
        if wanted and not execution.verified:
            subject = {"document": execution.document, "run": execution.run, **execution.trace}
            yield context.call_sub_orchestrator(names.VERIFY, subject)
            execution.verified = True
        verdict = yield from persist(context, names.CONCLUDE, _ending(execution, planned))
        if not verdict["again"]:
            told = {"document": execution.document, "passes": execution.passes, "steps": execution.ended}
            return {**told, **verdict}
        # Somebody woke the document meanwhile: what follows is as good as a new run.
        if execution.bounded:
            return _begin_anew(context, execution.carried(again=True))
        execution.start_afresh(moment(context))


def listen(context: DurableOrchestrationContext) -> TaskBase:
    """Return a task that the next wake completes.

    The SDK (1.7) keeps an event that came while nobody waited, and gives it to every later wait as well: one early
    wake would plan without end. What is dropped here was acted upon, or is about to be: a new plan follows.
    """
    context.deferred_tasks.pop(names.WAKE, None)
    return context.wait_for_external_event(names.WAKE)


def _look(
    context: DurableOrchestrationContext, execution: Execution, in_flight: list[str]
) -> Generator[Any, Any, Json]:
    """Observe and plan; say what need not be brought: steps that run, steps of this generation that failed."""
    execution.looks += 1
    look = {"document": execution.document, "run": execution.run, "inFlight": in_flight, **execution.trace}
    failed = {"failed": sorted(execution.failures), "generation": execution.generation}
    return (yield from persist(context, names.PLAN_DOCUMENT, {**look, **failed}))


def _watch(context: DurableOrchestrationContext, planned: Json) -> TimerTask | None:
    """Return a timer where the look asks to be taken again although steps run: something appears that nobody tells."""
    if not planned.get("watch"):
        return None
    return context.create_timer(context.current_utc_datetime + timedelta(seconds=planned["watch"]))


def _sit_out(context: DurableOrchestrationContext, execution: Execution, seconds: float) -> Generator[Any, Any, None]:
    """Go on with the plan that is there until the document may be looked at again."""
    execution.more = False  # The next look brings it.
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))
    while not timer.is_completed:
        yield from apply(context, execution, timer)
        if not execution.running and not timer.is_completed:
            yield timer


def _begin_anew(context: DurableOrchestrationContext, given: Json) -> Json:
    context.continue_as_new(given)
    return {}


def _ending(execution: Execution, planned: Json) -> Json:
    summary = {name: value for name, value in planned.items() if name != "steps"}
    how = {"failures": execution.failures, "converged": execution.passes < PASSES, "steps": execution.ended}
    return {"document": execution.document, "run": execution.run, "planned": summary, **how, **execution.trace}
