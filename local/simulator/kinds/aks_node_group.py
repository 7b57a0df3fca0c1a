"""The node resource group that AKS makes for a cluster: endpoint, zone, record, link; and their removal.

Everything here can run again on a cluster that failed half way: what is there is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.aks import POOL_TYPE, section
from local.simulator.kinds.identity import IDENTITY_TYPE, new_principal
from local.simulator.kinds.private_dns import LINK_TYPE, ZONE_TYPE
from local.simulator.kinds.private_dns_link import find_overlap, vnet_of_link
from local.simulator.kinds.private_dns_zone import add_soa
from local.simulator.kinds.private_endpoint import ENDPOINT_TYPE, address_of, make_interface
from local.simulator.resource import ResourceId, group_id, resource_id

if TYPE_CHECKING:
    from local.simulator.world import World

VNET_TYPE = "Microsoft.Network/virtualNetworks"
_MANAGED_SPACE = "10.224.0.0/12"
_MANAGED_SUBNET = "10.224.0.0/16"


def build_node_group(world: World, cluster: Resource) -> None:
    """Make what is missing of a cluster's node resource group, its private endpoint and its DNS."""
    group = node_group(cluster)
    if world.find(group) is None:
        body: Json = {
            "location": cluster.location,
            "tags": {"aks-managed-cluster-name": cluster.name, "aks-managed-cluster-rg": cluster.id.group},
            "managedBy": str(cluster.id),
            "properties": {"provisioningState": "Succeeded"},
        }
        _save(world, Resource(group, body))
    _add_kubelet_identity(world, cluster)
    subnet = node_subnet(world, cluster) or _add_network(world, cluster)
    _add_outbound_address(world, cluster)
    if _has_endpoint(cluster):
        _add_endpoint(world, cluster, subnet)
        _add_names(world, cluster, subnet)


def node_group(cluster: Resource) -> ResourceId:
    """Name the node resource group."""
    return group_id(cluster.id.subscription, str(cluster.properties["nodeResourceGroup"]))


def node_subnet(world: World, cluster: Resource) -> ResourceId | None:
    """Name the subnet of the first pool that has one, or the one that AKS made."""
    for pool in world.children(cluster.id, POOL_TYPE):
        if pool.properties.get("vnetSubnetID"):
            return ResourceId.of(str(pool.properties["vnetSubnetID"]))
    made = cluster.state.get("subnet")
    return ResourceId.of(made) if made and world.find(made) else None


def move_endpoint(world: World, cluster: Resource) -> None:
    """Give the API server another address, as a stop and a start may; the record follows."""
    endpoint = world.find(str(cluster.state.get("endpoint", "")))
    if endpoint is None:
        return
    old = [str(i["id"]) for i in endpoint.properties.get("networkInterfaces") or ()]
    subnet = ResourceId.of(endpoint.properties["subnet"]["id"])
    endpoint.properties["networkInterfaces"] = [{"id": str(make_interface(world, endpoint, subnet).id)}]
    world.save(endpoint)
    for nic in old:
        world.remove(ResourceId.of(nic))
    cluster.state["privateIp"] = address_of(world, endpoint)
    _write_record(world, cluster)


def remove_node_group(world: World, cluster: Resource) -> None:
    """Take away all that AKS made for a cluster: its group, and its record and link in a zone of others."""
    for name in ("record", "link"):
        found = world.find(str(cluster.state.get(name, "")))
        if found is not None:
            _drop(world, found)
    group = world.find(node_group(cluster))
    if group is None or str(group.body.get("managedBy", "")).lower() != cluster.key:
        return
    for resource in reversed(world.under(str(group.id))):
        if world.find(resource.id) is not None:
            _drop(world, resource)
    _drop(world, group)


def _has_endpoint(cluster: Resource) -> bool:
    access = section(cluster.properties, "apiServerAccessProfile")
    return bool(access.get("enablePrivateCluster")) and not access.get("enableVnetIntegration")


