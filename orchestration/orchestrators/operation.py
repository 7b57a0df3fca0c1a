"""One long-running operation, driven from its beginning to its end without anybody waiting on the meter."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from orchestration.orchestrators.pacing import next_poll, next_try

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext

    Json = dict[str, Any]


def drive(context: DurableOrchestrationContext, begin: str, poll: str, job: Json) -> Generator[Any, Any, Json]:
    """Begin, sleep and poll until the operation ends; try again what heals by waiting.

    The activities answer `{"state": "InProgress", "operation": {...}, "retryAfter": s}`, `{"state": "Succeeded"}` or
    `{"state": "Failed", "error": {...}}`. Returns the last answer with `attempts` and `polls`.
    """
    started = context.current_utc_datetime
    attempts = polls = 0
    while True:
        attempts += 1
        begun = context.current_utc_datetime
        answer = yield context.call_activity(begin, job)
        while answer["state"] == "InProgress":
            elapsed = (context.current_utc_datetime - begun).total_seconds()
            pause = next_poll(elapsed, answer.get("retryAfter"))
            yield context.create_timer(context.current_utc_datetime + pause)
            answer = yield context.call_activity(poll, {**job, "operation": answer["operation"]})
            polls += 1
        if answer["state"] != "Failed":
            break
        elapsed = (context.current_utc_datetime - started).total_seconds()
        again = next_try(answer["error"], attempts, elapsed)
        if again is None:
            break
        yield context.create_timer(context.current_utc_datetime + again)
    return {**answer, "attempts": attempts, "polls": polls}
