"""How runs end: conditions, reasons, messages, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shared.model import conditions as c
from shared.model.approval import Approval
from shared.model.conditions import Condition, find, set_condition
from shared.plan.verdict import ADVICE, LATER, Ending, conclude
from tests.model.samples import parsed

if TYPE_CHECKING:
    from shared.model.envelope import Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/rt"
WAITING = [
    {"reason": c.HUB_NOT_READY, "message": "the firewall of hub weu has no private address yet", "on": "Hub/weu"}
]


SAID = f"route table rt: SkuNotAvailable: no room. What to do: {ADVICE['Failed']}."


def error(class_: str = "Failed", code: str = "SkuNotAvailable", message: str = "no room.") -> dict[str, Any]:
    """Return a failed step's error."""
    return {"class": class_, "code": code, "message": message, "resourceId": TABLE}


def ended(kind: str, ending: Ending, *, deleting: bool = False, **status: Any) -> Status:
    """Return a document's status after a run."""
    document = parsed(kind)
    metadata = document.metadata.model_copy(update={"generation": 3, "deletion_requested": NOW if deleting else None})
    before = document.status.model_copy(update=status)
    return conclude(document.model_copy(update={"metadata": metadata, "status": before}), ending, NOW)


def proof(resolvable: str = "True", reachable: str = "True") -> tuple[Condition, ...]:
    """Return the conditions that the jump server's answer left."""
    found: tuple[Condition, ...] = ()
    for type_, status, reason in (
        (c.API_SERVER_RESOLVABLE, resolvable, c.DOES_NOT_RESOLVE),
        (c.API_SERVER_REACHABLE, reachable, c.DOES_NOT_ANSWER),
    ):
        value: Any = status
        found = set_condition(found, Condition(type=type_, status=value, reason=reason, message=f"{type_}!"), NOW)
    return found


def held(reason: str, message: str = "held") -> Ending:
    """Return the end of a run that was not let begin."""
    return Ending({}, [{"reason": reason, "message": message, "on": ""}])


def asked(**members: Any) -> Approval:
    """Return a decision that is due in two days."""
    known = {"state": "asked", "hub": "weu", "addressSpace": ["10.80.0.0/22"]}
    return Approval.model_validate(known | {"expiresAt": (NOW + timedelta(days=2)).isoformat()} | members)


def drifted(status: Any, reason: str) -> tuple[Condition, ...]:
    """Return what a look said of drift."""
    return (Condition(type=c.DRIFTED, status=status, reason=reason, message="route out is missing"),)


LEFT = drifted("True", c.DIFFERENCES_FOUND)

ENDINGS: dict[str, tuple[Status, str, str, str, timedelta | None]] = {
    "all is well": (ended("Hub", Ending({}, [])), "True", c.PROVISIONED, "everything is as the document asks", None),
    "a public cluster": (
        ended("Cluster", Ending({}, [{"reason": c.PUBLIC_API_SERVER, "message": "public", "on": ""}])),
        "False",
        c.PUBLIC_API_SERVER,
        "public",
        None,
    ),
    "a decision is due": (
        ended("Spoke", held(c.APPROVAL_NEEDED, "approve"), approval=asked()),
        "False",
        c.APPROVAL_NEEDED,
        "approve",
        timedelta(days=2),
    ),
    "a decision without an end": (
        ended("Spoke", held(c.APPROVAL_NEEDED), approval=asked(expiresAt=None)),
        "False",
        c.APPROVAL_NEEDED,
        "held",
        None,
    ),
    "rejected": (ended("Spoke", held(c.REJECTED), approval=asked()), "False", c.REJECTED, "held", None),
    "expired": (ended("Spoke", held(c.APPROVAL_EXPIRED)), "False", c.APPROVAL_EXPIRED, "held", None),
    "refused": (ended("Spoke", held(c.REFUSED)), "False", c.REFUSED, "held", timedelta(hours=1)),
    "drift that is left alone": (
        ended("Spoke", Ending({}, []), conditions=LEFT),
        "False",
        c.DIFFERENCES_FOUND,
        "route out is missing",
        None,
    ),
    "drift that is ignored": (
        ended("Spoke", Ending({}, []), conditions=drifted("False", c.DRIFT_IGNORED)),
        "True",
        c.PROVISIONED,
        "everything is as the document asks",
        None,
    ),
    "drift, and a step failed": (
        ended("Spoke", Ending({"a": error()}, []), conditions=LEFT),
        "False",
        c.STEP_FAILED,
        SAID,
        timedelta(minutes=1),
    ),
    "drift, and a wait": (
        ended("Spoke", Ending({}, WAITING), conditions=LEFT),
        "False",
        c.HUB_NOT_READY,
        "the firewall of hub weu has no private address yet",
        timedelta(minutes=5),
    ),
    "drift of a cluster that was proved": (
        ended("Cluster", Ending({}, []), conditions=(*proof(), *LEFT)),
        "False",
        c.DIFFERENCES_FOUND,
        "route out is missing",
        None,
    ),
    "drift of what goes": (
        ended("Spoke", Ending({}, []), conditions=LEFT, deleting=True),
        "False",
        c.DELETING,
        "being removed",
        timedelta(minutes=1),
    ),
    "a wait": (
        ended("Spoke", Ending({}, WAITING)),
        "False",
        c.HUB_NOT_READY,
        "the firewall of hub weu has no private address yet",
        timedelta(minutes=5),
    ),
    "a failed step": (
        ended("Hub", Ending({"a": error()}, [])),
        "False",
        c.STEP_FAILED,
        SAID,
        timedelta(minutes=1),
    ),
    "a failure counts more than a wait": (
        ended("Spoke", Ending({"a": error()}, WAITING)),
        "False",
        c.STEP_FAILED,
        SAID,
        timedelta(minutes=1),
    ),
    "no end of changes": (
        ended("Hub", Ending({}, [], converged=False)),
        "False",
        c.NOT_CONVERGING,
        "what was written keeps being changed back: look who else manages these resources",
        timedelta(minutes=1),
    ),
    "a deletion that waits": (
        ended("Hub", Ending({}, [{"reason": c.SPOKES_ATTACHED, "message": "Spoke/a has to go first"}]), deleting=True),
        "False",
        c.DELETING,
        "Spoke/a has to go first",
        timedelta(minutes=5),
    ),
    "a cluster without proof": (
        ended("Cluster", Ending({}, [])),
        "False",
        c.NOT_VERIFIED,
        "provisioned, and not verified from the jump server yet",
        timedelta(minutes=1),
    ),
    "a cluster whose name does not resolve": (
        ended("Cluster", Ending({}, []), conditions=proof(resolvable="False")),
        "False",
        c.DOES_NOT_RESOLVE,
        "ApiServerResolvable!",
        timedelta(minutes=1),
    ),
    "a cluster that does not answer": (
        ended("Cluster", Ending({}, []), conditions=proof(reachable="Unknown")),
        "False",
        c.DOES_NOT_ANSWER,
        "ApiServerReachable!",
        timedelta(minutes=1),
    ),
    "a proved cluster": (
        ended("Cluster", Ending({}, []), conditions=proof()),
        "True",
        c.PROVISIONED,
        "provisioned; its name resolves and answers inside the network",
        None,
    ),
}


