"""Managed clusters: private, with the firewall as their only way out; and how to read one that somebody else made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.model.resource_id import ResourceId
from shared.plan.desired import Desired
from shared.plan.observed import properties
from shared.plan.resources import private_dns_zone as zones

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.mgmt.containerservice.types import (
        ContainerServiceNetworkProfile,
        ManagedClusterAgentPoolProfile,
        ManagedClusterAPIServerAccessProfile,
        ManagedClusterProperties,
    )

    from shared.model.cluster import Cluster, NodePool
    from shared.plan.steps import Json, Wait

TYPE = "Microsoft.ContainerService/managedClusters"


def desired(  # noqa: PLR0913 - the members of one REST body
    cluster: ResourceId,
    document: Cluster,
    location: str,
    tags: Mapping[str, str],
    *,
    identity: ResourceId,
    subnet: ResourceId,
    private_dns_zone: str,
    node_resource_group: str,
    needs: tuple[ResourceId, ...] = (),
    tells: tuple[str, ...] = (),
    blocked: Wait | None = None,
) -> Desired:
    """Return the cluster; `private_dns_zone` is a zone's id, `system` or `none`."""
    spec = document.spec
    properties: ManagedClusterProperties = {
        "kubernetesVersion": str(spec.kubernetes_version),
        "dnsPrefix": document.metadata.name,
        "nodeResourceGroup": node_resource_group,
        "nodeResourceGroupProfile": {"restrictionLevel": spec.node_resource_group.restriction_level},
        "enableRBAC": True,
        "agentPoolProfiles": [_pool(pool, subnet) for pool in spec.node_pools or ()],
        "apiServerAccessProfile": _access(document, private_dns_zone),
        "networkProfile": _network(document),
    }
    body = {
        "location": location,
        "tags": dict(tags),
        "sku": {"name": "Base", "tier": spec.tier},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {str(identity): {}}},
        "properties": properties,
    }
    return Desired(
        cluster,
        body,
        needs=(identity, *needs),
        lock=cluster,
        tells=tells,
        open_lists=("properties.agentPoolProfiles",),
        unread=tuple(f"properties.agentPoolProfiles.{index}.count" for index in _autoscaled(document)),
        blocked=blocked,
    )


def _autoscaled(document: Cluster) -> list[int]:
    """Return the positions of pools whose count the autoscaler decides."""
    return [index for index, pool in enumerate(document.spec.node_pools or ()) if pool.autoscale is not None]


def _access(document: Cluster, private_dns_zone: str) -> ManagedClusterAPIServerAccessProfile:
    return {
        "enablePrivateCluster": True,
        "enablePrivateClusterPublicFQDN": document.spec.private_dns.public_fqdn,
        "privateDNSZone": private_dns_zone,
        "disableRunCommand": document.spec.disable_run_command,
    }


def _network(document: Cluster) -> ContainerServiceNetworkProfile:
    network = document.spec.network
    return {
        "networkPlugin": network.plugin,
        "networkPluginMode": network.plugin_mode,
        "outboundType": document.spec.outbound_type,
        "loadBalancerSku": "standard",
        "podCidr": str(network.pod_cidr),
        "serviceCidr": str(network.service_cidr),
        "dnsServiceIP": str(network.dns_service_ip),
    }


def _pool(pool: NodePool, subnet: ResourceId) -> Any:
    profile: ManagedClusterAgentPoolProfile = {
        "name": pool.name,
        "mode": pool.mode,
        "vmSize": pool.size,
        "count": pool.count,
        "osType": "Linux",
        "type": "VirtualMachineScaleSets",
        "vnetSubnetID": str(subnet),
    }
    if pool.zones:
        profile["availabilityZones"] = list(pool.zones)
    if pool.autoscale is not None:
        profile["enableAutoScaling"] = True
        profile["minCount"], profile["maxCount"] = pool.autoscale.min, pool.autoscale.max
    if pool.max_pods is not None:
        profile["maxPods"] = pool.max_pods
    if pool.os_disk_size_gb is not None:
        profile["osDiskSizeGB"] = pool.os_disk_size_gb
    if pool.taints:
        profile["nodeTaints"] = list(pool.taints)
    if pool.labels:
        profile["nodeLabels"] = dict(pool.labels)
    return profile


def is_private(body: Json) -> bool:
    """Say whether the API server has an address inside the network only."""
    return bool(_access_profile(body).get("enablePrivateCluster"))


def authorized_ranges(body: Json) -> tuple[str, ...]:
    """Return from where a public API server may be called; empty means from everywhere."""
    return tuple(_access_profile(body).get("authorizedIPRanges") or ())


def node_group(cluster: ResourceId, body: Json) -> ResourceId | None:
    """Return the resource group of the nodes; None where Azure does not say it yet."""
    name = properties(body).get("nodeResourceGroup")
    return ResourceId.of_group(cluster.subscription, name) if name else None


def has_zone(body: Json) -> bool:
    """Say whether a private DNS zone holds the API server's name."""
    return is_private(body) and _zone_choice(body).lower() != "none"


def zone(cluster: ResourceId, body: Json) -> ResourceId | None:
    """Return the private DNS zone with the API server's name; None where there is none, or not yet.

    AKS names the zone that it makes itself by the private name, and keeps it with the nodes.
    """
    if not has_zone(body):
        return None
    if _zone_choice(body).lower() != "system":
        return ResourceId.parse(_zone_choice(body))
    group, name = node_group(cluster, body), str(properties(body).get("privateFQDN") or "").partition(".")[2]
    return group.resource(zones.TYPE, name) if group and name else None


def _zone_choice(body: Json) -> str:
    """Return a zone's id, `system` or `none`."""
    return str(_access_profile(body).get("privateDNSZone") or "system")


def outbound_type(body: Json) -> str:
    """Return how the nodes get out."""
    return str((properties(body).get("networkProfile") or {}).get("outboundType") or "loadBalancer")


def node_subnets(body: Json) -> tuple[ResourceId, ...]:
    """Return the subnets of the nodes, each once; none where AKS made the network."""
    pools = properties(body).get("agentPoolProfiles") or ()
    given = {str(pool["vnetSubnetID"]).lower(): str(pool["vnetSubnetID"]) for pool in pools if pool.get("vnetSubnetID")}
    return tuple(ResourceId.parse(subnet) for subnet in given.values())


def _access_profile(body: Json) -> dict[str, Json]:
    return properties(body).get("apiServerAccessProfile") or {}
