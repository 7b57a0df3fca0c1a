"""A reconcile on the real SDK: orchestrators replayed by the local task hub, activities that a test scripts.

`World` is a list of things to make, each with its needs and how long it takes. Time passes only when all wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure.durable_functions.orchestrator import Orchestrator

from orchestration import names
from orchestration.activities.steps import BATCH, batch_of
from orchestration.orchestrators.pacing import A_BREATH
from orchestration.orchestrators.reconcile import reconcile
from orchestration.orchestrators.step import step
from orchestration.orchestrators.verify import verify
from shared.plan.steps import Action, Plan, Step
from tests.host.laboratory import START

if TYPE_CHECKING:
    from tests.host.laboratory import Laboratory

Json = dict[str, Any]


@dataclass(slots=True)
class Thing:
    """Something to make: what it needs, how many seconds it takes, the errors it meets first."""

    needs: tuple[str, ...] = ()
    takes: float = 10
    errors: list[Json] = field(default_factory=list)
    lock: str | None = None


class World:
    """What the activities see and do; everything that they were asked is kept with its time."""

    def __init__(self, laboratory: Laboratory, **things: Thing) -> None:
        self.laboratory = laboratory
        self.things = things
        self.made: set[str] = set()
        self.begun: list[tuple[str, float]] = []
        self.ended: dict[str, float] = {}
        self.plans: list[Json] = []
        self.endings: list[Json] = []
        self.again: list[bool] = []
        self.generation = 1
        self.verify = False
        self.prove = False
        self.watch: float | None = None
        self.verified = 0
        self.limit = BATCH
        self.chained = False
        self.pauses: list[float] = []
        self.looked: list[float] = []
        self.ready_at: dict[str, float] = {}
        laboratory.orchestrators |= {
            names.RECONCILE: Orchestrator.create(reconcile),
            names.STEP: Orchestrator.create(step),
            names.VERIFY: Orchestrator.create(verify),
        }
        laboratory.activities |= {
            names.PLAN_DOCUMENT: self.plan,
            names.BEGIN_STEP: self.begin,
            names.POLL_STEP: self.poll,
            names.FINISH_STEP: self.finish,
            names.CONCLUDE: self.conclude,
            names.BEGIN_VERIFICATION: lambda _: {"state": "Succeeded", "output": ""},
            names.RECORD_VERIFICATION: self.record,
        }

    @property
    def now(self) -> float:
        """Seconds since the test began."""
        return round(self.laboratory.time - START, 3)

    def run(self) -> Json:
        """Reconcile to the end; return the last ending."""
        self.start()
        return self.go_on()

    def start(self) -> None:
        """Begin to reconcile, as a waker does."""
        self.laboratory.start(names.RECONCILE, given={"document": "Hub/weu", "version": names.VERSION})

    @property
    def history(self) -> int:
        """How many events the reconcile's history has now."""
        return len(self.laboratory.ask(lambda hub: hub.history("it")))

    def go_on(self) -> Json:
        """Let time pass until the reconcile is over."""
        self.laboratory.run()
        output: Json = self.laboratory.output()
        assert output["document"] == "Hub/weu"
        return self.endings[-1]

    def plan(self, job: Json) -> Json:
        """Plan what is not made, as much of it as is given at once; or say that it is too soon."""
        self.looked.append(self.now)
        if self.pauses and (pause := self.pauses.pop(0)):
            return {"pause": pause, "seen": 0}
        self.plans.append(job)
        missing = [name for name in self.things if name not in self.made]
        steps = tuple(
            Step(
                name,
                name,
                Action.CREATE,
                "",
                depends_on=self._needs(name, missing[:place]),
                lock=self.things[name].lock,
            )
            for place, name in enumerate(missing)
        )
        batch = batch_of(Plan("Hub/weu", self.generation, steps), job, self.limit)
        verify = self.verify and not steps
        further = ({"prove": True} if self.prove else {}) | ({} if self.watch is None else {"watch": self.watch})
        return {"planId": f"p{len(self.plans)}", "generation": self.generation, "seen": 0, "waits": [], **batch,
                "verify": verify, **further}  # fmt: skip

    def _needs(self, name: str, before: list[str]) -> tuple[str, ...]:
        """Return what a missing thing waits for: its needs; in a chain also what is made before it."""
        return tuple(
            need for need in before if need in self.things[name].needs or (self.chained and need == before[-1])
        )

    def begin(self, job: Json) -> Json:
        """Begin to make a thing."""
        name = job["step"]["id"]
        self.begun.append((name, self.now))
        if self.things[name].errors:
            return {"state": "Failed", "error": self.things[name].errors.pop(0)}
        self.ready_at[name] = self.now + self.things[name].takes
        return {"state": "InProgress", "operation": {"of": name}, "retryAfter": self.things[name].takes / A_BREATH}

    def poll(self, job: Json) -> Json:
        """Look whether a thing is made."""
        assert self.now >= self.ready_at[job["operation"]["of"]]
        return {"state": "Succeeded"}

    def finish(self, job: Json) -> Json:
        """Note how a step ended."""
        answer = job["answer"]
        self.ended[job["step"]["id"]] = self.now
        if answer["state"] == "Succeeded":
            self.made.add(job["step"]["id"])
        return {name: answer[name] for name in ("state", "error") if name in answer}

    def record(self, _: Json) -> Json:
        """Note a verification."""
        self.verified += 1
        return {}

    def conclude(self, job: Json) -> Json:
        """Note how a run ended."""
        self.endings.append(job)
        return {"again": self.again.pop(0) if self.again else False, "outcome": "x"}

    def wake(self) -> None:
        """Say that something changed."""
        self.laboratory.raise_event(names.WAKE, {})


def failure(class_: str, retry_after: float | None = None) -> Json:
    """Return an error as activities tell it."""
    error = {"class": class_, "code": class_, "message": "no"}
    return error if retry_after is None else {**error, "retryAfter": retry_after}