@pytest.mark.parametrize(("status", "ready", "reason", "message", "pause"), ENDINGS.values(), ids=ENDINGS)
def test_ready(status: Status, ready: str, reason: str, message: str, pause: timedelta | None) -> None:
    """Ready says how it ended and why, and the next try comes when it makes sense."""
    found = find(status.conditions, c.READY)
    assert found is not None
    assert (found.status, found.reason, found.message) == (ready, reason, message)
    assert status.retry_at == (None if pause is None else NOW + pause)
    assert found.reason in c.REASONS


def test_a_run_that_ended_is_not_reconciling_and_says_what_generation_it_saw() -> None:
    """Status speaks of the generation that was looked at, at its time."""
    status = ended("Hub", Ending({}, []))
    assert (status.observed_generation, status.reconciled_at) == (3, NOW)
    found = find(status.conditions, c.RECONCILING)
    assert found is not None
    assert (found.status, found.reason) == ("False", c.IDLE)


@pytest.mark.parametrize(("waits", "status"), [(WAITING, "True"), ([], "False")], ids=["waiting", "idle"])
def test_waiting_is_a_condition_of_its_own(waits: list[dict[str, str]], status: str) -> None:
    """Who waits, also while something failed, can be asked for."""
    found = find(ended("Spoke", Ending({"a": error()}, waits)).conditions, c.WAITING)
    assert found is not None
    assert found.status == status


@pytest.mark.parametrize("class_", [*ADVICE, "Throttled", "Transient"])
def test_a_failure_says_resource_code_and_what_to_do(class_: str) -> None:
    """Whatever the class of the error: which resource, what Azure said, what to do next."""
    status = ended("Hub", Ending({"a": error(class_)}, []))
    found = find(status.conditions, c.READY)
    assert found is not None
    assert found.message == (f"route table rt: SkuNotAvailable: no room. What to do: {ADVICE.get(class_, LATER)}.")


def test_failures_come_in_the_order_of_steps_and_are_capped() -> None:
    """Many long failures make one message of bounded length, the same each time."""
    failures = {f"{n:02}": error(code=f"C{n:02}", message="x" * 5_000) for n in (2, 1, 3, 4)}
    found = find(ended("Hub", Ending(failures, [])).conditions, c.READY)
    assert found is not None
    assert len(found.message) <= 1_800
    assert found.message.index("C01") < found.message.index("C02")


@pytest.mark.parametrize(("before", "minutes"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (50, 30)], ids=str)
def test_failures_in_a_row_are_tried_again_less_often(before: int, minutes: int) -> None:
    """The pause doubles from one minute to half an hour."""
    status = ended("Hub", Ending({"a": error()}, []), failures=before)
    assert (status.failures, status.retry_at) == (before + 1, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("reason", [c.REJECTED, c.APPROVAL_EXPIRED, c.PUBLIC_API_SERVER])
def test_a_failure_is_tried_again_whatever_else_is_waited_for(reason: str) -> None:
    """Where a step failed, a person's decision is not the only thing that can change."""
    waits = [{"reason": reason, "message": "held", "on": ""}]
    assert ended("Spoke", Ending({"a": error()}, waits)).retry_at == NOW + timedelta(minutes=1)


def test_who_was_paced_is_no_more_when_it_ends() -> None:
    """A run that came to its end was looked at: the condition is over, and is not made up where it never was."""
    paced = (Condition(type=c.PACED, status="True", reason=c.TOO_MANY_WAKES),)
    found = find(ended("Hub", Ending({}, []), conditions=paced).conditions, c.PACED)
    assert found is not None
    assert (found.status, found.reason, found.last_transition_time) == ("False", c.IDLE, NOW)
    assert find(ended("Hub", Ending({}, [])).conditions, c.PACED) is None


def test_success_forgets_failures() -> None:
    """The next failure starts from the first pause again."""
    assert ended("Hub", Ending({}, []), failures=7).failures == 0
