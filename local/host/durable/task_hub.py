"""The durable engine without its loop: everything that can be asked of it, and its turns.

Plain and synchronous: no event loop, no threads, no waiting. `Engine` calls `turn`, which is one transaction, and runs
the activities that it answers. Whatever is in memory here can be read again from the store.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from local.host.durable import events
from local.host.durable.agenda import Agenda
from local.host.durable.instance import RUNNING, SUSPENDED, TERMINATED, Activity, Instance
from local.host.durable.memory import Histories
from local.host.durable.stepper import Stepper
from local.host.durable.transitions import Transitions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from local.host.clock import Clock
    from local.host.durable.events import Event
    from local.host.durable.store import Query, Store

TURN_SECONDS = 0.02
"""How long a turn goes on taking up instances: what is asked from outside waits no longer than this."""


class UnknownOrchestrator(LookupError):
    """No orchestrator of that name is in the app."""


class InstanceExists(RuntimeError):
    """An instance of that id is still running."""


class InstanceMissing(LookupError):
    """There is no instance of that id."""


class InstanceOver(RuntimeError):
    """The instance has ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn did: the answers to what was asked (values or exceptions), and the activities to run."""

    answers: list[Any]
    activities: list[Activity]


class TaskHub:
    """Every orchestration of one app."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        orchestrators: Mapping[str, Callable[..., Any]],
        activities: Collection[str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._orchestrators = orchestrators
        self._agenda = Agenda()
        self._histories = Histories(store)
        self._transitions = Transitions(store, clock, self._agenda, self._histories)
        self._stepper = Stepper(store, clock, self._histories, self._transitions, orchestrators, activities)
        self._is_stale = True

    def recover(self) -> None:
        """Forget what is in memory, and read from the store what waits for whom."""
        self._histories.clear()
        self._agenda.reset(self._store.visible_times())
        self._stepper.outbox = self._store.activities()
        self._is_stale = False

    def turn(self, asked: Collection[Callable[[TaskHub], Any]] = ()) -> Turn:
        """Do what is asked, then step instances, all in one transaction; what fails is undone alone."""
        if self._is_stale:
            self.recover()
        end = time.monotonic() + TURN_SECONDS
        try:
            with self._store.transaction():
                answers = [self._answer(question) for question in asked]
                while (instance_id := self._agenda.take(self._clock.now())) is not None:
                    self._stepper.step(instance_id)
                    if time.monotonic() > end:
                        break
        except BaseException:
            self._is_stale = True  # the transaction is gone, and with it what we believed
            raise
        activities, self._stepper.outbox = self._stepper.outbox, []
        return Turn(answers, activities)

    def next_moment(self) -> float | None:
        """Return the simulated time of the next turn: 0 means at once, None means not before something is asked."""
        return 0.0 if self._is_stale else self._agenda.next_moment()

    def _answer(self, question: Callable[[TaskHub], Any]) -> Any:
        try:
            with self._store.attempt():
                return question(self)
        except Exception as error:  # noqa: BLE001 - it is the answer: whoever asked raises it
            return error

    def start(self, name: str, instance_id: str | None, input_json: str | None) -> str:
        """Start an instance; one of the same id that is over is replaced, with all that was left of it."""
        if name not in self._orchestrators:
            raise UnknownOrchestrator(name)
        instance_id = instance_id or uuid4().hex
        present = self._store.instance(instance_id)
        if present and not present.is_over:
            raise InstanceExists(instance_id)
        self._transitions.create(instance_id, name, input_json)
        return instance_id

    def restart(self, instance_id: str, *, under_new_id: bool) -> str:
        """Start an instance again with its name and input."""
        instance = self.status(instance_id)
        return self.start(instance.name, None if under_new_id else instance_id, instance.input)

    def status(self, instance_id: str) -> Instance:
        """Return an instance."""
        found = self._store.instance(instance_id)
        if found is None:
            raise InstanceMissing(instance_id)
        return found

    def history(self, instance_id: str) -> list[Event]:
        """Return the history of an instance's present execution."""
        return self._store.history(instance_id)

    def instances(self, query: Query) -> list[Instance]:
        """Return the instances that fit a query, the oldest first."""
        return self._store.instances(query)

    def raise_event(self, instance_id: str, name: str, input_json: str | None) -> None:
        """Leave an external event for a running instance."""
        self._running(instance_id)
        raised = events.event_raised(self._clock.now(), name, input_json)
        self._transitions.post(instance_id, None, raised)

    def suspend(self, instance_id: str) -> None:
        """Let an instance take nothing until it is resumed."""
        self._transitions.write(self._running(instance_id), status=SUSPENDED)

    def resume(self, instance_id: str) -> None:
        """Let a suspended instance go on."""
        instance = self._running(instance_id)
        if instance.status == SUSPENDED:
            self._transitions.write(instance, status=RUNNING)
            self._agenda.wake(instance_id)

    def terminate(self, instance_id: str, reason: str) -> None:
        """End an instance and all its sub-orchestrations at once; activities under way end for nobody."""
        instance = self._running(instance_id)
        self._transitions.finish(instance, TERMINATED, events.json_text(reason), f"terminated: {reason}")

    def purge(self, instance_id: str) -> bool:
        """Forget an instance that is over; answers whether there was one."""
        instance = self._store.instance(instance_id)
        if instance is None or not instance.is_over:
            return False
        self._store.forget(instance_id)
        return True

    def purge_all(self, query: Query) -> int:
        """Forget the instances that fit a query and are over; answers how many."""
        return sum(self.purge(instance.id) for instance in self._store.instances(query))

    def complete(self, activity_id: int, result: str | None, error: str | None = None) -> None:
        """Record how an activity ended; a second completion and one for an old execution change nothing."""
        activity = self._store.take_activity(activity_id)
        instance = self._store.instance(activity.instance) if activity else None
        if activity is None or instance is None or instance.is_over or instance.execution != activity.execution:
            return
        now = self._clock.now()
        ended = (
            events.task_completed(now, activity.task, result or "null")
            if error is None
            else events.task_failed(now, activity.task, activity.name, error)
        )
        self._transitions.post(instance.id, instance.execution, ended, now)

    def _running(self, instance_id: str) -> Instance:
        instance = self.status(instance_id)
        if instance.is_over:
            raise InstanceOver(instance_id)
        return instance
