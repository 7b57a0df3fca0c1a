"""Ids in documents name one resource, and no other: nothing in them changes the path that is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.document import parse_request
from shared.model.errors import Invalid
from tests.model.samples import ABSENT, SUBSCRIPTION, sample

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/"
NETWORK = "/providers/Microsoft.Network/virtualNetworks/"
GOOD = ("rg-team", "RG (old)".replace(" ", "_"), "a.b", "..a", "straße-日本")
HOSTILE = (
    "..",
    ".",
    "...",
    "a/../b",
    "a%2f..",
    "a?api-version=1",
    "a#b",
    "a\\b",
    "a\\..\\b",
    "a b",
    "a\tb",
    "a\r\nHost: evil.example",
    "a\x00b",
    "a\x7f",
    "a'b",
    'a"b',
    "a|b",
    "<b>",
    "a&b",
    "a:b",
    "a*",
    "",
)


def spoke(network: str) -> Any:
    """Return the request of a spoke that adopts a network."""
    return sample("Spoke", "team", hub="weu", addressSpace=ABSENT, virtualNetworkId=network)


@pytest.mark.parametrize("name", GOOD)
def test_names_that_azure_has_are_taken(name: str) -> None:
    """A group or a network may have any name that Azure gives it."""
    network = f"{GROUP}{name}{NETWORK}{name}"
    assert parse_request(spoke(network)).spec.virtual_network_id == network  # type: ignore[union-attr]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("place", ["group", "network"])
def test_a_name_that_is_more_than_a_name_is_refused(place: str, name: str) -> None:
    """What would lead to another resource, or end a line, a text or a path, is refused with its place."""
    group, network = (name, "vnet") if place == "group" else ("rg", name)
    with pytest.raises(Invalid) as refused:
        parse_request(spoke(f"{GROUP}{group}{NETWORK}{network}"))
    assert [problem.path for problem in refused.value.problems] == ["$.spec.virtualNetworkId"]
