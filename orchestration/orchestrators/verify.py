"""Proof from inside the network: machines resolve names and reach ports, the jump server first."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from orchestration import names
from orchestration.orchestrators.operation import drive, moment, persist

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext

    Json = dict[str, Any]


def verify(context: DurableOrchestrationContext) -> Generator[Any, Any, Json]:
    """Input: `{"document", "run"}`. Output: what was recorded, each condition's status by its type."""
    job = {**context.get_input(), "started": moment(context)}
    answer = yield from drive(context, names.BEGIN_VERIFICATION, names.POLL_VERIFICATION, job)
    others = yield from _others(context, job, answer.get("machines") or [])
    ending = {"ended": moment(context), "answer": answer, **({"others": others} if others else {})}
    return (yield from persist(context, names.RECORD_VERIFICATION, {**job, **ending}))


def _others(context: DurableOrchestrationContext, job: Json, machines: list[str]) -> Generator[Any, Any, Json]:
    """Ask further machines, all at once, and return what each answered."""
    if not machines:
        return {}
    answers = yield context.task_all(
        [context.call_sub_orchestrator(names.PROBE, {**job, "machine": machine}) for machine in machines]
    )
    return dict(zip(machines, answers, strict=True))


def probe(context: DurableOrchestrationContext) -> Generator[Any, Any, Json]:
    """Input: `{"document", "run", "machine"}`. Output: the machine's answer, or why there is none."""
    job = context.get_input()
    return (yield from drive(context, names.BEGIN_VERIFICATION, names.POLL_VERIFICATION, job))
