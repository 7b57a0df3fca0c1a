"""Proof from inside the network: the jump server resolves the API server's name and reaches it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from orchestration import names
from orchestration.orchestrators.operation import drive

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext


def verify(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Input: `{"document"}`. Output: what was recorded, `{"resolvable": ..., "reachable": ...}`."""
    job = context.get_input()
    started = context.current_utc_datetime
    answer = yield from drive(context, names.BEGIN_VERIFICATION, names.POLL_VERIFICATION, job)
    ending = {
        "started": started.isoformat(),
        "ended": context.current_utc_datetime.isoformat(),
        "answer": answer,
    }
    recorded = yield context.call_activity(names.RECORD_VERIFICATION, {**job, **ending})
    return dict(recorded)
