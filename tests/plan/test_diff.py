"""What counts as a difference, and what is only Azure's way of saying the same."""

from __future__ import annotations

from typing import Any

import pytest

from shared.plan.diff import Difference, differences

ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/rt"

SAME: dict[str, tuple[Any, Any]] = {
    "ids in another case": ({"id": ID}, {"id": ID.upper()}),
    "member names in another case": ({"privateDNSZone": "none"}, {"privateDnsZone": "none"}),
    "ids as names in another case": ({"identities": {ID: {}}}, {"identities": {ID.lower(): {"principalId": "p"}}}),
    "an enumeration in another case": ({"sku": {"name": "standard"}}, {"sku": {"name": "Standard"}}),
    "a region with a blank": ({"location": "westeurope"}, {"location": "West Europe"}),
    "false that is left out": ({"allowGatewayTransit": False}, {}),
    "an empty text that is left out": ({"description": ""}, {}),
    "an empty list that is left out": ({"dhcpOptions": {"dnsServers": []}}, {}),
    "an empty list that is null": ({"dnsServers": []}, {"dnsServers": None}),
    "a prefix with host bits": ({"addressPrefix": "10.1.0.0/16"}, {"addressPrefix": "10.1.2.3/16"}),
    "a number as text": ({"priority": 200}, {"priority": "200"}),
    "members we do not mention": ({"tags": {"a": "1"}}, {"tags": {"a": "1", "b": "2"}, "etag": "x"}),
    "plain lists in another order": ({"zones": ["1", "2"]}, {"zones": ["2", "1"]}),
    "nameless members with another case and order": (
        {"protocols": [{"protocolType": "Http", "port": 80}, {"protocolType": "Https", "port": 443}]},
        {"protocols": [{"Port": 443, "ProtocolType": "https"}, {"Port": 80, "ProtocolType": "http"}]},
    ),
    "named lists in another order": (
        {"rules": [{"name": "a", "port": 1}, {"name": "b", "port": 2}]},
        {"rules": [{"name": "B", "port": 2}, {"name": "A", "port": 1}]},
    ),
    "a reference to what is there": ({"principalId": {"$ref": {"resource": ID, "path": "x"}}}, {"principalId": "p"}),
}


@pytest.mark.parametrize(("want", "have"), SAME.values(), ids=SAME)
def test_azures_spelling_is_no_difference(want: Any, have: Any) -> None:
    """What Azure re-cases, reorders, leaves out or adds is not drift."""
    assert list(differences(want, have)) == []


DIFFERENT: dict[str, tuple[Any, Any, Difference]] = {
    "a missing member": ({"routeTable": {"id": ID}}, {}, Difference("routeTable.id", ID, None)),
    "another value": ({"a": {"b": 1}}, {"a": {"b": 2}}, Difference("a.b", 1, 2)),
    "true that is left out": ({"enabled": True}, {}, Difference("enabled", want=True, have=None)),
    "false that is true": ({"open": False}, {"open": True}, Difference("open", want=False, have=True)),
    "a text where an object should be": ({"a": {"b": 1}}, {"a": "x"}, Difference("a.b", 1, None)),
    "another prefix length": (
        {"p": "10.0.0.0/16"},
        {"p": "10.0.0.0/17"},
        Difference("p", "10.0.0.0/16", "10.0.0.0/17"),
    ),
    "a blank that counts": ({"tags": {"t": "a b"}}, {"tags": {"t": "ab"}}, Difference("tags.t", "a b", "ab")),
    "a plain list with one more": ({"zones": ["1"]}, {"zones": ["1", "2"]}, Difference("zones", ["1"], ["1", "2"])),
    "a plain list to be emptied": ({"servers": []}, {"servers": ["10.0.0.4"]}, Difference("servers", [], ["10.0.0.4"])),
    "a named member that is missing": (
        {"rules": [{"name": "a"}]},
        {"rules": []},
        Difference("rules[a]", {"name": "a"}, None),
    ),
    "a named member too many": ({"rules": []}, {"rules": [{"name": "x"}]}, Difference("rules[x]", None, {"name": "x"})),
    "a named member that differs": (
        {"rules": [{"name": "a", "port": 1}]},
        {"rules": [{"name": "A", "port": 2}]},
        Difference("rules[a].port", 1, 2),
    ),
    "members told apart by id": (
        {"links": [{"id": ID}]},
        {"links": [{"id": ID.upper()}, {"id": "other"}]},
        Difference("links[other]", None, {"id": "other"}),
    ),
    "a reference to what is not there": (
        {"principalId": {"$ref": {"resource": ID, "path": "x"}}},
        {},
        Difference("principalId", {"$ref": {"resource": ID, "path": "x"}}, None),
    ),
}


@pytest.mark.parametrize(("want", "have", "difference"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_difference_is_named_by_its_path(want: Any, have: Any, difference: Difference) -> None:
    """What is not as wanted is found once, with where it is, what it should be and what it is."""
    assert list(differences(want, have)) == [difference]


def test_further_members_of_an_open_list_belong_to_others() -> None:
    """In a list said to be open only our own members are compared."""
    want = {"properties": {"subnets": [{"name": "nodes", "size": 1}]}}
    have = {"properties": {"subnets": [{"name": "Nodes", "size": 2}, {"name": "theirs"}]}}
    found = list(differences(want, have, open_lists=("properties.subnets",)))
    assert found == [Difference("properties.subnets[nodes].size", 1, 2)]