def _add_kubelet_identity(world: World, cluster: Resource) -> None:
    profile = section(cluster.properties, "identityProfile")
    if "kubeletidentity" in profile:
        found = world.find(str(profile["kubeletidentity"].get("resourceId", "")))
        if found is not None:
            profile["kubeletidentity"].setdefault("clientId", found.properties["clientId"])
            profile["kubeletidentity"].setdefault("objectId", found.properties["principalId"])
        return
    if not cluster.body.get("identity"):
        return
    group = node_group(cluster).name
    name = f"{cluster.name}-agentpool"
    identity = Resource(
        resource_id(cluster.id.subscription, group, IDENTITY_TYPE, name), {"location": cluster.location, "tags": {}}
    )
    tenant = str((cluster.body.get("identity") or {}).get("tenantId") or cluster.state.get("tenant", ""))
    identity.body["properties"] = new_principal(world, identity, tenant)
    _save(world, identity)
    shown = str(identity.id).replace("/resourceGroups/", "/resourcegroups/")
    kubelet = {
        "resourceId": shown,
        "clientId": identity.properties["clientId"],
        "objectId": identity.properties["principalId"],
    }
    cluster.properties["identityProfile"] = {**profile, "kubeletidentity": kubelet}


def _add_network(world: World, cluster: Resource) -> ResourceId:
    """Make the virtual network of a cluster that brought none."""
    number = int(world.random("vnet", cluster.key).random() * 90_000_000) + 10_000_000
    vnet = resource_id(cluster.id.subscription, node_group(cluster).name, VNET_TYPE, f"aks-vnet-{number}")
    properties: Json = {"addressSpace": {"addressPrefixes": [_MANAGED_SPACE]}, "provisioningState": "Succeeded"}
    properties["resourceGuid"] = world.guid("resource", vnet.key)
    properties["enableDdosProtection"] = False
    _save(world, Resource(vnet, {"location": cluster.location, "properties": properties}))
    subnet = vnet.child("subnets", "aks-subnet")
    inner: Json = {
        "addressPrefix": _MANAGED_SUBNET,
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
        "provisioningState": "Succeeded",
    }
    world.save(Resource(subnet, {"properties": inner}))
    cluster.state["subnet"] = str(subnet)
    return subnet


def _add_outbound_address(world: World, cluster: Resource) -> None:
    profile = section(cluster.properties, "networkProfile")
    balancer = section(profile, "loadBalancerProfile")
    if profile.get("outboundType") != "loadBalancer" or balancer.get("effectiveOutboundIPs"):
        return
    group, name = node_group(cluster).name, world.guid("outbound", cluster.key)
    address = resource_id(cluster.id.subscription, group, "Microsoft.Network/publicIPAddresses", name)
    properties: Json = {
        "provisioningState": "Succeeded",
        "resourceGuid": world.guid("resource", address.key),
        "ipAddress": f"20.{4 + len(name) % 9}.{int(name[:2], 16)}.{int(name[2:4], 16)}",
        "publicIPAddressVersion": "IPv4",
        "publicIPAllocationMethod": "Static",
        "idleTimeoutInMinutes": 4,
        "ipTags": [],
    }
    body: Json = {
        "location": cluster.location,
        "sku": {"name": "Standard", "tier": "Regional"},
        "properties": properties,
    }
    _save(world, Resource(address, body))
    balancer["effectiveOutboundIPs"] = [{"id": str(address)}]
    cluster.properties["networkProfile"] = {
        **profile,
        "loadBalancerSku": "Standard",
        "loadBalancerProfile": balancer,
    }


