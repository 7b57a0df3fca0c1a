"""One step of a plan: begin the write, sleep, poll, and record how it ended. Never raises: the answer says it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from orchestration import names
from orchestration.orchestrators.operation import drive, moment, persist

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext


def step(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Input: `{"document", "run", "planId", "step"}`. Output: `{"state": "Succeeded"}` or with `error`."""
    job = {**context.get_input(), "started": moment(context)}
    answer = yield from drive(context, names.BEGIN_STEP, names.POLL_STEP, job)
    ending = {
        "ended": moment(context),
        "answer": {name: value for name, value in answer.items() if name != "operation"},
    }
    return (yield from persist(context, names.FINISH_STEP, {**job, **ending}))
