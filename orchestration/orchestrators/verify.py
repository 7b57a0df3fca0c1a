"""Proof from inside the network: the jump server resolves the API server's name and reaches it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from orchestration import names
from orchestration.orchestrators.operation import drive, moment, persist

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext


def verify(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Input: `{"document"}`. Output: what was recorded, `{"resolvable": ..., "reachable": ...}`."""
    job = {**context.get_input(), "started": moment(context)}
    answer = yield from drive(context, names.BEGIN_VERIFICATION, names.POLL_VERIFICATION, job)
    ending = {"ended": moment(context), "answer": answer}
    return (yield from persist(context, names.RECORD_VERIFICATION, {**job, **ending}))
