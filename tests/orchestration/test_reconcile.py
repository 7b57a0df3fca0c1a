"""One document's reconcile on the real SDK: what runs beside what, what a wake does, how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration import names
from orchestration.orchestrators.apply import PASSES
from tests.orchestration.azure_clock import Thing, World, failure

if TYPE_CHECKING:
    from tests.host.laboratory import Laboratory


def test_every_step_begins_when_its_needs_are_done(laboratory: Laboratory) -> None:
    """Steps that need nothing begin at once; the others at the very moment in which their last need ends."""
    world = World(
        laboratory,
        group=Thing(takes=1),
        network=Thing(("group",), takes=5),
        address=Thing(("group",), takes=20),
        firewall=Thing(("network", "address"), takes=100),
        zone=Thing(("group",), takes=30),
        link=Thing(("zone", "network"), takes=10),
    )
    world.run()
    assert dict(world.begun) == {"group": 0, "network": 1, "address": 1, "zone": 1, "firewall": 21, "link": 31}
    assert world.ended["firewall"] == 121
    assert len(world.begun) == len(world.things)


def test_a_finished_plan_is_looked_at_once_more(laboratory: Laboratory) -> None:
    """What was written may have uncovered more, so the end is a look that finds nothing."""
    world = World(laboratory, group=Thing())
    ending = world.run()
    assert len(world.plans) == 2
    assert (ending["failures"], ending["converged"], ending["steps"]) == ({}, True, 1)
    assert ending["planned"].keys() == {"planId", "generation", "seen", "waits", "verify", "more"}


def test_an_empty_plan_is_concluded_at_once(laboratory: Laboratory) -> None:
    """A second run looks once and begins nothing."""
    world = World(laboratory)
    assert world.run()["steps"] == 0
    assert len(world.plans) == 1


def test_a_failed_step_fails_only_what_depends_on_it(laboratory: Laboratory) -> None:
    """Everything else is made; what depends on the failed one never begins; the ending names the one failure."""
    world = World(
        laboratory,
        bad=Thing(errors=[failure("Failed")] * 2),
        above=Thing(("bad",)),
        higher=Thing(("above",)),
        good=Thing(takes=50),
        better=Thing(("good",)),
    )
    ending = world.run()
    assert [name for name, _ in world.begun] == ["bad", "good", "better"]
    assert ending["failures"] == {"bad": failure("Failed")}
    assert world.made == {"good", "better"}
    assert len(world.plans) == 1


def test_steps_of_one_lock_run_one_after_the_other(laboratory: Laboratory) -> None:
    """Azure takes one write at a time on a network; one that fails does not hold the others of its lock."""
    world = World(
        laboratory,
        first=Thing(takes=10, lock="network"),
        bad=Thing(lock="network", errors=[failure("Failed")] * 2),
        third=Thing(takes=10, lock="network"),
        beside=Thing(takes=3),
    )
    ending = world.run()
    assert world.begun == [("first", 0), ("beside", 0), ("bad", 10), ("third", 10)]
    assert ending["failures"].keys() == {"bad"}


def test_a_new_plan_waits_for_the_lock_of_what_runs(laboratory: Laboratory) -> None:
    """A step that a wake brought is not begun while one of an earlier plan writes to the same network."""
    world = World(laboratory, subnet=Thing(takes=100, lock="network"))
    world.start()
    laboratory.settle()
    laboratory.time += 40
    world.things["peering"] = Thing(lock="network")
    world.wake()
    world.go_on()
    assert world.begun == [("subnet", 0), ("peering", 100)]


def test_a_wake_plans_again_without_touching_what_runs(laboratory: Laboratory) -> None:
    """While a step runs, a wake brings a new plan: its new steps begin at once, the running one is not doubled."""
    world = World(laboratory, firewall=Thing(takes=600))
    world.start()
    laboratory.settle()
    laboratory.time += 100
    world.things["peering"] = Thing()
    world.things["rules"] = Thing(("firewall",))
    world.wake()
    world.go_on()
    assert world.begun == [("firewall", 0), ("peering", 100), ("rules", 600)]
    assert world.plans[1]["inFlight"] == ["firewall"]


def test_wakes_that_come_during_a_look_are_one_more_look(laboratory: Laboratory) -> None:
    """However many hints come while a plan is made, one plan follows it."""
    world = World(laboratory, firewall=Thing(takes=600))
    world.start()
    laboratory.settle()
    for _ in range(5):
        world.wake()
    laboratory.settle()
    assert len(world.plans) == 3
    world.go_on()
    assert len(world.plans) == 4
    assert len(world.begun) == 1


def test_a_step_that_ended_while_the_plan_was_made_is_not_run_again(steady: Laboratory) -> None:
    """The new plan saw Azure before the step ended and still has it; what depends on it begins."""
    world = World(steady, network=Thing(takes=10), subnet=Thing(("network",)))
    world.start()
    steady.settle()
    look = world.plan

    def look_for_long(job: dict[str, object]) -> dict[str, object]:
        planned = look(job)
        if len(world.plans) == 2:
            steady.time += 10
            steady.settle()
            assert world.made == {"network"}
        return planned

    steady.activities[names.PLAN_DOCUMENT] = look_for_long
    world.wake()
    world.go_on()
    assert [name for name, _ in world.begun] == ["network", "subnet"]


def test_a_step_that_failed_while_the_plan_was_made_holds_what_needs_it(steady: Laboratory) -> None:
    """The new plan does not know of the failure yet, and still nothing above it begins."""
    world = World(steady, network=Thing(takes=10), subnet=Thing(("network",)))
    steady.activities[names.POLL_STEP] = lambda _: {"state": "Failed", "error": failure("Failed")}
    world.start()
    steady.settle()
    look = world.plan

    def look_for_long(job: dict[str, object]) -> dict[str, object]:
        planned = look(job)
        if len(world.plans) == 2:
            steady.time += 10
            steady.settle()
        return planned

    steady.activities[names.PLAN_DOCUMENT] = look_for_long
    world.wake()
    ending = world.go_on()
    assert [name for name, _ in world.begun] == ["network"]
    assert ending["failures"].keys() == {"network"}


def test_a_changed_document_gives_failed_steps_another_try(laboratory: Laboratory) -> None:
    """A wake alone does not repeat what failed in this run; a new generation does."""
    world = World(laboratory, bad=Thing(errors=[failure("Denied")]), firewall=Thing(takes=600))
    world.start()
    laboratory.settle()
    world.wake()
    laboratory.settle()
    assert [name for name, _ in world.begun] == ["bad", "firewall"]
    world.generation = 2
    world.wake()
    ending = world.go_on()
    assert [name for name, _ in world.begun] == ["bad", "firewall", "bad"]
    assert ending["failures"] == {}


def test_a_write_over_a_replaced_version_is_planned_anew(laboratory: Laboratory) -> None:
    """When Azure refuses a version, what depends on the step waits for the next plan, and nothing has failed."""
    world = World(laboratory, network=Thing(errors=[failure("Changed")]), subnet=Thing(("network",)))
    ending = world.run()
    assert [name for name, _ in world.begun] == ["network", "network", "subnet"]
    assert ending["failures"] == {}


def test_a_run_that_never_comes_to_rest_gives_up(laboratory: Laboratory) -> None:
    """What is always changed back is written only so often, and the ending says so."""
    world = World(laboratory, flag=Thing(takes=0.5))
    laboratory.activities[names.FINISH_STEP] = lambda job: {"state": job["answer"]["state"]}
    ending = world.run()
    assert ending["converged"] is False
    assert len(world.plans) == PASSES


def test_a_wake_at_the_end_goes_again_like_a_new_run(laboratory: Laboratory) -> None:
    """Where the conclusion found a wake, it looks again, and what failed before is tried again."""
    world = World(laboratory, bad=Thing(errors=[failure("Failed")]))
    world.again = [True]
    ending = world.run()
    assert [bool(ending["failures"]) for ending in world.endings] == [True, False]
    assert ending["failures"] == {}
    assert world.made == {"bad"}


def test_verification_comes_after_everything_and_once_a_run(laboratory: Laboratory) -> None:
    """A plan that asks for proof gets it once nothing is left to do, and again where it goes again."""
    world = World(laboratory, cluster=Thing(takes=300))
    world.verify, world.again = True, [True]
    world.run()
    assert world.verified == 2
    assert [job["planned"]["verify"] for job in world.endings] == [True, True]


def test_nothing_is_verified_after_a_failure(laboratory: Laboratory) -> None:
    """Proof of something half made proves nothing."""
    world = World(laboratory, bad=Thing(errors=[failure("Failed")]))
    world.verify = True
    world.run()
    assert world.verified == 0


def test_a_hub_s_servers_are_asked_though_a_step_fails(laboratory: Laboratory) -> None:
    """Networks wait for the proof that have nothing to do with the step: once a run, after all that can be done."""
    world = World(laboratory, bad=Thing(errors=[failure("Failed")] * 9), good=Thing(takes=50))
    world.verify = world.prove = True
    ending = world.run()
    assert (world.verified, world.made, ending["failures"].keys()) == (1, {"good"}, {"bad"})


def test_a_watch_looks_again_while_a_step_runs(laboratory: Laboratory) -> None:
    """Nobody tells of what AKS makes beside a cluster: it is looked for in between, and linked while the step runs."""
    world = World(laboratory, cluster=Thing(takes=100))
    world.watch = 20
    world.start()
    laboratory.settle()
    for _ in range(2):
        laboratory.time += 20
        laboratory.settle()
    world.watch, world.things["link"] = None, Thing()
    world.go_on()
    assert world.looked[:4] == [0, 20, 40, 60]
    assert world.begun == [("cluster", 0), ("link", 60)]
    assert world.looked[-1] == 100


def test_a_watch_that_nobody_needs_any_more_is_called_off(laboratory: Laboratory) -> None:
    """The step ended before its time: the next look comes at once, and the run does not wait for the watch."""
    world = World(laboratory, cluster=Thing(takes=10))
    world.watch = 500
    world.run()
    assert world.looked == [0, 10]
    assert world.now == 10


def test_a_wake_and_a_watch_are_one_look_each(laboratory: Laboratory) -> None:
    """A wake looks at once, and the watch begins anew with that look."""
    world = World(laboratory, cluster=Thing(takes=45))
    world.watch = 20
    world.start()
    laboratory.settle()
    laboratory.time += 15
    world.wake()
    world.go_on()
    assert world.looked == [0, 15, 35, 45]


def test_a_step_job_carries_no_body(laboratory: Laboratory) -> None:
    """Only ids and small JSON cross the durable boundary."""
    world = World(laboratory, group=Thing())
    world.run()
    (given,) = [given for name, given in laboratory.ran if name == names.BEGIN_STEP]
    assert given.keys() == {"document", "run", "planId", "step", "started", "began"}
    assert given["planId"] == "p1"
