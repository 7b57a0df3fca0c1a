"""One document brought to what it asks for: observe and plan, apply, look again, verify, conclude.

There is one running instance for each document, so every Azure resource has one writer. Whatever happens meanwhile
(a changed document, a dependency that became ready) raises `wake`, and the running instance plans again without
stopping the steps in flight.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from orchestration import names
from orchestration.orchestrators.apply import Execution, apply
from orchestration.orchestrators.operation import persist

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext
    from azure.durable_functions.models.Task import TaskBase

PASSES = 50
"""Plans in one run before it gives up: what has not converged by then is fighting somebody, and says so."""


def reconcile(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Input: `{"document": "Hub/weu"}`. Output: how it ended, for the history only."""
    document = context.get_input()["document"]
    execution = Execution(document, str(context.new_uuid()))
    wake = listen(context)
    verified, passes = False, 0
    while True:
        in_flight, done = sorted(execution.running), execution.ended
        look = {"document": document, "run": execution.run, "inFlight": in_flight}
        planned = yield from persist(context, names.PLAN_DOCUMENT, look)
        execution.take(planned, in_flight)
        woken = yield from apply(context, execution, wake)
        if woken:
            wake = listen(context)
            continue
        passes += 1
        if execution.ended > done and not execution.failures and passes < PASSES:
            continue  # What was written may have uncovered more: look again until nothing is left.
        if planned["verify"] and not execution.failures and not verified:
            yield context.call_sub_orchestrator(names.VERIFY, {"document": document, "run": execution.run})
            verified = True
        ending = {"failures": execution.failures, "converged": passes < PASSES, "steps": execution.ended}
        end = {"document": document, "run": execution.run, "planned": _summary(planned), **ending}
        verdict = yield from persist(context, names.CONCLUDE, end)
        if not verdict["again"]:
            return {"document": document, "passes": passes, "steps": execution.ended, **verdict}
        # Somebody woke the document meanwhile: what follows is as good as a new run.
        execution.failures.clear()
        verified, passes = False, 0


def listen(context: DurableOrchestrationContext) -> TaskBase:
    """Return a task that the next wake completes.

    The SDK (1.7) keeps an event that came while nobody waited, and gives it to every later wait as well: one early
    wake would plan without end. What is dropped here was acted upon, or is about to be: a new plan follows.
    """
    context.deferred_tasks.pop(names.WAKE, None)
    return context.wait_for_external_event(names.WAKE)


def _summary(planned: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in planned.items() if name != "steps"}
