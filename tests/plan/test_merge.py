"""Bodies of updates: nothing that others added is lost, nothing that Azure computes is sent."""

from __future__ import annotations

from typing import Any

import pytest

from shared.plan.merge import overlay, subtract, without

TABLE = {"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/rt"}
GROUP = {"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/nsg"}
SUBNET: dict[str, Any] = {
    "name": "nodes",
    "etag": "1",
    "properties": {
        "provisioningState": "Succeeded",
        "addressPrefix": "10.64.0.0/23",
        "networkSecurityGroup": GROUP,
        "serviceEndpoints": [{"service": "Microsoft.Storage", "provisioningState": "Succeeded"}],
        "delegations": [{"name": "d", "etag": "2", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
        "natGateway": {"id": "nat"},
    },
}


def test_a_subnet_keeps_what_others_gave_it() -> None:
    """Our route table is laid over a subnet whose security group, endpoints, delegations and gateway stay."""
    assert overlay({"properties": {"routeTable": TABLE}}, SUBNET) == {
        "name": "nodes",
        "properties": {
            "addressPrefix": "10.64.0.0/23",
            "networkSecurityGroup": GROUP,
            "serviceEndpoints": [{"service": "Microsoft.Storage"}],
            "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
            "natGateway": {"id": "nat"},
            "routeTable": TABLE,
        },
    }


OVERLAYS: dict[str, tuple[Any, Any, Any]] = {
    "ours win": ({"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
    "plain lists are replaced": ({"zones": ["1"]}, {"zones": ["2", "3"]}, {"zones": ["1"]}),
    "closed named lists hold ours only": (
        {"rules": [{"name": "a", "port": 1}]},
        {"rules": [{"name": "A", "port": 2, "note": "kept"}, {"name": "x"}]},
        {"rules": [{"name": "a", "port": 1, "note": "kept"}]},
    ),
    "open named lists keep theirs": (
        {"open": [{"name": "a", "port": 1}]},
        {"open": [{"name": "x", "etag": "1"}, {"name": "A", "port": 2}]},
        {"open": [{"name": "a", "port": 1}, {"name": "x"}]},
    ),
    "members are one in any case": (
        {"identities": {"/Sub/RG/id": {}}},
        {"identities": {"/sub/rg/id": {"principalId": "p"}}},
        {"identities": {"/Sub/RG/id": {"principalId": "p"}}},
    ),
    "a reference is never merged": (
        {"a": {"$ref": {"resource": "r", "path": "p"}}},
        {"a": {"id": "x"}},
        {"a": {"$ref": {"resource": "r", "path": "p"}}},
    ),
    "an object replaces a value": ({"a": {"b": 1}}, {"a": "x"}, {"a": {"b": 1}}),
}


@pytest.mark.parametrize(("want", "have", "merged"), OVERLAYS.values(), ids=OVERLAYS)
def test_overlay(want: Any, have: Any, merged: Any) -> None:
    """The merged body is what is there with what is ours over it."""
    assert overlay(want, have, open_lists=("open",)) == merged


def test_overlay_leaves_its_arguments_alone() -> None:
    """What was observed is compared and merged more than once, so merging changes neither side."""
    want, have = {"a": {"b": [1]}}, {"a": {"b": [2], "c": {"etag": "1"}}}
    overlay(want, have)
    assert (want, have) == ({"a": {"b": [1]}}, {"a": {"b": [2], "c": {"etag": "1"}}})


SUBTRACTIONS: dict[str, tuple[Any, Any, Any]] = {
    "our route table goes, the rest stays": (
        {"properties": {"routeTable": TABLE}},
        {"name": "nodes", "properties": {"routeTable": TABLE, "natGateway": {"id": "nat"}}},
        {"name": "nodes", "properties": {"natGateway": {"id": "nat"}}},
    ),
    "in whatever case Azure gives it back": (
        {"properties": {"routeTable": TABLE}},
        {"properties": {"routeTable": {"id": TABLE["id"].upper()}, "natGateway": {"id": "nat"}}},
        {"properties": {"natGateway": {"id": "nat"}}},
    ),
    "somebody's other route table stays": (
        {"properties": {"routeTable": TABLE}},
        {"properties": {"routeTable": {"id": "theirs"}}},
        {"properties": {"routeTable": {"id": "theirs"}}},
    ),
    "nothing of ours is there": ({"properties": {"routeTable": TABLE}}, {"name": "nodes"}, {"name": "nodes"}),
    "we added nothing": ({}, {"name": "vnet", "properties": {}}, {"name": "vnet", "properties": {}}),
}


@pytest.mark.parametrize(("ours", "have", "rest"), SUBTRACTIONS.values(), ids=SUBTRACTIONS)
def test_subtract(ours: Any, have: Any, rest: Any) -> None:
    """Giving back takes away what we added, unless somebody changed it since."""
    assert subtract(ours, have) == rest


BODY = {"properties": {"pools": [{"name": "a", "count": 3}, {"name": "b", "count": 5}], "version": "1"}}


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["properties.version"], {"properties": {"pools": BODY["properties"]["pools"]}}),
        (
            ["properties.pools.1.count"],
            {"properties": {"pools": [{"name": "a", "count": 3}, {"name": "b"}], "version": "1"}},
        ),
        (["properties.pools.7.count", "properties.none.at.all", "x"], BODY),
        (["properties.pools.count"], BODY),
    ],
    ids=["a member", "a member of one item", "what is not there", "a list without a position"],
)
def test_without(paths: list[str], left: Any) -> None:
    """Members that cannot be compared are left out by their path."""
    assert without(BODY, paths) == left
