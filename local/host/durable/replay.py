"""One step of an orchestration: the real SDK replays the history, and we read off what it decided.

White-box on purpose: numbers, order and results of tasks are the SDK's own and cannot drift from what it does in
Azure. Only the last stage is left out, in which it writes all actions of the whole history into one JSON text.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from azure.durable_functions.models import DurableOrchestrationContext
from azure.durable_functions.models.actions.ActionType import ActionType
from azure.durable_functions.models.history import HistoryEventType
from azure.durable_functions.models.Task import AtomicTask
from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor
from azure.durable_functions.models.utils.df_serialization import df_dumps, df_loads

from local.host.durable.actions import Action, NotModelled, describe, read_action
from local.host.durable.events import SCHEDULED, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.host.durable.instance import Instance

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    df_loads("null")  # the SDK's notice about untyped payloads comes once in a process: not inside a function

_SCHEMA_VERSION = 2
"""The third replay schema, the newest that the SDK speaks."""


class Nondeterministic(RuntimeError):
    """The code asks for something else than what the history says it asked for before."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How a step ended: `output` is JSON, `error` a text, and at most one of the last three is there."""

    actions: tuple[Action, ...] = ()
    cancelled_timers: tuple[int, ...] = ()
    custom_status: str | None = None
    is_done: bool = False
    output: str | None = None
    error: str | None = None
    next_input: str | None = None
    unconsumed: tuple[int, ...] = ()
    """The places in the history of external events that nobody took."""


def replay(handle: Callable[..., Any], instance: Instance, head: Sequence[Event], history: list[Any]) -> Decision:
    """Run an orchestrator over its history, of which `head` is the first event as it is stored.

    Raises Nondeterministic, NotModelled, or whatever the SDK itself does; failures of the code are in the answer.
    """
    context = _Context(instance, head, history, getattr(handle, "_df_input_type", None))
    executor = _Executor(history)
    executor.execute(context, history, handle.orchestrator_function)  # type: ignore[attr-defined]  # the SDK's handle
    recorded = {event.event_id: event for event in history if event.event_type in SCHEDULED}
    asked = {number: read_action(task, context.current_utc_datetime) for number, task in context.numbered.items()}
    _compare(recorded, asked)
    status = df_dumps(context.custom_status) if context.custom_status else None
    if executor.exception is not None:
        return Decision(custom_status=status, error=str(executor.exception) or str(type(executor.exception)))
    if context.next_input is not None:
        return Decision(custom_status=status, next_input=context.next_input, unconsumed=executor.unconsumed(history))
    new = tuple(asked[number] for number in sorted(asked.keys() - recorded.keys()))
    dropped = tuple(number for number in recorded.keys() & context.open_tasks.keys() if asked[number].is_cancelled)
    decided = Decision(actions=new, cancelled_timers=dropped, custom_status=status)
    return _ended(decided, executor.output) if executor.orchestrator_returned else decided


def _ended(decided: Decision, output: object) -> Decision:
    try:
        json.dumps(output)  # the SDK insists on plain JSON here
    except (TypeError, ValueError) as error:
        return Decision(custom_status=decided.custom_status, error=str(error))
    return replace(decided, is_done=True, output=df_dumps(output))


def _compare(recorded: dict[int, Any], asked: dict[int, Action]) -> None:
    for number, event in sorted(recorded.items()):
        was = describe(event.event_type, event.Name or "")
        now = asked[number].describe() if number in asked else "nothing"
        if was != now:
            raise Nondeterministic(
                f"Non-deterministic orchestrator: action {number} is {now} now, but the history says {was}. "
                "The code changed while this instance was running, or it depends on something outside its history."
            )


class _Context(DurableOrchestrationContext):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's context, which also remembers every task that it numbered."""

    def __init__(self, instance: Instance, head: Sequence[Event], history: list[Any], input_type: Any) -> None:
        super().__init__(
            history=list(head),
            instanceId=instance.id,
            isReplaying=history[0].is_played,
            parentInstanceId=instance.parent.instance if instance.parent else None,
            input=instance.input,
            upperSchemaVersionNew=_SCHEMA_VERSION,
        )
        self._histories = history
        self._input_expected_type = input_type
        self.numbered: dict[int, Any] = {}
        self.next_input: str | None = None

    def _add_to_open_tasks(self, task: Any) -> None:
        is_new = isinstance(task, AtomicTask) and task.id is None
        super()._add_to_open_tasks(task)
        if is_new:
            self.numbered[task.id] = task

    def _record_fire_and_forget_action(self, action: Any) -> None:
        if action.action_type is not ActionType.CONTINUE_AS_NEW:
            raise NotModelled("the local host does not model durable entities")
        self.next_input = action.input_
        super()._record_fire_and_forget_action(action)


class _Executor(TaskOrchestrationExecutor):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's executor, which also remembers which external events were taken."""

    def __init__(self, history: list[Any]) -> None:
        super().__init__()
        self._raised = {
            id(event): place for place, event in enumerate(history) if event.event_type == HistoryEventType.EVENT_RAISED
        }

    def set_task_value(self, event: Any, is_success: bool, id_key: str) -> None:  # noqa: FBT001 - the SDK's signature
        """Complete a task, or keep the event for later; the SDK would warn of an early event as if it were doubled."""
        key = getattr(event, id_key)
        if key not in self.context.open_tasks:
            self.context.deferred_tasks[key] = lambda: self.set_task_value(event, is_success, id_key)
            return
        self._raised.pop(id(event), None)
        super().set_task_value(event, is_success, id_key)

    def unconsumed(self, history: list[Any]) -> tuple[int, ...]:
        """Return the places of the external events that no task took, in order."""
        return tuple(place for place in range(len(history)) if id(history[place]) in self._raised)

    def get_orchestrator_state_str(self) -> str:
        """Leave the result in our attributes instead of writing it as text."""
        return ""
