"""One step of one instance: take its messages, replay, write down what the orchestrator decided.

Whatever goes wrong in a step fails that instance, and never who called.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azure.durable_functions.models.history import HistoryEventType

from local.host.clock import Clock, timestamp
from local.host.durable import events
from local.host.durable.actions import ACTIVITY, CHILD, TIMER, Action
from local.host.durable.instance import COMPLETED, FAILED, RUNNING, SUSPENDED, Activity, Instance, Parent
from local.host.durable.replay import Decision, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from local.host.durable.events import Event
    from local.host.durable.memory import Histories
    from local.host.durable.store import Store
    from local.host.durable.transitions import Transitions

log = logging.getLogger(__name__)


class Stepper:
    """Steps instances; the activities that they ask for are left in `outbox`."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        histories: Histories,
        transitions: Transitions,
        orchestrators: Mapping[str, Callable[..., Any]],
        activities: Collection[str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._histories = histories
        self._transitions = transitions
        self._orchestrators = orchestrators
        self._activities = activities
        self.outbox: list[Activity] = []

    def step(self, instance_id: str) -> None:
        """Let an instance take what waits for it."""
        asked_before = len(self.outbox)
        try:
            with self._store.attempt():
                self._take_messages(instance_id)
        except Exception as error:
            log.exception("orchestration.broken instance=%s", instance_id)
            del self.outbox[asked_before:]
            self._histories.forget(instance_id)
            self._break(instance_id, str(error) or type(error).__name__)

    def _break(self, instance_id: str, error: str) -> None:
        """Fail an instance whose step could not be taken at all; it keeps the history that it had."""
        instance = self._store.instance(instance_id)
        if instance and not instance.is_over:
            self._transitions.finish(instance, FAILED, events.json_text(error), error)

    def _take_messages(self, instance_id: str) -> None:
        instance, now = self._store.instance(instance_id), self._clock.now()
        if instance and instance.status == SUSPENDED:
            return  # the messages stay until it is resumed
        messages = self._store.messages(instance_id, now)
        self._store.delete_messages(messages)
        if instance is None or instance.is_over:
            return
        taken = [each.event for each in messages if each.execution in (None, instance.execution)]
        if taken:
            taken.sort(key=lambda event: event["EventType"] != HistoryEventType.EXECUTION_STARTED)
            self._advance(instance, taken, now)

    def _advance(self, instance: Instance, taken: list[Event], now: float) -> None:
        if instance.name not in self._orchestrators:
            raise LookupError(f"The function '{instance.name}' doesn't exist, is disabled, or is not an orchestrator.")
        fresh = [events.event(HistoryEventType.ORCHESTRATOR_STARTED, now), *taken]
        history = self._histories.extended(instance.id, fresh)
        decision = replay(self._orchestrators[instance.name], instance, history.head, history.parsed)
        if decision.custom_status is not None:
            instance = replace(instance, custom_status=decision.custom_status)
        if decision.next_input is not None:
            raised = [history.stored[place] for place in decision.unconsumed]
            self._transitions.start_over(instance, decision.next_input, raised)
            return
        fresh += self._schedule(instance, decision, now)
        fresh.append(events.event(HistoryEventType.ORCHESTRATOR_COMPLETED, now))
        self._histories.commit(instance.id, fresh)
        self._conclude(instance, decision)

    def _conclude(self, instance: Instance, decision: Decision) -> None:
        if decision.error is not None:
            error = f"Orchestrator function '{instance.name}' failed: {decision.error}"
            self._transitions.finish(instance, FAILED, events.json_text(error), decision.error)
        elif decision.is_done:
            self._transitions.finish(instance, COMPLETED, decision.output)
        else:
            self._transitions.write(instance, status=RUNNING)

    def _schedule(self, instance: Instance, decision: Decision, now: float) -> list[Event]:
        for timer in decision.cancelled_timers:
            self._store.delete_timer(instance, timer)
        schedule = {ACTIVITY: self._activity, CHILD: self._child, TIMER: self._timer}
        return [schedule[action.kind](instance, action, now) for action in decision.actions]

    def _activity(self, instance: Instance, action: Action, now: float) -> Event:
        if action.name not in self._activities:
            raise LookupError(f"The function '{action.name}' doesn't exist, is disabled, or is not an activity.")
        self.outbox.append(self._store.put_activity(instance, action.id, action.name, action.input))
        return events.event(ACTIVITY, now, action.id, Name=action.name, Input=action.input)

    def _child(self, instance: Instance, action: Action, now: float) -> Event:
        if action.name not in self._orchestrators:
            raise LookupError(f"The function '{action.name}' doesn't exist, is disabled, or is not an orchestrator.")
        child = action.instance_id or f"{instance.execution}:{action.id}"
        present = self._store.instance(child)
        if present and not present.is_over:
            refused = events.child_failed(now, action.id, action.name, f"instance {child!r} is running already")
            self._transitions.post(instance.id, instance.execution, refused)
        else:
            parent = Parent(instance.id, instance.execution, action.id)
            self._transitions.create(child, action.name, action.input, parent)
        return events.event(CHILD, now, action.id, Name=action.name, InstanceId=child, Input=action.input)

    def _timer(self, instance: Instance, action: Action, now: float) -> Event:
        fires = timestamp(action.fire_at)
        if not action.is_cancelled:
            fired = events.event(HistoryEventType.TIMER_FIRED, action.fire_at, TimerId=action.id, FireAt=fires)
            self._transitions.post(instance.id, instance.execution, fired, action.fire_at)
        return events.event(TIMER, now, action.id, FireAt=fires)
