"""A task hub in the hands of a test: it takes turns, runs activities and moves the clock only when told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from azure.durable_functions.orchestrator import Orchestrator

from local.host.clock import Clock, Origin
from local.host.durable.store import Store
from local.host.durable.task_hub import TaskHub

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.host.durable.instance import Activity, Instance

START = 1_800_000_000.0


class Laboratory:
    """Drives a task hub deterministically; `crashing` drops it after every turn and opens the store again."""

    def __init__(self, path: Path, *, crashing: bool = False) -> None:
        self.path = path
        self.crashing = crashing
        self.time = START
        self.orchestrators: dict[str, Any] = {}
        self.activities: dict[str, Callable[[Any], Any]] = {}
        self.ran: list[tuple[str, Any]] = []
        self.waiting: list[Activity] = []
        self._clock = Clock(1.0, Origin(0.0, 0.0), lambda: self.time)
        self._store: Store | None = None
        self._hub: TaskHub | None = None

    def orchestrator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Register an orchestrator under its own name."""
        self.orchestrators[function.__name__] = Orchestrator.create(function)
        return function

    def activity(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Register an activity under its own name."""
        self.activities[function.__name__] = function
        return function

    @property
    def hub(self) -> TaskHub:
        """The open task hub, which knows what is under way."""
        if self._hub is None:
            self._store = Store(self.path)
            self._hub = TaskHub(self._store, self._clock, self.orchestrators, self.activities)
            self._hub.recover()
            self.waiting = []
        return self._hub

    def crash(self) -> None:
        """Drop everything that is in memory."""
        if self._store is not None:
            self._store.close()
        self._store = self._hub = None
        self.waiting = []

    def ask(self, question: Callable[[TaskHub], Any]) -> Any:
        """Ask one thing in a turn of its own."""
        turn = self.hub.turn([question])
        self.waiting += turn.activities
        answer = turn.answers[0]
        if self.crashing:
            self.crash()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def start(self, name: str, instance_id: str = "it", given: Any = None) -> str:
        """Start an instance."""
        return str(self.ask(lambda hub: hub.start(name, instance_id, json.dumps(given))))

    def raise_event(self, name: str, value: Any = None, instance_id: str = "it") -> None:
        """Raise an external event."""
        self.ask(lambda hub: hub.raise_event(instance_id, name, json.dumps(value)))

    def turn(self) -> None:
        """Take one turn."""
        self.waiting += self.hub.turn().activities
        if self.crashing:
            self.crash()

    def run_activity(self) -> bool:
        """Run the activity that has waited for longest, and record its end; False if none waits."""
        self.turn()
        waiting = self.waiting or self.hub.turn().activities
        if not waiting:
            return False
        activity = waiting.pop(0)
        given = json.loads(activity.input or "null")
        self.ran.append((activity.name, given))
        try:
            result, error = json.dumps(self.activities[activity.name](given)), None
        except Exception as failure:  # noqa: BLE001 - as the engine does
            result, error = None, f"{type(failure).__name__}: {failure}"
        self.ask(lambda hub: hub.complete(activity.id, result, error))
        return True

    def settle(self) -> None:
        """Go on until nothing happens any more without time passing."""
        while self.run_activity() or self.hub.next_moment() == 0.0:
            pass

    def run(self, instance_id: str = "it") -> Instance:
        """Go on, letting time pass, until an instance is over or waits for something from outside."""
        while True:
            self.settle()
            instance = self.instance(instance_id)
            moment = self.hub.next_moment()
            if instance.is_over or moment is None:
                return instance
            self.time = max(self.time, moment)

    def instance(self, instance_id: str = "it") -> Instance:
        """Return an instance as it is now."""
        found: Instance = self.ask(lambda hub: hub.status(instance_id))
        return found

    def output(self, instance_id: str = "it") -> Any:
        """Return an instance's output."""
        return json.loads(self.instance(instance_id).output or "null")