def _add_endpoint(world: World, cluster: Resource, subnet: ResourceId) -> None:
    if world.find(str(cluster.state.get("endpoint", ""))) is not None:
        return
    identity = resource_id(cluster.id.subscription, node_group(cluster).name, ENDPOINT_TYPE, "kube-apiserver")
    connection: Json = {
        "name": "kube-apiserver",
        "properties": {
            "provisioningState": "Succeeded",
            "privateLinkServiceId": str(cluster.id),
            "groupIds": ["management"],
            "privateLinkServiceConnectionState": {"status": "Approved", "actionsRequired": "None"},
        },
    }
    properties: Json = {
        "provisioningState": "Succeeded",
        "resourceGuid": world.guid("resource", identity.key),
        "subnet": {"id": str(subnet)},
        "privateLinkServiceConnections": [connection],
        "manualPrivateLinkServiceConnections": [],
        "customDnsConfigs": [],
    }
    endpoint = Resource(identity, {"location": cluster.location, "properties": properties}, created=world.now)
    endpoint.properties["networkInterfaces"] = [{"id": str(make_interface(world, endpoint, subnet).id)}]
    _save(world, endpoint)
    cluster.state["endpoint"] = str(identity)
    cluster.state["privateIp"] = address_of(world, endpoint)


def _add_names(world: World, cluster: Resource, subnet: ResourceId) -> None:
    """Make or find the zone, write the record, link the zone to the cluster's own VNet."""
    private = str(cluster.properties.get("privateFQDN") or "")
    if not private:
        return
    access = section(cluster.properties, "apiServerAccessProfile")
    given = str(access.get("privateDNSZone") or "system")
    if given.startswith("/"):
        zone = ResourceId.of(given)
        if world.find(zone) is None:
            raise ArmError(404, "ResourceNotFound", f"The private DNS zone {given} was not found.")
    else:
        name = private.split(".", 1)[1]
        zone = resource_id(cluster.id.subscription, node_group(cluster).name, ZONE_TYPE, name)
        if world.find(zone) is None:
            body: Json = {"location": "global", "properties": {"provisioningState": "Succeeded"}}
            _save(world, Resource(zone, body))
            add_soa(world, zone)
    cluster.state["zone"] = str(zone)
    _write_record(world, cluster)
    if subnet.parent is not None:
        _link_zone(world, cluster, zone, subnet.parent)


def _write_record(world: World, cluster: Resource) -> None:
    zone = ResourceId.parse(str(cluster.state.get("zone", "")))
    private = str(cluster.properties.get("privateFQDN") or "")
    if zone is None or world.find(zone) is None or not private:
        return
    record = zone.child("A", private[: -len(zone.name) - 1])
    properties: Json = {"ttl": 300, "aRecords": [{"ipv4Address": cluster.state["privateIp"]}]}
    world.save(Resource(record, {"properties": properties}))
    cluster.state["record"] = str(record)


def _link_zone(world: World, cluster: Resource, zone: ResourceId, vnet: ResourceId) -> None:
    """Link as AKS does by itself, unless somebody linked this zone to this VNet before."""
    for link in world.children(zone, LINK_TYPE):
        if vnet_of_link(link.properties).lower() == vnet.key:
            return
    name = str(cluster.properties["privateFQDN"]).split(".", 1)[0]
    link_id = zone.child("virtualNetworkLinks", f"{name}-{vnet.name}"[:80])
    properties: Json = {
        "virtualNetwork": {"id": str(vnet)},
        "registrationEnabled": False,
        "resolutionPolicy": "Default",
    }
    clash = find_overlap(world, zone, link_id, str(vnet), properties)
    if clash is not None:
        raise clash
    properties["provisioningState"] = "Succeeded"
    properties["virtualNetworkLinkState"] = "Completed"
    _save(world, Resource(link_id, {"location": "global", "properties": properties}))
    cluster.state["link"] = str(link_id)


def _save(world: World, resource: Resource) -> None:
    resource.created = resource.created or world.now
    world.save(resource)
    world.announce(resource.id, "write")


def _drop(world: World, resource: Resource) -> None:
    world.remove(resource.id)
    world.announce(resource.id, "delete")
