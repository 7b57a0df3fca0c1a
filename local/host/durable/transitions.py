"""The changes in an instance's life: created, written, started over, finished; and the messages these cause."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from local.host.durable import events
from local.host.durable.instance import COMPLETED, PENDING, RUNNING, TERMINATED, Instance, Parent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.host.clock import Clock
    from local.host.durable.agenda import Agenda
    from local.host.durable.events import Event
    from local.host.durable.memory import Histories
    from local.host.durable.store import Store

log = logging.getLogger(__name__)

_LOGGED = 500
"""Characters of an error that reach the log."""


class Transitions:
    """Writes to the store, keeps the agenda and the histories in memory in step with it."""

    def __init__(self, store: Store, clock: Clock, agenda: Agenda, histories: Histories) -> None:
        self._store = store
        self._clock = clock
        self._agenda = agenda
        self._histories = histories

    def create(self, instance_id: str, name: str, input_json: str | None, parent: Parent | None = None) -> None:
        """Begin an instance; whatever is left of an older one of this id is forgotten."""
        now = self._clock.now()
        self._store.forget(instance_id)
        self._histories.forget(instance_id)
        instance = Instance(instance_id, name, uuid4().hex, PENDING, input_json, None, None, now, now, parent)
        self._store.put_instance(instance)
        self.post(instance_id, instance.execution, events.execution_started(now, name, input_json), now)

    def write(self, instance: Instance, **changes: Any) -> Instance:
        """Write an instance with changes."""
        changed = replace(instance, updated=self._clock.now(), **changes)
        self._store.put_instance(changed)
        return changed

    def post(self, instance_id: str, execution: str | None, event: Event, visible: float | None = None) -> None:
        """Leave a message for an instance, now or from a later time on."""
        now = self._clock.now()
        moment = now if visible is None else visible
        self._store.post(instance_id, execution, moment, event)
        if moment <= now:
            self._agenda.wake(instance_id)
        else:
            self._agenda.wake_at(moment, instance_id)

    def start_over(self, instance: Instance, input_json: str, raised: Iterable[Event]) -> None:
        """Continue as new: an execution of its own, which gets the external events that nobody took."""
        now = self._clock.now()
        self._store.delete_messages_of_execution(instance)
        self._store.forget_history(instance.id)
        self._histories.forget(instance.id)
        again = self.write(instance, status=RUNNING, input=input_json, execution=uuid4().hex)
        self.post(instance.id, again.execution, events.execution_started(now, instance.name, input_json), now)
        for event in raised:
            self.post(instance.id, None, event, now)

    def finish(self, instance: Instance, status: str, output: str | None, error: str | None = None) -> None:
        """End an instance, tell who waits for it, and take its sub-orchestrations along if it was terminated."""
        self.write(instance, status=status, output=output)
        self._store.forget_messages(instance.id)
        self._histories.forget(instance.id)
        if status == COMPLETED:
            log.info("orchestration.completed instance=%s name=%s", instance.id, instance.name)
        else:
            log.warning("orchestration.%s instance=%s error=%s", status.lower(), instance.id, (error or "")[:_LOGGED])
        if instance.parent:
            self._tell(instance.parent, instance, output, error)
        if status == TERMINATED:
            for child in self._store.running_children(instance):
                self.finish(child, TERMINATED, output, error)

    def _tell(self, waiting: Parent, child: Instance, output: str | None, error: str | None) -> None:
        parent, now = self._store.instance(waiting.instance), self._clock.now()
        if parent is None or parent.is_over or parent.execution != waiting.execution:
            return
        ended = (
            events.child_completed(now, waiting.task, output)
            if error is None
            else events.child_failed(now, waiting.task, child.name, error)
        )
        self.post(parent.id, parent.execution, ended, now)
