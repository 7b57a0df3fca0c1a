"""History events in the durable extension's own shape: the SDK reads them back when it replays."""

from __future__ import annotations

import json
from copy import copy
from datetime import datetime
from typing import Any

from azure.durable_functions.models.history import HistoryEvent, HistoryEventType

from local.host.clock import timestamp

Event = dict[str, Any]

SCHEDULED = frozenset(
    {
        HistoryEventType.TASK_SCHEDULED,
        HistoryEventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
        HistoryEventType.TIMER_CREATED,
    }
)
"""The events that record what an orchestrator asked for."""


def event(kind: HistoryEventType, at: float, event_id: int = -1, **fields: object) -> Event:
    """Return an event of a kind that happened at a simulated time."""
    return {"EventType": int(kind), "EventId": event_id, "IsPlayed": False, "Timestamp": timestamp(at), **fields}


def json_text(value: object) -> str:
    """Return a value as JSON."""
    return json.dumps(value)


def execution_started(at: float, name: str, input_json: str | None) -> Event:
    """The first event of an execution; the SDK fails without a `Version`."""
    return event(HistoryEventType.EXECUTION_STARTED, at, Name=name, Input=input_json, Version=None)


def event_raised(at: float, name: str, input_json: str | None) -> Event:
    """An external event."""
    return event(HistoryEventType.EVENT_RAISED, at, Name=name, Input=input_json)


def task_completed(at: float, task: int, result: str) -> Event:
    """An activity that returned."""
    return event(HistoryEventType.TASK_COMPLETED, at, TaskScheduledId=task, Result=result)


def task_failed(at: float, task: int, name: str, error: str) -> Event:
    """An activity that raised."""
    reason = f"Activity function '{name}' failed: {error}"
    return event(HistoryEventType.TASK_FAILED, at, TaskScheduledId=task, Reason=reason, Details=error)


def child_completed(at: float, task: int, result: str | None) -> Event:
    """A sub-orchestration that returned."""
    return event(HistoryEventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED, at, TaskScheduledId=task, Result=result)


def child_failed(at: float, task: int, name: str, error: str) -> Event:
    """A sub-orchestration that failed or was terminated."""
    reason = f"The sub-orchestrator function '{name}' failed: {error}"
    kind = HistoryEventType.SUB_ORCHESTRATION_INSTANCE_FAILED
    return event(kind, at, TaskScheduledId=task, Reason=reason, Details=error)


_BLANK = HistoryEvent(0, 0, IsPlayed=False, Timestamp="2026-01-01T00:00:00Z")


def parse_event(stored: Event, *, played: bool) -> Any:
    """Return the SDK's object for an event, as its constructor would make it, which reads a time slowly (dateutil)."""
    members = {**stored, "IsPlayed": played}
    parsed: Any = copy(_BLANK)
    for name, ours in (("EventType", "_event_type"), ("EventId", "_event_id"), ("IsPlayed", "_is_played")):
        setattr(parsed, ours, members.pop(name))
    parsed._timestamp = datetime.fromisoformat(members.pop("Timestamp"))  # noqa: SLF001 - the SDK has no way to it
    vars(parsed).update(members)
    return parsed
