"""One long-running operation, driven from its beginning to its end without anybody waiting on the meter."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.orchestrators.pacing import next_poll, next_try

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext

    Json = dict[str, Any]


PAUSES = (1, 2, 5, 10, 30, 60, 120, 300)
"""Seconds between the tries of an activity that raised."""


def moment(context: DurableOrchestrationContext) -> str:
    """Return the orchestration's time, which is the same in every replay, with its zone."""
    return str(context.current_utc_datetime.replace(tzinfo=UTC).isoformat())


def persist(context: DurableOrchestrationContext, name: str, job: Json) -> Generator[Any, Any, Json]:
    """Call an activity until it succeeds: the store or Azure may be away for a while; the last failure is raised."""
    for pause in PAUSES:
        try:
            answer = yield context.call_activity(name, job)
        except Exception:  # noqa: BLE001 - whatever an activity raised arrives as the SDK's bare Exception
            yield context.create_timer(context.current_utc_datetime + timedelta(seconds=pause))
        else:
            return dict(answer)
    answer = yield context.call_activity(name, job)
    return dict(answer)


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
        answer, first = (yield from persist(context, begin, job)), True
        while answer["state"] == "InProgress":
            elapsed = (context.current_utc_datetime - begun).total_seconds()
            pause, first = next_poll(elapsed, answer.get("retryAfter"), first=first), False
            yield context.create_timer(context.current_utc_datetime + pause)
            answer = yield from persist(context, poll, {**job, "operation": answer["operation"]})
            polls += 1
        if answer["state"] != "Failed":
            break
        elapsed = (context.current_utc_datetime - started).total_seconds()
        again = next_try(answer["error"], attempts, elapsed)
        if again is None:
            break
        yield context.create_timer(context.current_utc_datetime + again)
    return {**answer, "attempts": attempts, "polls": polls}
