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


OUTDATED = "Changed"
"""The error of a write over a version that somebody replaced: no failure, but a reason to look and plan again."""


@dataclass(slots=True)
class Execution:
    """What one reconcile is doing: deterministic, rebuilt by replay, never stored."""

    document: str
    run: str
    plan_id: str = ""
    generation: int = 0
    pending: dict[str, dict[str, Any]] = field(default_factory=dict)
    running: dict[str, TaskBase] = field(default_factory=dict)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    outdated: set[str] = field(default_factory=set)
    """Steps that the next plan has to make anew; what depends on them waits for it."""
    ended: int = 0
    """Steps that ended without a failure: after them Azure may look different."""

    def take(self, planned: dict[str, Any], in_flight: list[str]) -> None:
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

    def ready(self) -> list[dict[str, Any]]:
        """Return the pending steps that wait for nothing, in the plan's order."""
        held = self.pending.keys() | self.running.keys() | self.failures.keys() | self.outdated
        return [step for step in self.pending.values() if not held & set(step["dependsOn"])]

    def collect(self) -> None:
        """Take the results of the steps that ended."""
        for step_id in [step_id for step_id, task in self.running.items() if task.is_completed]:
            answer = self.running.pop(step_id).result
            if answer["state"] != "Failed":
                self.ended += 1
            elif answer["error"]["class"] == OUTDATED:
                self.ended += 1
                self.outdated.add(step_id)
            else:
                self.failures[step_id] = answer["error"]


def apply(context: DurableOrchestrationContext, execution: Execution, wake: TaskBase) -> Generator[Any, Any, bool]:
    """Run pending steps until none runs any more (False) or somebody asks to look again (True)."""
    while True:
        for ready in execution.ready():
            job = {
                "document": execution.document,
                "run": execution.run,
                "planId": execution.plan_id,
                "step": ready,
            }
            execution.running[ready["id"]] = context.call_sub_orchestrator(names.STEP, job)
            del execution.pending[ready["id"]]
        if not execution.running:
            return False
        yield context.task_any([wake, *execution.running.values()])
        execution.collect()
        if wake.is_completed:
            return True
