"""Parts that a hub's document no longer has: they go, in Azure's order, and nothing stays when the hub goes."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.document import parse_document, to_json
from shared.plan.steps import Action
from tests.plan.documents import HUB, landscape
from tests.plan.fleet import Fleet


def without(fleet: Fleet, part: str) -> None:
    """Take a part out of the hub's document, as a request would: the next generation of it."""
    document: Any = to_json(fleet.documents[HUB])
    document["spec"][part] = None if part == "jumpServer" else {"enabled": False}
    document["metadata"]["generation"] += 1
    fleet.documents[HUB] = parse_document(document)


@pytest.fixture
def fleet() -> Fleet:
    """A hub with Bastion and a jump server, at rest."""
    fleet = Fleet(landscape("Bastion"))
    fleet.settle()
    return fleet


@pytest.mark.parametrize(
    ("part", "gone"),
    [
        ("bastion", ["bastionhosts/bas-weu", "publicipaddresses/pip-bas-weu"]),
        ("jumpServer", ["virtualmachines/vm-jump-weu", "networkinterfaces/nic-jump-weu"]),
    ],
    ids=["bastion", "jump-server"],
)
def test_a_part_that_left_the_document_leaves_azure(fleet: Fleet, part: str, gone: list[str]) -> None:
    """The part and what it used are deleted, users first; nothing else is touched, and then the hub is at rest."""
    without(fleet, part)
    steps = fleet.settle()
    deleted = [step.resource_id.lower() for step in steps if step.action is Action.DELETE]
    assert ["/".join(resource.split("/")[-2:]) for resource in deleted] == gone
    assert fleet.plan(HUB).steps == ()


@pytest.mark.parametrize("part", ["bastion", "jumpServer"])
def test_a_hub_takes_along_what_its_document_had_before(fleet: Fleet, part: str) -> None:
    """A hub that is deleted right after a part was taken out of its document leaves nothing of that part."""
    without(fleet, part)
    fleet.delete()
    fleet.settle()
    assert fleet.azure.resources == {}
