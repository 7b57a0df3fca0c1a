"""Deletions: in the order that Azure takes, leaving nothing of ours and everything of others."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from shared.plan.steps import Action, canonical
from tests.model.samples import NETWORK, SUBSCRIPTION, cluster, hub, spoke
from tests.plan.documents import CLUSTER, HUB, LANDSCAPES, SPOKE, landscape
from tests.plan.fleet import Fleet

OLD = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.80.0.0/16"]}}}
GATEWAY = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-old/providers/Microsoft.Network/natGateways/nat"
THEIR_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-old/providers/Microsoft.Network/networkSecurityGroups/x"


@pytest.mark.parametrize("name", LANDSCAPES)
def test_deleting_everything_at_once_leaves_nothing(name: str) -> None:
    """One request for all three documents takes everything down, each resource by at most one write."""
    fleet = Fleet(landscape(name))
    fleet.settle()
    fleet.delete()
    steps = fleet.settle()
    assert fleet.azure.resources == {}
    assert fleet.documents == {}
    assert {step.action for step in steps} == {Action.DELETE}
    assert len({step.resource_id.lower() for step in steps}) == len(steps)


def test_the_order_is_azures() -> None:
    """Cluster, links, zone, peerings, roles and identity, networks: users before what they use."""
    fleet = Fleet(landscape("a subzone"))
    fleet.settle()
    fleet.azure.writes.clear()
    fleet.delete()
    fleet.settle()
    gone = [resource for _, resource in fleet.azure.writes]
    place = {what: [index for index, resource in enumerate(gone) if what in resource] for what in ORDER}
    for earlier, later in pairwise(ORDER):
        assert min(place[earlier]) < max(place[later]), (earlier, later)
    assert gone.index(gone[place["managedclusters/"][0]]) < min(place["pay.privatelink.westeurope.azmk8s.io/virtual"])
    assert max(place["roleassignments/"]) < min(place["userassignedidentities/"])
    assert gone[-1].endswith("/resourcegroups/rg-hub-weu")


ORDER = (
    "managedclusters/",
    "pay.privatelink.westeurope.azmk8s.io/virtual",
    "roleassignments/",
    "userassignedidentities/",
    "virtualnetworkpeerings/",
    "virtualnetworks/",
    "resourcegroups/",
)


@pytest.mark.parametrize(
    ("going", "message"),
    [(HUB, "Spoke/payments has to go first"), (SPOKE, "Cluster/payments-prod has to go first")],
    ids=["hub", "spoke"],
)
def test_what_others_are_attached_to_waits_for_them(going: Any, message: str) -> None:
    """A hub with spokes, and a spoke with clusters, is not touched."""
    fleet = Fleet(landscape("as in the example"))
    fleet.settle()
    fleet.delete(going)
    assert fleet.plan(going).steps == ()
    assert [wait.message for wait in fleet.plan(going).waits] == [message]


def test_a_spoke_that_goes_takes_the_hubs_side_of_its_peering_with_it() -> None:
    """The hub removes its side of a peering whose spoke is gone or going, and nothing else."""
    fleet = Fleet([*landscape("as in the example")[:2], spoke("other", addressSpace=["10.64.8.0/22"])])
    fleet.settle()
    fleet.delete(SPOKE)
    steps = fleet.settle()
    of_hub = [step.resource_id for step in steps if "rg-hub-weu" in step.resource_id]
    assert [resource.rsplit("/", 1)[1] for resource in of_hub] == ["weu-to-payments"]
    assert [body["name"] for where, body in fleet.azure.resources.items() if "peerings/weu-to" in where] == [
        "weu-to-other"
    ]


def test_a_group_with_something_of_others_in_it_stays() -> None:
    """What is not ours keeps its resource group, and the group is removed with the last of it."""
    fleet = Fleet(landscape("as in the example"))
    fleet.settle()
    theirs = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-payments/providers/Microsoft.Storage/storageAccounts/x"
    fleet.azure.put(theirs, {"location": "westeurope"})
    fleet.azure.foreign.add(theirs.lower())
    fleet.delete()
    fleet.settle()
    assert fleet.documents == {}
    assert {where.rsplit("/", 1)[1] for where in fleet.azure.resources} == {"rg-payments", "x"}


def test_a_spokes_group_stays_while_a_cluster_of_another_document_is_in_it() -> None:
    """Two spokes that share a group leave it to the one that goes last."""
    fleet = Fleet(
        [hub(), *(spoke(n, addressSpace=[f"10.64.{i}.0/24"], resourceGroup="rg-both") for n, i in [("a", 0), ("b", 1)])]
    )
    fleet.settle()
    fleet.delete(next(key for key in fleet.documents if key.name == "a"))
    fleet.settle()
    assert {where.rsplit("/", 1)[1] for where in fleet.azure.resources if "/rg-both/" in where} >= {"vnet-b", "rt-b"}
    fleet.delete()
    fleet.settle()
    assert fleet.azure.resources == {}


def adopting() -> Fleet:
    """Return a hub with a spoke that adopts a network of others, which holds things of theirs."""
    fleet = Fleet([hub(), spoke(addressSpace=[], virtualNetworkId=NETWORK), cluster()])
    fleet.azure.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-old", {"location": "westeurope"})
    fleet.azure.put(GATEWAY, {"location": "westeurope"})
    fleet.azure.put(THEIR_GROUP, {"location": "westeurope"})
    fleet.azure.put(NETWORK, OLD)
    subnet = {
        "addressPrefix": "10.80.0.0/24",
        "natGateway": {"id": GATEWAY},
        "networkSecurityGroup": {"id": THEIR_GROUP},
        "serviceEndpoints": [{"service": "Microsoft.Storage"}],
        "delegations": [],
    }
    fleet.azure.put(f"{NETWORK}/subnets/nodes", {"properties": subnet})
    fleet.azure.put(f"{NETWORK}/subnets/theirs", {"properties": subnet | {"addressPrefix": "10.80.1.0/24"}})
    return fleet


def test_an_adopted_network_is_given_back_as_it_was() -> None:
    """We add a route table to the subnet and a peering; afterwards the network is what it was before us."""
    fleet = adopting()
    before = content(fleet)
    assert {step.action for step in fleet.settle()} == {Action.CREATE, Action.UPDATE}
    nodes = fleet.azure.resources[f"{NETWORK}/subnets/nodes".lower()]["properties"]
    assert nodes["routeTable"]["id"].endswith("/rt-payments")
    assert nodes["natGateway"] == {"id": GATEWAY.replace("resourceGroups/rg-old", "resourcegroups/RG-OLD")}
    assert fleet.settle() == []
    fleet.delete()
    fleet.settle()
    assert content(fleet) == before


def content(fleet: Fleet) -> dict[str, Any]:
    """Return everything there is, without versions and in one case."""
    return {where: canonical({**body, "etag": ""}).lower() for where, body in fleet.azure.resources.items()}


def test_an_adopted_network_that_is_missing_is_waited_for() -> None:
    """Somebody else's network is never created, and never deleted."""
    fleet = Fleet([hub(), spoke(addressSpace=[], virtualNetworkId=NETWORK)])
    fleet.azure.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-old", {"location": "westeurope"})
    fleet.settle()
    assert any("it is adopted" in message for message in fleet.waits()["Spoke/payments"])


def test_an_attached_cluster_is_left_alone() -> None:
    """With policy Attach nothing is made, and nothing removed."""
    fleet = Fleet([hub(), spoke(), cluster()])
    fleet.settle()
    fleet.change(CLUSTER, cluster(policy="Attach"))
    assert fleet.settle() == []
    fleet.delete(CLUSTER)
    assert fleet.settle() == []
    assert CLUSTER not in fleet.documents
