"""The proof on the real SDK: the jump server first, then whatever else its answer names, at once; then the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.durable_functions.orchestrator import Orchestrator

from orchestration import names
from orchestration.orchestrators.verify import probe, verify
from tests.host.laboratory import START
from tests.orchestration.azure_clock import failure

if TYPE_CHECKING:
    from tests.host.laboratory import Laboratory

Json = dict[str, Any]

GIVEN = {"document": "Cluster/payments-prod", "run": "r"}
SECONDS = 30


class Machines:
    """Machines that take half a minute to answer; what they were asked is kept with its time."""

    def __init__(self, laboratory: Laboratory, *others: str, **failing: Json) -> None:
        self.laboratory, self.others, self.failing = laboratory, others, failing
        self.asked: list[tuple[str, float]] = []
        self.recorded: list[Json] = []
        laboratory.orchestrators |= {names.VERIFY: Orchestrator.create(verify), names.PROBE: Orchestrator.create(probe)}
        laboratory.activities |= {
            names.BEGIN_VERIFICATION: self.begin,
            names.POLL_VERIFICATION: self.poll,
            names.RECORD_VERIFICATION: self.record,
        }

    def begin(self, job: Json) -> Json:
        """Begin to ask a machine."""
        name = job.get("machine", "jump")
        self.asked.append((name, round(self.laboratory.time - START)))
        if name in self.failing:
            return {"state": "Failed", "error": self.failing[name]}
        return {"state": "InProgress", "operation": {"of": name}, "retryAfter": SECONDS}

    def poll(self, job: Json) -> Json:
        """Return what a machine printed; the jump server's answer names the others."""
        answer: Json = {"state": "Succeeded", "output": f"of {job['operation']['of']}"}
        return answer | ({"machines": list(self.others)} if self.others and "machine" not in job else {})

    def record(self, job: Json) -> Json:
        """Keep what is to be recorded."""
        self.recorded.append(job)
        return {"ApiServerResolvable": "True"}

    def run(self) -> Json:
        """Verify once; return what was recorded."""
        self.laboratory.start(names.VERIFY, given=GIVEN)
        self.laboratory.run()
        assert self.laboratory.output() == {"ApiServerResolvable": "True"}
        (job,) = self.recorded
        return job


def test_the_jump_server_alone(laboratory: Laboratory) -> None:
    """Nobody else is to be asked: one run command, one record, and no word of others."""
    machines = Machines(laboratory)
    job = machines.run()
    assert machines.asked == [("jump", 0)]
    assert (job["answer"]["output"], "others" in job, job["started"] < job["ended"]) == ("of jump", False, True)


def test_others_are_asked_at_once(laboratory: Laboratory) -> None:
    """All others begin when the jump server has answered, and are recorded together with it by name."""
    machines = Machines(laboratory, "jump#1", "agent#0")
    job = machines.run()
    begun = dict(machines.asked)
    assert begun["jump#1"] == begun["agent#0"] > begun["jump"]
    assert {name: answer["output"] for name, answer in job["others"].items()} == {
        "jump#1": "of jump#1",
        "agent#0": "of agent#0",
    }


def test_one_that_cannot_be_asked_holds_nobody(laboratory: Laboratory) -> None:
    """Its error is recorded in its place; what the others saw counts."""
    machines = Machines(laboratory, "agent#0", "gone#0", **{"gone#0": failure("NotFound")})
    job = machines.run()
    assert {name: answer["state"] for name, answer in job["others"].items()} == {
        "agent#0": "Succeeded",
        "gone#0": "Failed",
    }
    assert job["others"]["gone#0"]["error"] == failure("NotFound")


@pytest.mark.parametrize("class_", ["NotFound", "Denied"])
def test_without_the_jump_server_nobody_is_asked(laboratory: Laboratory, class_: str) -> None:
    """The one whose answer names the others is away: that is what is recorded."""
    machines = Machines(laboratory, "agent#0", jump=failure(class_))
    job = machines.run()
    assert [name for name, _ in machines.asked] == ["jump"]
    assert (job["answer"]["state"], "others" in job) == ("Failed", False)


def test_a_busy_machine_is_asked_later(laboratory: Laboratory) -> None:
    """Azure runs one command at a time on a machine: another proof has it, and this one waits."""
    machines = Machines(laboratory, "jump#1")
    machines.failing["jump#1"] = failure("Locked", 12)
    begin = machines.begin

    def free_at_last(job: Json) -> Json:
        answer = begin(job)
        if len(machines.asked) > 2:
            machines.failing.clear()
        return answer

    laboratory.activities[names.BEGIN_VERIFICATION] = free_at_last
    job = machines.run()
    assert [name for name, _ in machines.asked] == ["jump", "jump#1", "jump#1", "jump#1"]
    assert job["others"]["jump#1"]["attempts"] == 3
