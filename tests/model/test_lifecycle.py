"""Which events follow from how a status changed, and what they carry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs import lifecycle_events
from shared.model import conditions as c
from shared.model.approval import Approval
from shared.model.conditions import Condition
from shared.model.envelope import Status
from shared.model.event_data import DATA, LONGEST_MESSAGE
from shared.model.lifecycle import TYPES, compose, removal, transitions
from tests.model.samples import parsed

if TYPE_CHECKING:
    from shared.model.document import Document

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas" / "events"
AT = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = (c.APPROVED, "False", c.APPROVAL_NEEDED)
APPROVED = (c.APPROVED, "True", c.PLAN_APPROVED)
READY = (c.READY, "True", c.PROVISIONED)
FAILED = (c.READY, "False", c.STEP_FAILED)
WAITING = (c.READY, "False", c.HUB_NOT_READY)
DIFFERS = (c.DRIFTED, "True", c.DIFFERENCES_FOUND)
SAME = (c.DRIFTED, "False", c.IN_SYNC)

Fact = tuple[str, Any, str]


def status(*facts: Fact, message: str = "", **fields: Any) -> Status:
    """Return a status with these conditions."""
    found = tuple(Condition(type=type_, status=value, reason=reason, message=message) for type_, value, reason in facts)
    return Status(conditions=found).model_copy(update=fields)


def with_status(kind: str, *facts: Fact, **fields: Any) -> Document:
    """Return a document with these conditions."""
    return parsed(kind).model_copy(update={"status": status(*facts, **fields)})


def deleting(kind: str, at: datetime = AT) -> Document:
    """Return a document that is to be deleted."""
    document = parsed(kind)
    metadata = document.metadata.model_copy(update={"deletion_requested": at})
    return document.model_copy(update={"metadata": metadata})


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        pytest.param("Hub", [], [READY], ["Hub.Ready"], id="first-ready"),
        pytest.param("Hub", [FAILED], [READY], ["Hub.Ready"], id="ready-again"),
        pytest.param("Cluster", [WAITING], [READY], ["Cluster.Ready"], id="cluster-ready"),
        pytest.param("Spoke", [WAITING], [READY], ["Spoke.Attached"], id="attached"),
        pytest.param("Spoke", [READY], [READY], [], id="still-ready"),
        pytest.param("Spoke", [], [WAITING], [], id="never-was-ready"),
        pytest.param("Spoke", [WAITING], [FAILED], [], id="another-reason-to-wait"),
        pytest.param("Spoke", [READY], [FAILED], ["Spoke.Degraded"], id="degraded"),
        pytest.param("Hub", [READY], [FAILED], ["Hub.Degraded"], id="hub-degraded"),
        pytest.param("Cluster", [READY], [WAITING], ["Cluster.Degraded"], id="cluster-degraded"),
        pytest.param("Hub", [SAME], [DIFFERS], ["Hub.Drifted"], id="drifted"),
        pytest.param("Spoke", [], [DIFFERS], ["Spoke.Drifted"], id="drifted-at-first-sight"),
        pytest.param("Cluster", [DIFFERS], [SAME], ["Cluster.DriftRepaired"], id="repaired"),
        pytest.param("Cluster", [], [SAME], [], id="never-drifted"),
        pytest.param("Hub", [DIFFERS], [DIFFERS], [], id="still-drifted"),
        pytest.param("Hub", [DIFFERS], [(c.DRIFTED, "False", c.DRIFT_IGNORED)], [], id="ignored-is-not-repaired"),
        pytest.param("Hub", [SAME], [(c.DRIFTED, "True", c.DRIFT_IGNORED)], [], id="ignored-is-not-told"),
        pytest.param("Spoke", [], [ASKED], ["Spoke.ApprovalRequested"], id="asked"),
        pytest.param("Spoke", [ASKED], [ASKED], [], id="asked-already"),
        pytest.param("Spoke", [ASKED], [APPROVED], ["Spoke.Approved"], id="approved"),
        pytest.param("Spoke", [APPROVED], [ASKED], ["Spoke.ApprovalRequested"], id="asked-anew"),
        pytest.param("Spoke", [ASKED], [(c.APPROVED, "False", c.REJECTED)], ["Spoke.Rejected"], id="rejected"),
        pytest.param(
            "Spoke", [ASKED], [(c.APPROVED, "False", c.APPROVAL_EXPIRED)], ["Spoke.ApprovalExpired"], id="expired"
        ),
        pytest.param("Spoke", [], [(c.APPROVED, "False", c.REFUSED)], ["Spoke.Refused"], id="refused"),
        pytest.param("Spoke", [], [(c.APPROVED, "True", c.APPROVED_BY_RULE)], [], id="by-rule-nobody-is-asked"),
        pytest.param("Hub", [], [ASKED], [], id="only-spokes-are-approved"),
        pytest.param(
            "Spoke", [ASKED], [APPROVED, READY], ["Spoke.Approved", "Spoke.Attached"], id="several-in-their-order"
        ),
    ],
)
def test_what_happened(kind: str, before: list[Fact], after: list[Fact], expected: list[str]) -> None:
    """Each change of a condition that matters is one event, anything else none."""
    found = transitions(status(*before), status(*after), parsed(kind))
    assert found == tuple(f"Spokewright.{name}" for name in expected)


def test_a_message_is_no_event() -> None:
    """A condition that only words itself anew is not told again."""
    assert transitions(status(FAILED, message="a"), status(FAILED, message="b"), parsed("Spoke")) == ()


@pytest.mark.parametrize("kind", ["Hub", "Spoke", "Cluster"])
def test_what_is_deleted_does_not_degrade(kind: str) -> None:
    """That a document which is to go stops being ready is meant, and not told."""
    assert transitions(status(READY), status((c.READY, "False", c.DELETING)), deleting(kind)) == ()


FACTS = st.sampled_from([ASKED, APPROVED, READY, FAILED, DIFFERS, SAME])


@given(st.sampled_from(["Hub", "Spoke", "Cluster"]), st.lists(FACTS), st.lists(FACTS))
def test_every_event_is_in_the_table(kind: str, before: list[Fact], after: list[Fact]) -> None:
    """Whatever changes: only types of the table and of the kind, each once, and nothing where nothing changed."""
    found = transitions(status(*before), status(*after), parsed(kind))
    assert set(found) <= TYPES.keys()
    assert len(set(found)) == len(found)
    assert all(name.startswith(f"Spokewright.{kind}.") for name in found)
    assert transitions(status(*after), status(*after), parsed(kind)) == ()


def test_the_names() -> None:
    """The names are a contract."""
    words = {name.removeprefix("Spokewright.") for name in TYPES}
    approvals = {"ApprovalRequested", "Approved", "Rejected", "ApprovalExpired", "Refused"}
    every = {f"{kind}.{word}" for kind in ("Hub", "Spoke", "Cluster") for word in ("Degraded", "Drifted")}
    every |= {f"{kind}.DriftRepaired" for kind in ("Hub", "Spoke", "Cluster")}
    every |= {f"{kind}.{word}" for kind in ("Hub", "Cluster") for word in ("Ready", "Deleted")}
    assert words == every | {f"Spoke.{word}" for word in approvals | {"Attached", "Detached"}}


def test_an_approval_request() -> None:
    """The request names the plan that was asked about, which is not always the last one, and who made the network."""
    approval = Approval.model_validate({"state": "asked", "hub": "weu", "addressSpace": [], "hash": "asked"})
    spoke = with_status("Spoke", ASKED, message="a person", plan_hash="last", approval=approval)
    metadata = spoke.metadata.model_copy(update={"origin": "event", "requested_by": "someone", "generation": 3})
    event = compose("Spokewright.Spoke.ApprovalRequested", spoke.model_copy(update={"metadata": metadata}), AT)
    assert (event["subject"], event["time"]) == ("spokes/payments", "2026-01-01T00:00:00+00:00")
    assert event["data"] == {
        "document": "Spoke/payments",
        "generation": 3,
        "reason": c.APPROVAL_NEEDED,
        "message": "a person",
        "origin": "event",
        "planHash": "asked",
        "requestedBy": "someone",
        "outputs": {},
    }


def test_outputs_are_a_chosen_few() -> None:
    """Only what the schema names, and only what is there."""
    spoke = with_status("Spoke", READY, outputs={"peered": True, "subnets": {"nodes": "/x"}, "routeTableId": None})
    assert compose("Spokewright.Spoke.Attached", spoke, AT)["data"]["outputs"] == {"peered": True}


def test_the_message_is_capped() -> None:
    """However much Azure had to say, an event stays small."""
    event = compose("Spokewright.Hub.Degraded", with_status("Hub", FAILED, message="é" * 5000), AT)
    assert len(event["data"]["message"]) == LONGEST_MESSAGE


def test_ids() -> None:
    """The same event has the same id; another type, moment, generation or document has another."""
    hub = with_status("Hub", READY)
    newer = hub.model_copy(update={"metadata": hub.metadata.model_copy(update={"generation": 9})})
    events = [
        compose("Spokewright.Hub.Ready", hub, AT),
        compose("Spokewright.Hub.Drifted", hub, AT),
        compose("Spokewright.Hub.Ready", hub, AT + timedelta(microseconds=1)),
        compose("Spokewright.Hub.Ready", newer, AT),
        compose("Spokewright.Hub.Ready", parsed("Hub", "neu"), AT),
    ]
    assert len({event["id"] for event in events}) == len(events)
    assert compose("Spokewright.Hub.Ready", hub, AT) == events[0]


@pytest.mark.parametrize(("kind", "type_"), [("Hub", "Deleted"), ("Spoke", "Detached"), ("Cluster", "Deleted")])
def test_a_removal_repeats_its_id(kind: str, type_: str) -> None:
    """The end of a document is the same event whenever it is told, and another one for the next deletion."""
    document = deleting(kind)
    first, later = (compose(removal(document), document, AT + timedelta(minutes=minutes)) for minutes in (1, 5))
    assert first["type"] == f"Spokewright.{kind}.{type_}"
    assert first["id"] == later["id"]
    again = deleting(kind, AT + timedelta(days=1))
    assert compose(removal(again), again, AT)["id"] != first["id"]
    assert first["data"]["reason"] == "Removed"


@pytest.mark.parametrize("type_", TYPES)
def test_every_event_has_the_shape_of_its_schema(type_: str) -> None:
    """What is composed parses strictly as the model that the schema is made of, and is plain JSON."""
    kind = type_.split(".")[1]
    outputs = {"virtualNetworkId": "/a", "firewallPrivateIp": "10.0.1.4", "peered": True, "clusterId": "/c", "odd": 1}
    document = with_status(kind, READY, DIFFERS, ASKED, plan_hash="abc", outputs=outputs)
    event = compose(type_, document, AT)
    parsed_data = DATA[kind].model_validate_json(json.dumps(event["data"]), strict=True)
    assert parsed_data.model_dump(by_alias=True, exclude_none=True) == event["data"]
    assert event["data"]["outputs"]


def test_the_published_schemas_are_current() -> None:
    """What stands in docs/schemas/events is what `python -m docs.generate` would write."""
    published = {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.iterdir()}
    assert published == lifecycle_events.schemas()


def test_the_schemas_let_members_come() -> None:
    """A subscriber that checks by the schema must not refuse what a later version adds."""
    for text in lifecycle_events.schemas().values():
        assert "additionalProperties" not in text
        assert json.loads(text)["required"]
