"""Plans in plain words."""

from __future__ import annotations

import pytest

from shared.model.resource_id import ResourceId
from shared.plan import words
from shared.plan.diff import Difference

SUBNET = ResourceId.of_group("s", "rg").resource("Microsoft.Network/virtualNetworks", "vnet").child("subnets", "nodes")

PHRASES = {
    "missing": (Difference("properties.routeTable.id", "x", None), "route table is missing on subnet nodes"),
    "different": (Difference("properties.addressPrefix", "a", "b"), "address prefix of subnet nodes is b, should be a"),
    "too many": (
        Difference("properties.rules[x]", None, {"name": "x"}),
        "rules[x] on subnet nodes is not in its document",
    ),
    "lists": (
        Difference("properties.dhcpOptions.dnsServers", [], ["10.0.0.4", "10.0.0.5"]),
        "list of DNS servers of subnet nodes is 10.0.0.4, 10.0.0.5, should be empty",
    ),
    "long": (Difference("a", "x", "y" * 500), f"a of subnet nodes is {'y' * 119}…, should be x"),
}


@pytest.mark.parametrize(("difference", "said"), PHRASES.values(), ids=PHRASES)
def test_a_difference_is_a_phrase(difference: Difference, said: str) -> None:
    """A reason says what is wrong on which resource."""
    assert words.phrase(difference, SUBNET) == said


def test_many_differences_fit_a_line() -> None:
    """Past three the reason counts."""
    found = tuple(Difference(str(number), 1, 2) for number in range(5))
    assert words.phrases(found, SUBNET).endswith("2 of subnet nodes is 2, should be 1; and 2 more")


def test_an_unknown_kind_is_called_by_its_type() -> None:
    """What we have no word for is still named."""
    nat = ResourceId.of_group("s", "rg").resource("Microsoft.Network/natGateways", "nat")
    assert words.missing(nat) == "Microsoft.Network/natGateways nat is missing"
