"""Where triggers and activities belong: to whoever asked; steps and reconciles are told by their last activity."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration import names as functions
from orchestration import tracing
from shared.telemetry import names, trace, traceparent
from tests.telemetry.conftest import NOW, Kept

WAKER = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
HOST = "00-fedcba9876543210fedcba9876543210-fedcba9876543210-00"
VNET = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet"
STEP = {"id": "vnet", "resourceId": VNET, "action": "create"}
JOB = {"document": "Hub/weu", "run": "r1", "began": NOW.isoformat(), "traceparent": WAKER}
STEP_JOB = {**JOB, "planId": "p", "step": STEP, "started": (NOW + timedelta(seconds=5)).isoformat()}
ENDING = {**JOB, "planned": {}, "failures": {}, "converged": True, "steps": 3}


async def ends(name: str, job: Any, answer: Any) -> None:
    """Run an activity that answers this."""

    async def body() -> Any:
        return answer

    assert await tracing.activity(name, job, body()) == answer


async def test_a_reconcile_is_whole(kept: Kept) -> None:
    """Activities are below their step or reconcile, which the last one records, from its start to that end."""
    await ends(functions.PLAN_DOCUMENT, JOB, {"steps": []})
    kept.pass_by(10)
    await ends(functions.BEGIN_STEP, STEP_JOB, {"state": "InProgress"})
    kept.pass_by(50)
    await ends(
        functions.FINISH_STEP, {**STEP_JOB, "answer": {"state": "Succeeded", "polls": 4}}, {"state": "Succeeded"}
    )
    await ends(functions.CONCLUDE, ENDING, {"again": False, "outcome": "True/Provisioned"})
    step, reconcile = "step create Microsoft.Network/virtualNetworks", "reconcile"
    assert kept.parent(functions.BEGIN_STEP) == kept.parent(functions.FINISH_STEP) == kept.context(step)
    assert kept.parent(functions.PLAN_DOCUMENT) == kept.parent(functions.CONCLUDE) == kept.parent(step)
    assert kept.parent(step) == kept.context(reconcile)
    assert kept.parent(reconcile) == WAKER
    times = [(kept.spans[name].end_time or 0) - (kept.spans[name].start_time or 0) for name in (step, reconcile)]
    assert times == [55_000_000_000, 60_000_000_000]
    assert kept.attributes(step) == {
        names.DOCUMENT: "Hub/weu",
        names.INSTANCE: "hub.weu",
        names.RUN: "r1",
        names.STEP: "vnet",
        names.RESOURCE: VNET,
        names.ACTION: "create",
        names.OUTCOME: "succeeded",
        names.TYPE: "Microsoft.Network/virtualNetworks",
        "spokewright.polls": 4,
    }
    by = (("action", "create"), ("outcome", "succeeded"), ("type", "Microsoft.Network/virtualNetworks"))
    assert kept.measured[names.STEP_DURATION.name, by] == 55
    assert kept.measured[names.RECONCILES.name, (("kind", "Hub"), ("outcome", "ready"))] == 1
    assert kept.measured[names.RECONCILE_DURATION.name, (("kind", "Hub"), ("outcome", "ready"))] == 60


async def test_one_from_before_has_a_trace_too(kept: Kept) -> None:
    """An instance whose input has neither context nor beginning is one trace, named by its run."""
    old = {name: value for name, value in STEP_JOB.items() if name not in ("traceparent", "began")}
    ending = {name: value for name, value in ENDING.items() if name not in ("traceparent", "began")}
    await ends(functions.POLL_STEP, old, {"state": "InProgress"})
    await ends(functions.FINISH_STEP, {**old, "answer": {"state": "Succeeded"}}, {})
    await ends(functions.CONCLUDE, ending, {"again": False, "outcome": "True/Provisioned"})
    assert kept.parent("reconcile") is None
    assert kept.parent("step create Microsoft.Network/virtualNetworks") == kept.context("reconcile")
    assert kept.context("reconcile") == traceparent.root("r1", "")


async def test_a_proof_is_whole(kept: Kept) -> None:
    """A proof's activities are below it, those on other machines too, and it fails with its answer's code."""
    job = {**JOB, "started": NOW.isoformat()}
    await ends(functions.BEGIN_VERIFICATION, {**job, "machine": "/m"}, {"state": "InProgress"})
    answer = {"state": "Failed", "error": {"class": "NotFound", "code": "NoJumpServer", "message": "planted"}}
    await ends(functions.RECORD_VERIFICATION, {**job, "answer": answer}, {})
    assert kept.parent(functions.BEGIN_VERIFICATION) == kept.context("verification")
    assert kept.attributes("verification")[names.ERROR] == "NoJumpServer"
    assert kept.attributes("verification")[names.STEP] == "verification"


@pytest.mark.parametrize(
    ("ending", "verdict", "outcome"),
    [
        ({}, {"again": False, "outcome": "True/Provisioned"}, "ready"),
        ({}, {"again": False, "outcome": "False/HubNotReady"}, "waiting"),
        ({}, {"again": True, "outcome": "True/Provisioned"}, "again"),
        ({"failures": {"vnet": {}}}, {"again": True, "outcome": "False/StepFailed"}, "failed"),
        ({"converged": False}, {"again": False, "outcome": "False/NotConverging"}, "failed"),
        ({}, {"again": False, "outcome": "removed"}, "removed"),
        ({}, {"again": False, "outcome": "gone"}, "removed"),
    ],
    ids=str,
)
async def test_how_a_reconcile_ended(kept: Kept, ending: Any, verdict: Any, outcome: str) -> None:
    """Each ending is one outcome; a failure is counted apart, by its reason, and is the span's error."""
    await ends(functions.CONCLUDE, ENDING | ending, verdict)
    assert kept.attributes("reconcile")[names.OUTCOME] == outcome
    reason = verdict["outcome"].partition("/")[2]
    failures = (names.RECONCILE_FAILURES.name, (("kind", "Hub"), ("reason", reason)))
    assert kept.measured.get(failures) == (1 if outcome == "failed" else None)
    assert kept.attributes("reconcile").get(names.ERROR) == (reason if outcome == "failed" else None)


