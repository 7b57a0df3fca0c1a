"""Forwarders are made anew one at a time, each asked before the next goes; what is left of them goes unused only."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import naming
from shared.plan.documents.hub_dns import CONFIGURED
from shared.plan.steps import Action
from tests.model.samples import hub, spoke
from tests.plan.documents import HUB
from tests.plan.fleet import Fleet

Json = dict[str, Any]

FIRST, SECOND = "10.0.1.4", "10.0.1.5"
FORWARDER: Json = {"mode": "forwarder"}
OTHER_UPSTREAM = FORWARDER | {"forwarder": {"upstream": ["10.9.0.9"]}}
THEIRS: Json = {"mode": "external", "customServers": ["10.9.0.4"]}
ROUNDS = 12


def settled(dns: Json) -> Fleet:
    """Return a hub with a spoke, at rest."""
    fleet = Fleet([hub(dns=dns), spoke()])
    fleet.settle()
    return fleet


def changed(fleet: Fleet, dns: Json) -> None:
    """Apply another version of the hub's document."""
    before = fleet.documents[HUB].metadata.generation
    document = hub(dns=dns)
    fleet.change(
        HUB,
        document.model_copy(
            update={"metadata": document.metadata.model_copy(update={"generation": before + 1})},
        ),
    )


def watched(fleet: Fleet, *installing: str) -> list[str]:
    """Let everybody go on; return what became of machines, and when the servers were asked, in order.

    `installing`: servers that are silent in the first proof after their machine was made.
    """
    events: list[str] = []
    for _ in range(ROUNDS):
        for key in sorted(fleet.documents):
            events += [f"{step.action} {name}" for step in fleet.turn(key) if (name := _machine(step.resource_id))]
            fleet.publish(key)
        young = {FIRST: "create vm-dns-weu-1", SECOND: "create vm-dns-weu-2"}
        silent = {server for server in installing if events[-1:] == [young[server]]}
        fleet.silent |= silent
        if fleet.prove(HUB):
            events.append("asked")
        fleet.silent -= silent
    return events


def _machine(identity: str) -> str:
    name = identity.rpartition("/")[2]
    return name if "/virtualMachines/" in identity and name.startswith("vm-dns") else ""


ONE, TWO = ["delete vm-dns-weu-1", "create vm-dns-weu-1"], ["delete vm-dns-weu-2", "create vm-dns-weu-2"]


