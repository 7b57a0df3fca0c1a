"""Azure's events: what is read from them, what does not matter, and what is malformed and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.azure_events import (
    LARGEST,
    MOST_EVENTS,
    MOST_PROBLEMS,
    Notice,
    decode,
    parse,
    validation_code,
)
from shared.model.errors import Invalid, Problem

Json = dict[str, Any]

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-team"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-team"
TABLE = f"{GROUP}/providers/Microsoft.Network/routeTables/rt"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
WHO = "8a3b8a4e-0000-0000-0000-000000000009"
OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def event(uri: str = VNET, operation: str = "Microsoft.Network/virtualNetworks/write", **changes: Any) -> Json:
    """An event in the Event Grid schema."""
    return {
        "id": "e-1",
        "topic": "/subscriptions/00000000-0000-0000-0000-000000000001",
        "subject": uri,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-01-02T03:04:05.1234567Z",
        "dataVersion": "2",
        "data": {
            "claims": {"appid": "a", OBJECT_ID: WHO},
            "correlationId": "c-1",
            "resourceUri": uri,
            "operationName": operation,
            "status": "Succeeded",
        },
    } | changes


def cloud_event(**changes: Any) -> Json:
    """The same as a CloudEvent."""
    source = event()
    return {
        "specversion": "1.0",
        "id": source["id"],
        "source": source["topic"],
        "type": source["eventType"],
        "time": source["eventTime"],
        "data": source["data"],
    } | changes


def with_data(**changes: Any) -> Json:
    """An event whose data differs; None takes a member away."""
    data = event()["data"] | changes
    return event(data={name: value for name, value in data.items() if value is not None})


NOTICE = Notice(
    resource_id=VNET,
    operation="write",
    type="microsoft.network/virtualnetworks",
    requester=WHO,
    correlation_id="c-1",
    time="2026-01-02T03:04:05.123456+00:00",
    event_id="e-1",
)


@pytest.mark.parametrize("body", [event(), [event()], cloud_event(), [cloud_event()]], ids=["one", "list", "ce", "ces"])
def test_both_schemas_say_the_same(body: Any) -> None:
    """An event gives one notice in either schema, alone or in a list."""
    assert parse(body) == (NOTICE,)


def test_schemas_may_mix_and_order_is_kept() -> None:
    """A list gives its notices in its order."""
    notices = parse([cloud_event(id="a"), event(id="b")])
    assert [notice.event_id for notice in notices] == ["a", "b"]


@pytest.mark.parametrize(
    ("uri", "operation", "about"),
    [
        (VNET, "Microsoft.Network/virtualNetworks/write", VNET),
        (f"{VNET}/subnets/nodes", "Microsoft.Network/virtualNetworks/subnets/delete", VNET),
        (f"{VNET}/virtualNetworkPeerings/p", "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write", VNET),
        (TABLE, "Microsoft.Network/routeTables/delete", TABLE),
        (f"{TABLE}/routes/default", "Microsoft.Network/routeTables/routes/write", TABLE),
        (CLUSTER, "Microsoft.ContainerService/managedClusters/write", CLUSTER),
        (ZONE, "Microsoft.Network/privateDnsZones/write", ZONE),
        (f"{ZONE}/virtualNetworkLinks/l", "Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete", ZONE),
    ],
    ids=["network", "subnet", "peering", "table", "route", "cluster", "zone", "link"],
)
def test_what_matters(uri: str, operation: str, about: str) -> None:
    """Each operation of interest is a notice of its resource, about the root to look at."""
    (notice,) = parse(event(uri, operation))
    assert (notice.resource_id, notice.about) == (uri, about)
    assert operation.lower() == f"{notice.type}/{notice.operation}"


def test_a_tag_is_about_its_resource_which_stays() -> None:
    """Tags written or deleted are a write of the resource that they are on."""
    uri = f"{VNET}/providers/Microsoft.Resources/tags/default"
    for verb in ("write", "delete"):
        (notice,) = parse(event(uri, f"Microsoft.Resources/tags/{verb}"))
        assert (notice.resource_id, notice.operation, notice.type) == (VNET, "write", NOTICE.type)


def test_any_case_is_one_spelling() -> None:
    """Ids, operations and types in any case give the id as Azure writes it."""
    shouted = (
        VNET.replace("vnet-team", "VNET-TEAM").upper().replace("/RESOURCEGROUPS/RG-TEAM", "/RESOURCEGROUPS/rg-team")
    )
    (notice,) = parse(event(shouted, "MICROSOFT.NETWORK/VIRTUALNETWORKS/WRITE", eventType="RESOURCEWRITESUCCESS"))
    assert notice.resource_id == VNET.replace("vnet-team", "VNET-TEAM")
    (lowered,) = parse(event(f"{VNET}/".lower(), "microsoft.network/virtualnetworks/delete"))
    assert (lowered.resource_id, lowered.operation) == (VNET, "delete")


@pytest.mark.parametrize(
    "body",
    [
        [],
        event(operation="Microsoft.Network/networkSecurityGroups/write"),
        event(operation="Microsoft.Network/virtualNetworks/peer/action"),
        event(operation="Microsoft.Network/virtualNetworks/read"),
        event(eventType="Microsoft.Resources.ResourceWriteFailure"),
        event(eventType="Microsoft.Storage.BlobCreated", data={"url": "https://x"}),
        cloud_event(type="Some.Other.Thing", data=None),
        event("/providers/Microsoft.Management/managementGroups/m", "Microsoft.Management/managementGroups/write"),
        event(f"{GROUP}/providers/Microsoft.Network/virtualNetworkGateways/g"),
        event(f"{GROUP}/providers/Microsoft.Resources/tags/default", "Microsoft.Resources/tags/write"),
        event(f"{GROUP[:51]}/providers/Microsoft.Resources/tags/default", "Microsoft.Resources/tags/write"),
        event(GROUP),
    ],
    ids=[
        "nothing",
        "another type",
        "an action",
        "a read",
        "a failure",
        "another source",
        "another cloud event",
        "above subscriptions",
        "an id of another type",
        "tags of a group",
        "tags of a subscription",
        "an id of a group",
    ],
)
def test_what_does_not_matter_gives_no_notice(body: Any) -> None:
    """What is well-formed and of no interest is neither a notice nor a fault."""
    assert parse(body) == ()


MALFORMED: dict[str, tuple[Any, str]] = {
    "null": (None, "$"),
    "a text": ("event", "$"),
    "a number in a list": ([event(), 7], "$[1]"),
    "a list in a list": ([[event()]], "$[0]"),
    "of no schema": ({"data": {}}, "$"),
    "an empty type": (event(eventType=""), "$.eventType"),
    "a type that is no text": (event(eventType=["a"]), "$.eventType"),
    "another version": (cloud_event(specversion="0.3"), "$.specversion"),
    "a version that is no text": (cloud_event(specversion=1.0), "$.specversion"),
    "a cloud event without type": (cloud_event(type=None), "$.type"),
    "no data": ({k: v for k, v in event().items() if k != "data"}, "$.data"),
    "data that is a text": (event(data=json.dumps(event()["data"])), "$.data"),
    "no id": (with_data(resourceUri=None), "$.data.resourceUri"),
    "no operation": (with_data(operationName=None), "$.data.operationName"),
    "an id that is a list": (with_data(resourceUri=[VNET]), "$.data.resourceUri"),
    "an id that is none": (with_data(resourceUri="vnet-team"), "$.data.resourceUri"),
    "half an id": (with_data(resourceUri=f"{GROUP}/providers/Microsoft.Network/virtualNetworks"), "$.data.resourceUri"),
    "an id without a group": (
        with_data(resourceUri="/subscriptions/s/providers/Microsoft.Network/virtualNetworks/v"),
        "$.data.resourceUri",
    ),
    "an id on another": (with_data(resourceUri=VNET + VNET[len(GROUP) :]), "$.data.resourceUri"),
    "a way out of the path": (with_data(resourceUri=VNET.replace("vnet-team", "..")), "$.data.resourceUri"),
    "a query in the path": (with_data(resourceUri=VNET + "?x=1"), "$.data.resourceUri"),
    "an escape in the path": (with_data(resourceUri=VNET + "%2F"), "$.data.resourceUri"),
    "half a character": (with_data(resourceUri=VNET + "\ud800"), "$.data.resourceUri"),
    "a line break": (with_data(resourceUri=VNET + "\r\n"), "$.data.resourceUri"),
    "an endless id": (with_data(resourceUri=VNET + "x" * 3000), "$.data.resourceUri"),
    "too many": ([{}] * (MOST_EVENTS + 1), "$"),
}


@pytest.mark.parametrize(("body", "path"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_said_with_its_place(body: Any, path: str) -> None:
    """A malformed event is Invalid, and the fault has its path and a message that stays short."""
    with pytest.raises(Invalid) as caught:
        parse(body)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert 0 < len(problem.message) < 500


def test_every_fault_is_named() -> None:
    """All faults of all events are named at once, each with its path."""
    faulty = with_data(resourceUri=7, operationName=None)
    with pytest.raises(Invalid) as caught:
        parse([event(), faulty, {}, cloud_event(data=1)])
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["$[1].data.resourceUri", "$[1].data.operationName", "$[2]", "$[3].data"]


def test_endless_faults_are_counted() -> None:
    """Of very many faults the first are named, and the rest is a number."""
    with pytest.raises(Invalid) as caught:
        parse([{}] * 1000)
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    assert "900 more" in caught.value.problems[-1].message


@pytest.mark.parametrize(
    "claims", [None, "admin", {}, {OBJECT_ID: 7}, {OBJECT_ID: "a b"}, {OBJECT_ID: "x" * 65}], ids=str
)
def test_who_is_unknown_unless_plainly_said(claims: Any) -> None:
    """Without a plain object id in the claims nobody is named, and that is no fault."""
    (notice,) = parse(with_data(claims=claims))
    assert notice.requester == ""


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ("2026-01-02T05:04:05+02:00", "2026-01-02T03:04:05.000000+00:00"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05.000000+00:00"),
        ("0001-01-01T00:00:00+23:00", ""),
        ("yesterday", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_times_compare_as_texts(time: Any, read: str) -> None:
    """Every zone becomes UTC in one length; what is no time is empty, and no fault."""
    (notice,) = parse(event(eventTime=time))
    assert notice.time == read


def test_decode() -> None:
    """JSON is read; what is none, is too deep or too large is Invalid."""
    assert decode(b'[{"a": 1}]') == [{"a": 1}]
    for raw in (b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b" " * (LARGEST + 1), b"9" * 5000):
        with pytest.raises(Invalid):
            decode(raw)


def test_validation_code() -> None:
    """A validation gives its code in either schema, also with its data encoded twice; other events give none."""
    type_, data = "Microsoft.EventGrid.SubscriptionValidationEvent", {"validationCode": "512d38b6"}
    assert validation_code([event(eventType=type_, data=data)]) == "512d38b6"
    assert validation_code(cloud_event(type=type_, data=json.dumps(data))) == "512d38b6"
    assert [validation_code(body) for body in (event(), [], [7], None, "x", {"eventType": 7})] == [None] * 6
    for wrong in ({}, {"validationCode": 7}, None, "{", [data]):
        with pytest.raises(Invalid):
            validation_code([event(eventType=type_, data=wrong)])


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def _is_read_or_refused(body: Any) -> None:
    """Reading gives notices or Invalid, never anything else, and leaves the body alone."""
    problems: tuple[Problem, ...]
    before, problems = repr(body), (Problem("$", "none"),)
    try:
        for notice in parse(body):
            assert notice.about.lower() in notice.resource_id.lower()
        validation_code(body)
    except Invalid as error:
        problems = error.problems
    assert problems
    assert all(problem.path.startswith("$") and problem.message for problem in problems)
    assert repr(body) == before


@given(ANY_JSON)
def test_any_json_is_read_or_refused(body: Any) -> None:
    """Whatever JSON comes, the answer is notices or Invalid."""
    _is_read_or_refused(body)


@given(
    st.sampled_from(["eventType", "specversion", "type", "data", "eventTime", "id"]),
    st.sampled_from(["resourceUri", "operationName", "claims", "correlationId", "status"]),
    ANY_JSON,
    ANY_JSON,
)
def test_any_member_may_be_anything(outer: str, inner: str, value: Any, deeper: Any) -> None:
    """An event that is right but for some members is read or refused too."""
    _is_read_or_refused([event(**{outer: value}), cloud_event(data=event()["data"] | {inner: deeper})])


@given(st.text(max_size=60))
def test_any_tail_of_an_id_is_read_or_refused(tail: str) -> None:
    """Whatever follows an id, the notice's own id is one that reads back as itself."""
    try:
        notices = parse(with_data(resourceUri=VNET + tail))
    except Invalid:
        return
    for notice in notices:
        (again,) = parse(with_data(resourceUri=notice.resource_id))
        assert again.resource_id == notice.resource_id