async def test_a_step_that_failed(kept: Kept) -> None:
    """A step's error is its code, never its message; it is counted by its class."""
    answer = {"state": "Failed", "error": {"class": "Denied", "code": "AuthorizationFailed", "message": "planted"}}
    await ends(functions.BEGIN_STEP, STEP_JOB, answer)
    assert kept.attributes(functions.BEGIN_STEP)[names.ERROR] == "AuthorizationFailed"
    await ends(functions.FINISH_STEP, {**STEP_JOB, "answer": answer}, {})
    span = kept.spans["step create Microsoft.Network/virtualNetworks"]
    assert span.status.description == "AuthorizationFailed"
    assert "planted" not in span.to_json()
    by = (("error", "Denied"), ("type", "Microsoft.Network/virtualNetworks"))
    assert kept.measured[names.STEP_FAILURES.name, by] == 1


async def test_what_raises_is_told_without_its_words(kept: Kept) -> None:
    """An activity that raises has a span with the class of the error, and is not a step that ended."""

    async def body() -> Any:
        raise OSError("planted")

    with pytest.raises(OSError, match="planted"):
        await tracing.activity(functions.FINISH_STEP, {**STEP_JOB, "answer": {}}, body())
    assert list(kept.spans) == [functions.FINISH_STEP]
    assert kept.attributes(functions.FINISH_STEP)[names.ERROR] == "OSError"
    assert "planted" not in kept.spans[functions.FINISH_STEP].to_json()


async def test_a_job_that_is_not_understood_stops_nothing(kept: Kept) -> None:
    """What cannot be told of an activity's end leaves its answer as it is."""
    await ends(functions.CONCLUDE, {**ENDING, "began": "nonsense"}, {"again": False, "outcome": "gone"})
    assert list(kept.spans) == [functions.CONCLUDE]


def message(**properties: Any) -> Any:
    """Return a message with application properties."""
    return SimpleNamespace(application_properties=properties, message_id="m1", enqueued_time_utc=None)


def host(parent: str = HOST) -> Any:
    """Return what the Functions worker hands over."""
    return SimpleNamespace(trace_context=SimpleNamespace(trace_parent=parent))


@pytest.mark.parametrize(
    ("properties", "context", "parent", "links"),
    [
        ({}, None, None, []),
        ({"traceparent": WAKER}, None, WAKER, []),
        ({b"other": 1, "Diagnostic-Id": WAKER.encode()}, None, WAKER, []),
        ({"traceparent": "nonsense"}, host("nonsense"), None, []),
        ({}, host(), HOST[:-1] + "1", []),
        ({"traceparent": WAKER}, host(), HOST[:-1] + "1", [WAKER]),
        ({}, SimpleNamespace(trace_context=None), None, []),
    ],
    ids=["nobody", "sender", "older sender", "nonsense", "host", "both", "host without traces"],
)
def test_a_message_belongs_to_its_sender(kept: Kept, properties: Any, context: Any, parent: Any, links: Any) -> None:
    """The parent is the host's call, else the sender's span; where there are both the sender's is linked."""
    with tracing.message("provisioning-requests", message(**{str(k): v for k, v in properties.items()}), context):
        pass
    name = "receive provisioning-requests"
    assert kept.parent(name) == parent
    assert kept.links(name) == links
    assert kept.attributes(name)[names.MESSAGE_ID] == "m1"


def request(method: str = "PUT", headers: Any = None, **parameters: str) -> Any:
    """Return an HTTP request."""
    return SimpleNamespace(method=method, headers=headers or {}, route_params=parameters)


async def test_a_request_names_its_document(kept: Kept) -> None:
    """A request's span has route and status, its document where it is about one, and its sender for a parent."""

    async def answer() -> Any:
        return SimpleNamespace(status_code=202)

    asked = request(headers={"traceparent": WAKER}, collection="hubs", name="weu")
    await tracing.request("{collection:alpha}/{name}", asked, None, {"hubs": "Hub"}, answer())
    assert kept.attributes("PUT /api/{collection}/{name}") == {
        names.METHOD: "PUT",
        names.ROUTE: "/api/{collection}/{name}",
        names.DOCUMENT: "Hub/weu",
        names.STATUS: 202,
    }
    assert kept.parent("PUT /api/{collection}/{name}") == WAKER
    await tracing.request(
        "{collection:alpha}/{name}", request("GET", collection="x", name="n" * 999), None, {}, answer()
    )
    assert names.DOCUMENT not in kept.attributes("GET /api/{collection}/{name}")


def test_off_costs_nothing() -> None:
    """While it is off there is no span and no context; what is going on is known to log lines all the same."""
    with trace.span("x", {names.DOCUMENT: "Hub/weu"}) as span:
        trace.note({"a": 1})
        trace.link([WAKER])
        assert trace.current() is None
        assert not span.is_recording()
        assert trace.fields() == {names.DOCUMENT: "Hub/weu"}
    assert trace.fields() == {}
