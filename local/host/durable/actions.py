"""What an orchestrator asks for: the SDK's tasks, read into plain data. Knows the SDK's classes, not the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.durable_functions.models.actions.ActionType import ActionType
from azure.durable_functions.models.actions.NoOpAction import NoOpAction
from azure.durable_functions.models.history import HistoryEventType

ACTIVITY = HistoryEventType.TASK_SCHEDULED
CHILD = HistoryEventType.SUB_ORCHESTRATION_INSTANCE_CREATED
TIMER = HistoryEventType.TIMER_CREATED
"""An action's kind is the kind of the event that records it."""

WORDS = {ACTIVITY: "activity", CHILD: "sub-orchestration", TIMER: "timer"}


class NotModelled(RuntimeError):
    """The orchestrator uses something of Durable Functions that this engine does not have."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing asked for; `id` is the number the SDK gives it, the same in every replay."""

    id: int
    kind: Any
    name: str = ""
    input: str | None = None
    instance_id: str | None = None
    fire_at: float = 0.0
    is_cancelled: bool = False

    def describe(self) -> str:
        """Say what it is, for people."""
        return describe(self.kind, self.name)


def describe(kind: Any, name: str) -> str:
    """Say what an action or the event that records it is, for people."""
    return f"{WORDS[kind]} {name!r}" if name else WORDS[kind]


def read_action(task: Any, now: datetime) -> Action:
    """Read a task that the SDK numbered; `now` is the orchestrator's time, from which retries count."""
    wanted = task._get_action()  # noqa: SLF001 - the SDK has no public way to it
    if isinstance(wanted, NoOpAction):  # an inner task of a call with retries: the outer one knows what it is
        if "timer" in (wanted.metadata or ""):
            pause = timedelta(milliseconds=task.parent.retry_options.first_retry_interval_in_milliseconds)
            return Action(task.id, TIMER, fire_at=_moment(now + pause))
        wanted = task.parent.actions
    match wanted.action_type:
        case ActionType.CALL_ACTIVITY | ActionType.CALL_ACTIVITY_WITH_RETRY:
            return Action(task.id, ACTIVITY, wanted.function_name, wanted.input_)
        case ActionType.CALL_SUB_ORCHESTRATOR | ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY:
            given = wanted._input  # noqa: SLF001 - same
            return Action(task.id, CHILD, wanted.function_name, given, wanted.instance_id)
        case ActionType.CREATE_TIMER:
            return Action(task.id, TIMER, fire_at=_moment(wanted.fire_at), is_cancelled=wanted.is_cancelled)
        case _:
            raise NotModelled(f"the local host does not model {json.dumps(wanted.to_json(), default=str)[:200]}")


def _moment(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
