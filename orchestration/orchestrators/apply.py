"""Executes plans inside a reconcile: every step whose dependencies are done runs at once.

A new plan may arrive while steps of the last one run. Step ids come from resource ids, so a step that runs already is
recognised and left to run, and what depends on it waits for it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration import names

if TYPE_CHECKING:
    from azure.durable_functions import DurableOrchestrationContext
    from azure.durable_functions.models.Task import TaskBase

    Json = dict[str, Any]


OUTDATED = "Changed"
"""The error of a write over a version that somebody replaced: no failure, but a reason to look and plan again."""

PASSES = 50
"""Plans in one run before it gives up: what has not converged by then is fighting somebody, and says so."""

LOOKS, STEPS = 40, 100
"""Looks, or steps that ended, after which a history is long: it is replayed whenever anything happens."""

PATIENCE = 1.5
"""How much longer it may become while steps run; then no more are begun until these have ended."""

LOW = 4
"""A plan of which there is more is looked at again when this part of its steps is left, so that nobody waits."""


@dataclass(slots=True)
class Execution:
    """What one reconcile is doing: deterministic, rebuilt by replay; what a new history takes over is in `carried`."""

    document: str
    run: str
    bounded: bool = False
    """Whether its history ends and begins anew when it is long; instances of old do not know how."""
    plan_id: str = ""
    generation: int = 0
    pending: dict[str, Json] = field(default_factory=dict)
    running: dict[str, TaskBase] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)
    """The lock that each running step holds, if it needs one."""
    failures: dict[str, Json] = field(default_factory=dict)
    outdated: set[str] = field(default_factory=set)
    """Steps that the next plan has to make anew; what depends on them waits for it."""
    ended: int = 0
    """Steps of the run that ended without a failure: after them Azure may look different."""
    passes: int = 0
    """Plans that were carried out to their end."""
    verified: bool = False
    more: bool = False
    """Whether the plan has steps beyond those that came with it."""
    enough: int = 0
    """Fewer steps than this are few, where there are more."""
    over: int = 0
    """Steps that ended, well or not, since this history began."""
    over_before: int = 0
    """The same when the plan was taken."""
    looks: int = 0
    """Looks since this history began."""
    trace: Json = field(default_factory=dict)
    """What traces need, handed to everybody: `began`, and `traceparent` where whoever woke it was traced."""

    @classmethod
    def of(cls, given: Json, run: str, now: str) -> Execution:
        """Return what an instance that was given this is to do, for the first time or after it `carried` it over."""
        return cls(
            given["document"],
            given.get("run", run),
            given.get("version", 1) >= names.VERSION,
            generation=given.get("generation", 0),
            failures=dict(given.get("failures", {})),
            ended=given.get("steps", 0),
            passes=given.get("passes", 0),
            verified=given.get("verified", False),
            trace={"began": now, **{name: given[name] for name in ("began", "traceparent") if name in given}},
        )

    def carried(self, *, again: bool = False) -> Json:
        """Return what a new history begins with; `again` makes it as good as a new run, with the old one's results."""
        kept: Json = {"document": self.document, "version": names.VERSION, "run": self.run, "steps": self.ended}
        if again:
            return {**kept, **{name: value for name, value in self.trace.items() if name != "began"}}
        going_on = {"failures": self.failures, "passes": self.passes, "verified": self.verified}
        return {**kept, **going_on, "generation": self.generation, **self.trace}

    def start_afresh(self, now: str) -> None:
        """Forget what failed and how often it went: what follows is as good as a new run."""
        self.trace["began"] = now
        self.failures.clear()
        self.verified, self.passes = False, 0

    def take(self, planned: Json, in_flight: list[str]) -> None:
        """Replace what is pending by a new plan.

        Steps that ran while the plan was made are not taken from it: it may have seen Azure before they ended.
        What failed is not tried again in this run, unless the document is another one now.
        """
        self.plan_id = planned["planId"]
        self.outdated.clear()
        if planned["generation"] != self.generation:
            self.generation = planned["generation"]
            self.failures.clear()
        self.pending = {
            step["id"]: step
            for step in planned["steps"]
            if step["id"] not in self.running and step["id"] not in in_flight and step["id"] not in self.failures
        }
        self.more, self.over_before = planned.get("more", False), self.over
        self.enough = len(self.pending) // LOW

    def ready(self) -> list[Json]:
        """Return the pending steps that wait for nothing, in the plan's order; of one lock only the first."""
        held = self.pending.keys() | self.running.keys() | self.failures.keys() | self.outdated
        locked, found = set(self.locks.values()), []
        for step in self.pending.values():
            lock = step.get("lock")
            if lock in locked or held & set(step["dependsOn"]):
                continue
            found.append(step)
            if lock is not None:
                locked.add(lock)
        return found

    def collect(self) -> None:
        """Take the results of the steps that ended."""
        for step_id in [step_id for step_id, task in self.running.items() if task.is_completed]:
            answer = self.running.pop(step_id).result
            self.locks.pop(step_id, None)
            self.over += 1
            if answer["state"] != "Failed":
                self.ended += 1
            elif answer["error"]["class"] == OUTDATED:
                self.ended += 1
                self.outdated.add(step_id)
            else:
                self.failures[step_id] = answer["error"]

    def runs_low(self) -> bool:
        """Say whether it is time to fetch more of a plan that has more; never twice without a step in between."""
        few = self.over > self.over_before and len(self.pending) < self.enough
        return self.more and few and self.passes < PASSES

    def is_long(self, patience: float = 1) -> bool:
        """Say whether the history should begin anew as soon as no step runs."""
        return self.bounded and (self.looks >= LOOKS * patience or self.over >= STEPS * patience)

    @property
    def may_end_here(self) -> bool:
        """Whether the history is long and nothing runs whose end it would have to hear of."""
        return self.is_long() and not self.running


def apply(
    context: DurableOrchestrationContext, execution: Execution, *signals: TaskBase | None
) -> Generator[Any, Any, bool]:
    """Run pending steps until none runs any more (False), or it is time to look again (True): a signal says so."""
    until = [signal for signal in signals if signal is not None]
    while not execution.may_end_here:
        draining = execution.is_long(PATIENCE)
        if not draining:
            _begin(context, execution)
        if not execution.running:
            return False
        if execution.runs_low() and not draining:
            return True
        yield context.task_any([*([] if draining else until), *execution.running.values()])
        execution.collect()
        if any(signal.is_completed for signal in until) and not draining:
            return True
    return True


def _begin(context: DurableOrchestrationContext, execution: Execution) -> None:
    for ready in execution.ready():
        job = {"document": execution.document, "run": execution.run, "planId": execution.plan_id, "step": ready}
        job |= execution.trace
        execution.running[ready["id"]] = context.call_sub_orchestrator(names.STEP, job)
        if ready.get("lock") is not None:
            execution.locks[ready["id"]] = ready["lock"]
        del execution.pending[ready["id"]]
