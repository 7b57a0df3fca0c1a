"""Clusters that somebody else makes in the small Azure, and documents that attach them."""

from __future__ import annotations

from typing import Any

from shared.model import naming
from shared.model.resource_id import ResourceId
from tests.model.samples import ATTACHED, SUBSCRIPTION, cluster, hub, spoke
from tests.plan.documents import CLUSTER
from tests.plan.fleet import Fleet

Json = dict[str, Any]

ELSEWHERE = "11111111-1111-1111-1111-111111111111"
ZONE_TYPE = "Microsoft.Network/privateDnsZones"
REGION = "privatelink.westeurope.azmk8s.io"
HUB_NETWORK = naming.hub_network(hub())
SHARED_ZONE = naming.private_dns_zone(hub())
NODES = naming.spoke_network(spoke(), hub()).child("subnets", "nodes")


def theirs(name: str = "shop", subscription: str = SUBSCRIPTION) -> ResourceId:
    """Return the id of somebody else's cluster."""
    group = ResourceId.of_group(subscription, "rg-theirs")
    return group.resource("Microsoft.ContainerService/managedClusters", name)


def zone_of(name: str, subscription: str = SUBSCRIPTION) -> ResourceId:
    """Return the id of somebody else's zone."""
    return ResourceId.of_group(subscription, "rg-zones").resource(ZONE_TYPE, name)


def made(zone: str = "system", **changes: Any) -> Json:
    """Return the body with which somebody makes a private cluster in the spoke."""
    return {
        "location": "westeurope",
        "properties": {
            "dnsPrefix": "shop",
            "nodeResourceGroup": changes.pop("group", "MC_shop"),
            "agentPoolProfiles": [{"name": "system", "vnetSubnetID": str(NODES)}],
            "apiServerAccessProfile": {"enablePrivateCluster": True, "privateDNSZone": zone},
            "networkProfile": {"outboundType": "userDefinedRouting"},
            **changes,
        },
    }


def attaching(identity: ResourceId, name: str = "") -> Any:
    """Return the document that attaches a cluster."""
    return cluster(name, **ATTACHED | {"managedClusterId": str(identity)})


def behind_our_back(fleet: Fleet, identity: ResourceId, body: Json, zone: ResourceId | None = None) -> None:
    """Make a cluster, and the zone that it brings, without any document."""
    for group in {identity.resource_group, *([zone.resource_group] if zone else [])}:
        fleet.azure.put(str(group), {"location": "westeurope"})
    if zone is not None and fleet.azure.get(zone) is None:
        fleet.azure.put(str(zone), {"location": "global"})
    fleet.azure.put(str(identity), body)


def network_ready() -> Fleet:
    """Return a hub with a spoke, settled."""
    fleet = Fleet([hub(), spoke()])
    fleet.settle()
    return fleet


def attached(body: Json, zone: ResourceId | None = None, identity: ResourceId | None = None) -> Fleet:
    """Return a settled fleet whose cluster was made behind our back, and its document stored; the writes are ours."""
    fleet = network_ready()
    identity = identity or theirs()
    behind_our_back(fleet, identity, body, zone)
    fleet.documents[CLUSTER] = attaching(identity)
    fleet.azure.writes.clear()
    return fleet