OTHERS: dict[str, Json] = {
    "another upstream": OTHER_UPSTREAM,
    "another size": FORWARDER | {"forwarder": {"size": "Standard_D2s_v5"}},
    "a zone each": FORWARDER | {"forwarder": {"zones": ["1", "2"]}},
    "a further zone to forward": FORWARDER | {"forwardedZones": ["privatelink.vaultcore.azure.net"]},
    "another range on-premises": FORWARDER | {"onPremisesRanges": ["203.0.113.0/24"]},
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_second_goes_when_the_first_one_answered(name: str) -> None:
    """The servers are asked, the first is made anew and asked, and only then the second: never are both away."""
    fleet = settled(FORWARDER)
    changed(fleet, OTHERS[name])
    assert watched(fleet) == ["asked", *ONE, "asked", *TWO, "asked"]
    assert watched(fleet) == []


def test_one_that_still_installs_itself_is_waited_for() -> None:
    """It was made and does not answer yet: the other one stays until it does."""
    fleet = settled(FORWARDER)
    changed(fleet, OTHER_UPSTREAM)
    assert watched(fleet, FIRST, SECOND) == ["asked", *ONE, "asked", "asked", *TWO, "asked", "asked"]


def test_machines_of_an_earlier_version_are_made_anew_the_same_way() -> None:
    """The document is the same, so that no proof is new by it: the proof is of machines that stand no more."""
    fleet = settled(FORWARDER)
    for number in (1, 2):
        _tags(fleet, number)[CONFIGURED] = "earlier"
    assert watched(fleet) == ["asked", *ONE, "asked", *TWO, "asked"]


def test_never_while_the_other_one_is_silent() -> None:
    """The silent one is made anew, for nobody misses it; the one that answers stays until that one does."""
    fleet = settled(FORWARDER)
    fleet.silent = {SECOND}
    changed(fleet, OTHER_UPSTREAM)
    assert watched(fleet) == ["asked", *TWO, "asked"]
    fleet.silent = set()
    assert watched(fleet) == ["asked", *ONE, "asked"]


def test_both_are_silent() -> None:
    """Their upstream server died, and the document names another one: they are made anew, or nothing would mend."""
    fleet = settled(OTHER_UPSTREAM)
    fleet.silent = {FIRST, SECOND}
    changed(fleet, FORWARDER)
    assert watched(fleet) == ["asked", *ONE, "asked"], "the second may still know private names"
    fleet.silent = {SECOND}
    assert watched(fleet) == ["asked", *TWO, "asked"]


def test_a_single_one_is_away_meanwhile() -> None:
    """With one machine there is nobody to wait for."""
    one: Json = {"count": 1}
    fleet = settled(FORWARDER | {"forwarder": one})
    changed(fleet, FORWARDER | {"forwarder": one | {"upstream": ["10.9.0.9"]}})
    assert watched(fleet) == ["asked", *ONE, "asked"]


def test_a_tag_that_somebody_took_off_is_put_back() -> None:
    """It says what the machine was made with; the machine is the same, and serves on."""
    fleet = settled(FORWARDER)
    del _tags(fleet, 1)[CONFIGURED]
    (step,) = fleet.plan(HUB).steps
    assert (step.action, step.resource_id) == (Action.UPDATE, str(naming.forwarder(fleet.documents[HUB], 1)))
    assert watched(fleet) == ["update vm-dns-weu-1"]


def _tags(fleet: Fleet, number: int) -> dict[str, str]:
    machine = naming.forwarder(fleet.documents[HUB], number)
    tags: dict[str, str] = fleet.azure.resources[machine.key]["tags"]
    return tags


# What is left


def test_they_go_when_the_last_network_has_others() -> None:
    """Networks get other servers first; then the machines, their interfaces, their set, and the record."""
    fleet = settled(FORWARDER)
    changed(fleet, THEIRS)
    fleet.silent = {"10.9.0.4"}
    assert not [event for event in watched(fleet) if event.startswith("delete")], "networks still have them"
    fleet.silent = set()
    before = len(fleet.azure.writes)
    assert [event for event in watched(fleet) if event != "asked"] == ["delete vm-dns-weu-1", "delete vm-dns-weu-2"]
    gone = [where.rpartition("/")[2] for verb, where in fleet.azure.writes[before:] if verb == "delete"]
    assert gone == ["vm-dns-weu-1", "vm-dns-weu-2", "nic-dns-weu-1", "nic-dns-weu-2", "avail-dns-weu"]


@pytest.mark.parametrize("mode", ["azure", "external"])
def test_beside_another_mode_they_stay(mode: str) -> None:
    """They are in the document, for on-premises asks them: nothing of them goes, whoever networks ask."""
    fleet = settled(FORWARDER)
    changed(fleet, (THEIRS if mode == "external" else {"mode": mode}) | {"forwarder": {}})
    assert [event for event in watched(fleet) if event != "asked"] == []


def test_the_second_goes_when_there_is_to_be_one() -> None:
    """First networks have the first one alone; then the second goes, and the set stays."""
    fleet = settled(FORWARDER)
    changed(fleet, FORWARDER | {"forwarder": {"count": 1}})
    assert [event for event in watched(fleet) if event != "asked"] == ["delete vm-dns-weu-2"]
    network = fleet.azure.get(naming.spoke_network(fleet.documents[spoke().key], fleet.documents[HUB])) or {}
    assert network["properties"]["dhcpOptions"]["dnsServers"] == [FIRST]
