"""What must fail, must fail loudly and alone: changed code, missing functions, nonsense.

Every test runs in peace, and again with a crash after every turn.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df

from local.host.durable.instance import FAILED

if TYPE_CHECKING:
    from tests.host.laboratory import Laboratory

Steps = Generator[Any, Any, Any]


def test_what_the_code_calls_must_exist(laboratory: Laboratory) -> None:
    """A sub-orchestration that is not in the app, and an instance whose orchestrator is gone, fail by name."""

    @laboratory.orchestrator
    def parent(context: df.DurableOrchestrationContext) -> Steps:
        yield context.wait_for_external_event("go")
        yield context.call_sub_orchestrator("nobody")

    laboratory.start("parent", "it")
    laboratory.start("parent", "other")
    laboratory.settle()
    laboratory.raise_event("go")
    laboratory.run()
    assert "The function 'nobody' doesn't exist" in laboratory.output()
    del laboratory.orchestrators["parent"]
    laboratory.crash()
    laboratory.raise_event("go", instance_id="other")
    assert laboratory.run("other").status == FAILED
    assert "The function 'parent' doesn't exist" in laboratory.output("other")


def test_changed_code_fails_its_running_instances_loudly(laboratory: Laboratory) -> None:
    """When the code asks for another activity than the history holds, the instance fails and says which."""

    def changing(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("square", 2)
        yield context.wait_for_external_event("go")

    laboratory.orchestrator(changing)
    laboratory.start("changing")
    laboratory.settle()

    def changing(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("always_fails", 2)
        yield context.wait_for_external_event("go")

    laboratory.orchestrator(changing)
    laboratory.crash()
    laboratory.raise_event("go")
    assert laboratory.run().status == FAILED
    assert "action 0 is activity 'always_fails' now, but the history says activity 'square'" in laboratory.output()


def test_code_that_asks_for_less_is_refused_too(laboratory: Laboratory) -> None:
    """Code that does not reach what the history holds fails as well, even if it returns."""

    def shrinking(context: df.DurableOrchestrationContext) -> Steps:
        yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))

    laboratory.orchestrator(shrinking)
    laboratory.start("shrinking")
    laboratory.settle()

    def shrinking(context: df.DurableOrchestrationContext) -> Any:
        return context.get_input()

    laboratory.orchestrator(shrinking)
    laboratory.crash()
    assert laboratory.run().status == FAILED
    assert "action 0 is nothing now, but the history says timer" in laboratory.output()


def test_one_broken_instance_leaves_the_others_alone(laboratory: Laboratory) -> None:
    """Whatever goes wrong in a step fails that instance only."""

    @laboratory.orchestrator
    def raises(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("square", 1)
        raise RuntimeError("no luck")

    @laboratory.orchestrator
    def yields_nonsense(_: df.DurableOrchestrationContext) -> Steps:
        yield 5

    @laboratory.orchestrator
    def returns_nonsense(_: df.DurableOrchestrationContext) -> Any:
        return {1, 2}

    @laboratory.orchestrator
    def calls_nobody(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("nobody", 1)

    @laboratory.orchestrator
    def uses_entities(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_entity(df.EntityId("counter", "a"), "add", 1)

    @laboratory.orchestrator
    def fine(context: df.DurableOrchestrationContext) -> Steps:
        return (yield context.call_activity("square", 4))

    for name in laboratory.orchestrators:
        laboratory.start(name, name)
    laboratory.run("fine")
    laboratory.settle()
    assert laboratory.output("fine") == 16
    assert laboratory.output("raises") == "Orchestrator function 'raises' failed: no luck"
    assert "not JSON serializable" in laboratory.output("returns_nonsense")
    assert "The function 'nobody' doesn't exist" in laboratory.output("calls_nobody")
    assert "does not model" in laboratory.output("uses_entities")
    assert {laboratory.instance(name).status for name in laboratory.orchestrators if name != "fine"} == {FAILED}
