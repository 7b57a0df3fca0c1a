"""Azure changed behind the documents' backs, and documents changed before Azure: one write mends each thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.model.resource_id import ResourceId
from shared.plan.steps import Action, canonical
from tests.model.samples import cluster, hub, set_at, spoke
from tests.plan.documents import CLUSTER, HUB, RULES, SPOKE, landscape
from tests.plan.fleet import Fleet

if TYPE_CHECKING:
    from shared.plan.steps import Step

GROUPS = "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups"
HUB_NETWORK = f"{GROUPS}/rg-hub-weu/providers/microsoft.network"
SPOKE_NETWORK = f"{GROUPS}/rg-payments/providers/microsoft.network"
NODES = f"{SPOKE_NETWORK}/virtualnetworks/vnet-payments/subnets/nodes"

OPENED = (
    "apiServerAccessProfile.enablePrivateClusterPublicFQDN of managed cluster aks-payments-prod is True, "
    "should be False"
)

DRIFTS: dict[str, tuple[str, str, Any, str]] = {
    "a route that leads elsewhere": (
        f"{SPOKE_NETWORK}/routetables/rt-payments/routes/default-to-firewall",
        "properties__nextHopIpAddress",
        "10.9.9.9",
        "next hop of route default-to-firewall is 10.9.9.9, should be 10.0.0.4",
    ),
    "a subnet without its route table": (
        NODES,
        "properties__routeTable",
        None,
        "route table is missing on subnet nodes",
    ),
    "a rule too many in our security group": (
        f"{SPOKE_NETWORK}/networksecuritygroups/nsg-payments",
        "properties__securityRules",
        [{"name": "open", "properties": {"priority": 100}}],
        "securityRules[open] on network security group nsg-payments is not in its document",
    ),
    "a firewall rule taken out": (
        f"{HUB_NETWORK}/firewallpolicies/afwp-weu/rulecollectiongroups/aks-private",
        "properties__ruleCollections__0__rules",
        [],
        "ruleCollections[network].rules[azure-container-registry] is missing on rule collection group aks-private",
    ),
    "a link that registers machines": (
        f"{HUB_NETWORK}/privatednszones/privatelink.westeurope.azmk8s.io/virtualnetworklinks/vnet-hub-weu",
        "properties__registrationEnabled",
        True,
        "registrationEnabled of virtual network link vnet-hub-weu is True, should be False",
    ),
    "a peering out of sync": (
        f"{SPOKE_NETWORK}/virtualnetworks/vnet-payments/virtualnetworkpeerings/payments-to-weu",
        "properties__peeringSyncLevel",
        "LocalNotInSync",
        "peeringSyncLevel of peering payments-to-weu is LocalNotInSync, should be FullyInSync",
    ),
    "a cluster that was opened": (
        f"{GROUPS}/rg-payments/providers/microsoft.containerservice/managedclusters/aks-payments-prod",
        "properties__apiServerAccessProfile__enablePrivateClusterPublicFQDN",
        True,
        OPENED,
    ),
    "a failed operation": (
        f"{HUB_NETWORK}/azurefirewalls/afw-weu",
        "properties__provisioningState",
        "Failed",
        "the last operation on firewall afw-weu failed",
    ),
}


def settled() -> Fleet:
    """Return documents that came to rest, with things of others in what is ours."""
    fleet = Fleet(landscape("as in the example"))
    fleet.settle()
    nodes = fleet.azure.resources[NODES]["properties"]
    nodes |= {"serviceEndpoints": [{"service": "Microsoft.Storage"}], "delegations": []}
    for body in fleet.azure.resources.values():
        if "tags" in body:
            body["tags"]["cost-centre"] = "42"
    assert fleet.settle() == []
    return fleet


@pytest.mark.parametrize(("where", "member", "value", "reason"), DRIFTS.values(), ids=DRIFTS)
def test_one_drifted_member_is_one_update_that_keeps_the_rest(where: str, member: str, value: Any, reason: str) -> None:
    """The write says what was wrong, touches that resource only, and loses nothing that others added."""
    fleet = settled()
    before = content(fleet, where)
    body = fleet.azure.resources[where]
    set_at(body, member.split("__"), value)
    if value is None:
        del body["properties"][member.split("__")[1]]
    (step,) = fleet.settle()
    assert (step.action, step.resource_id.lower(), step.reason) == (Action.UPDATE, where, reason)
    assert content(fleet, where) == before


def content(fleet: Fleet, where: str) -> bytes:
    """Return one resource as Azure shows it, without version and in one case."""
    return canonical({**(fleet.azure.get(where) or {}), "etag": ""}).lower()


@pytest.mark.parametrize(
    "where",
    [
        NODES,
        f"{SPOKE_NETWORK}/virtualnetworks/vnet-payments/virtualnetworkpeerings/payments-to-weu",
        f"{HUB_NETWORK}/firewallpolicies/afwp-weu/rulecollectiongroups/aks-private",
        f"{HUB_NETWORK}/virtualnetworks/vnet-hub-weu/virtualnetworkpeerings/weu-to-payments",
    ],
    ids=["subnet", "spoke's side", "rules", "hub's side"],
)
def test_what_was_deleted_is_made_again(where: str) -> None:
    """A child that somebody deleted comes back, and a peering with both its sides anew."""
    fleet = settled()
    if where == NODES:
        del fleet.azure.resources[where]  # Azure would refuse while nodes are in it: it can only be missing.
    else:
        fleet.azure.delete(where)
    steps = fleet.settle()
    made = [step.resource_id.lower() for step in steps if step.action is Action.CREATE]
    assert where in made
    assert len(made) == (2 if "peerings" in where else 1)
    assert fleet.waits() == {}


CHANGES: dict[str, tuple[Any, Any, list[str]]] = {
    "a rule more": (HUB, hub(firewall__applicationRules=RULES), ["create rulecollectiongroups.document"]),
    "another pack": (
        HUB,
        hub(firewall__rulePack="aks-private-strict"),
        ["create rulecollectiongroups.aks-private-strict", "delete rulecollectiongroups.aks-private"],
    ),
    "a DNS server": (
        HUB,
        hub(dns__customServers=["10.0.1.4"]),
        [
            "create a.spokewright-probe",
            "update firewallpolicies.afwp-weu",
            "update virtualnetworks.vnet-hub-weu",
            "update virtualnetworks.vnet-payments",
        ],
    ),
    "another version": (CLUSTER, cluster(kubernetesVersion="1.34"), ["update managedclusters.aks-payments-prod"]),
    "tags of a spoke's table": (
        SPOKE,
        spoke(tags={"team": "a"}),
        [
            "update resourcegroups.rg-payments",
            "update routetables.rt-payments",
            "update networksecuritygroups.nsg-payments",
            "update virtualnetworks.vnet-payments",
        ],
    ),
}


@pytest.mark.parametrize(("key", "document", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_changed_document_changes_what_it_says_and_back(key: Any, document: Any, expected: list[str]) -> None:
    """Only what the change is about is written; and taking it back leaves no rule and no server behind."""
    fleet = settled()
    original = fleet.documents[key]
    fleet.change(key, document)
    assert said(fleet.settle()) == expected
    fleet.change(key, original)
    assert all(step.action is not Action.CREATE or "aks-private" in step.id for step in fleet.settle())
    names = [where.rsplit("/", 1)[1] for where in fleet.azure.resources if "/rulecollectiongroups/" in where]
    assert names == ["aks-private"]
    servers = fleet.azure.resources[f"{HUB_NETWORK}/virtualnetworks/vnet-hub-weu"]["properties"]["dhcpOptions"]
    assert servers == {"dnsServers": []}
    assert not any("spokewright-probe" in where for where in fleet.azure.resources)


def said(steps: list[Step]) -> list[str]:
    """Return actions and the readable part of step ids."""
    return [f"{step.action} {step.id.rsplit('.', 1)[0]}" for step in steps]


def test_an_update_of_a_cluster_does_not_double_its_identity() -> None:
    """Azure spells the identity's id its own way; the write names one identity, not two."""
    fleet = settled()
    fleet.change(CLUSTER, cluster(tier="Free"))
    (step,) = fleet.plan(CLUSTER).steps
    (identity,) = step.body["identity"]["userAssignedIdentities"]
    assert ResourceId.parse(identity).name == "id-payments-prod"


def test_an_identity_that_was_made_anew_gets_its_roles_anew() -> None:
    """A role assignment names a principal for good: a new principal needs new assignments."""
    fleet = settled()
    where = f"{GROUPS}/rg-payments/providers/microsoft.managedidentity/userassignedidentities/id-payments-prod"
    del fleet.azure.resources[where]
    done = said(fleet.settle())
    assert sum(line.startswith("delete roleassignments") for line in done) == 3
    assert sum(line.startswith("create roleassignments") for line in done) == 3
