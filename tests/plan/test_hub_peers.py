"""What a hub does for the networks that joined it: who may go out, which address space it learns of, which links go."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import naming
from shared.model.document import parse_document, to_json
from shared.model.related import Related
from shared.plan import planner
from shared.plan.documents import hub_firewall
from shared.plan.observed import Observed
from shared.plan.steps import Action
from tests.model.samples import ABSENT, NETWORK, hub, spoke
from tests.plan.documents import HUB
from tests.plan.fleet import Fleet
from tests.plan.newcomers import network_id, newcomer

Json = dict[str, Any]

ZONE = naming.private_dns_zone(hub())


def joined(name: str, *space: str, network: str = NETWORK, leaving: bool = False, held: bool = False) -> Any:
    """Return a network that joined with this address space; `held`: it was not let in."""
    document = newcomer(name, status={"addressSpace": list(space)}, virtualNetworkId=network)
    body = to_json(document)
    body["status"]["outputs"] = {} if held else {"virtualNetworkId": network}
    body["metadata"]["deletionRequested"] = "2026-01-01T00:00:00Z" if leaving else None
    return parse_document(body)


SOURCES: dict[str, tuple[Any, tuple[Any, ...], list[str]]] = {
    "the pool and the hub": (hub(), (), ["10.64.0.0/10", "10.0.0.0/22"]),
    "a spoke of the pool adds nothing": (hub(), (joined("a", "10.64.4.0/22"),), ["10.64.0.0/10", "10.0.0.0/22"]),
    "a network beyond it": (
        hub(),
        (joined("a", "172.16.4.0/22", "10.64.0.0/22"),),
        ["10.64.0.0/10", "10.0.0.0/22", "172.16.4.0/22"],
    ),
    "two, in one order": (
        hub(),
        (joined("b", "172.16.8.0/22"), joined("a", "172.16.4.0/22")),
        ["10.64.0.0/10", "10.0.0.0/22", "172.16.4.0/22", "172.16.8.0/22"],
    ),
    "one that waits for an approval": (
        hub(),
        (joined("a", "172.16.4.0/22", held=True),),
        ["10.64.0.0/10", "10.0.0.0/22"],
    ),
    "one that leaves": (hub(), (joined("a", "172.16.4.0/22", leaving=True),), ["10.64.0.0/10", "10.0.0.0/22"]),
    "no pool": (hub(spokePool=ABSENT), (joined("a", "172.16.4.0/22"),), ["*"]),
}


@pytest.mark.parametrize(("document", "spokes", "sources"), SOURCES.values(), ids=SOURCES)
def test_who_may_go_out(document: Any, spokes: tuple[Any, ...], sources: list[str]) -> None:
    """The firewall lets out the pool, the hub and what was let in; without a pool, whoever is routed to it."""
    for group in hub_firewall.rules(document, Related(spokes=spokes)):
        for collection in group.body["properties"]["ruleCollections"]:
            of_all = [rule for rule in collection["rules"] if not rule["name"].startswith("machine-")]
            assert all(rule["sourceAddresses"] == sources for rule in of_all)
            own = [rule["sourceAddresses"] for rule in collection["rules"] if rule not in of_all]
            assert own in ([], [["10.0.0.64/27"]] * len(own)), "the hub's machines have rules of their own subnets"


APPROVED = ["10.80.0.0/22"]
SPACES: dict[str, tuple[list[str], list[str], bool]] = {
    "as approved": (APPROVED, APPROVED, True),
    "in another order": (["10.80.0.0/22", "10.90.0.0/24"], ["10.90.0.0/24", "10.80.0.0/22"], True),
    "larger than approved": (APPROVED, ["10.80.0.0/22", "10.90.0.0/24"], False),
    "smaller than approved": (["10.80.0.0/22", "10.90.0.0/24"], APPROVED, False),
    "with IPv6 beside it": (APPROVED, [*APPROVED, "fd00::/48"], True),
    "not known yet": ([], ["10.80.0.0/22"], True),
}


@pytest.mark.parametrize(("approved", "present", "follows"), SPACES.values(), ids=SPACES)
def test_the_hub_learns_of_approved_addresses_only(approved: list[str], present: list[str], *, follows: bool) -> None:
    """A side that is out of sync is synced where the network is as it was approved, and else left as it is."""
    member = joined("a", *approved)
    side = naming.hub_peering(hub(), member)
    properties = {
        "remoteVirtualNetwork": {"id": NETWORK},
        "allowVirtualNetworkAccess": True,
        "allowForwardedTraffic": True,
        "peeringState": "Connected",
        "peeringSyncLevel": "LocalNotInSync",
        "remoteAddressSpace": {"addressPrefixes": ["10.1.1.0/24"]},
        "remoteVirtualNetworkAddressSpace": {"addressPrefixes": present},
        "provisioningState": "Succeeded",
    }
    observed = Observed([{"id": str(side), "name": side.name, "properties": properties}])
    plan = planner.make(hub(), Related(spokes=(member,)), observed)
    found = [step for step in plan.steps if step.resource_id == str(side)]
    assert [step.action for step in found] == ([Action.UPDATE] if follows else [])


def linked(**links: str) -> Fleet:
    """Return a hub at rest, in whose zone others made links to networks."""
    fleet = Fleet([hub(), spoke()])
    fleet.settle()
    for name, network in links.items():
        body = {"location": "global", "properties": {"virtualNetwork": {"id": network}}}
        fleet.azure.resources[f"{ZONE}/virtualNetworkLinks/{name}".lower()] = {
            **body,
            "id": f"{ZONE}/virtualNetworkLinks/{name}",
            "name": name,
        }
    return fleet


def test_links_to_networks_that_are_gone_go() -> None:
    """Whoever made them, one delete each; a link to a network that is there stays, whosever that is."""
    there = network_id("there", "rg-there")
    fleet = linked(gone=network_id("gone"), there=there, spoke=str(naming.spoke_network(spoke(), hub())))
    fleet.azure.put("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-there", {})
    fleet.azure.put(there, {})
    steps = fleet.settle()
    assert [(step.action, step.reason) for step in steps] == [
        (Action.DELETE, "virtual network link gone leads to virtual network gone, which is gone")
    ]


def test_only_networks_of_others_are_read() -> None:
    """A hub's look reads no network of its own spokes, and each other one once."""
    other = network_id("other")
    fleet = linked(a=other, b=other, c=str(naming.hub_network(hub())), d=str(naming.spoke_network(spoke(), hub())))
    document = fleet.documents[HUB]
    related = fleet.related(document)
    observed = fleet.azure.read(planner.reads(document, related))
    assert [read.scope.lower() for read in planner.further_reads(document, related, observed)] == [other.lower()]
