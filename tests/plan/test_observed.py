"""What was read, and what was asked: something is gone only where the question that would have shown it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.resource_id import ResourceId
from shared.plan.observed import Observed, Read

GROUP = "/subscriptions/AAAA/resourceGroups/Rg-One"
TYPE = "Microsoft.Network/virtualNetworks"
NETWORK = f"{GROUP}/providers/{TYPE}/Net"
SUBNET = f"{NETWORK}/subnets/nodes"


def body(identity: str, **properties: Any) -> dict[str, Any]:
    """Return a resource."""
    return {"id": identity, "name": identity.rpartition("/")[2], "properties": properties}


ASKED: dict[str, tuple[Read, bool]] = {
    "by itself": (Read("", NETWORK), True),
    "by itself, in another case and with a slash": (Read("", NETWORK.upper() + "/"), True),
    "its group": (Read(TYPE, GROUP), True),
    "its group, in another case": (Read(TYPE.upper(), GROUP.lower()), True),
    "its subscription": (Read(TYPE, "/subscriptions/aaaa"), True),
    "another group": (Read(TYPE, GROUP + "-two"), False),
    "another subscription": (Read(TYPE, "/subscriptions/bbbb"), False),
    "another type in its group": (Read("Microsoft.Network/routeTables", GROUP), False),
    "a subnet of it": (Read("", SUBNET), False),
    "its group itself": (Read("", GROUP), False),
}


@pytest.mark.parametrize(("question", "gone"), ASKED.values(), ids=ASKED)
def test_gone_is_what_was_asked_for_and_did_not_come(question: Read, *, gone: bool) -> None:
    """An answer that does not have it says that it is gone; no answer says nothing."""
    wanted = ResourceId.parse(NETWORK)
    assert Observed(asked=[question]).gone(wanted) is gone
    assert Observed([body(NETWORK.lower())], asked=[question]).gone(wanted) is False
    assert Observed([body(NETWORK + "-two")], asked=[question]).gone(wanted) is gone


def test_nobody_asked() -> None:
    """Without questions nothing is gone."""
    assert not Observed([body(NETWORK + "-two")]).gone(ResourceId.parse(NETWORK))


def test_a_question_asked_later_counts() -> None:
    """What was seen first and what was asked later are one picture; the later body stands."""
    first = Observed([body(NETWORK, size=1)], asked=[Read("", NETWORK)])
    both = first.joined(Observed([body(NETWORK.lower(), size=2)], asked=[Read("", NETWORK + "-two")]))
    assert both.gone(ResourceId.parse(NETWORK + "-two"))
    assert not both.gone(ResourceId.parse(NETWORK))
    assert both.get(NETWORK) == body(NETWORK.lower(), size=2)
    assert (len(first), first.gone(ResourceId.parse(NETWORK + "-two"))) == (1, False)


def test_children_inside_a_joined_answer_are_found() -> None:
    """Subnets come inside their network; a mention of one by id is no subnet, and hides none."""
    mention = {"id": "x", "properties": {"subnets": [{"id": SUBNET}]}}
    seen = Observed([body(NETWORK, subnets=[body(SUBNET)])]).joined(Observed([mention]))
    assert seen.get(SUBNET) == body(SUBNET)
    assert seen.within(NETWORK) == (body(SUBNET),)
