"""What AKS refuses before it begins: parameters, the network that the nodes go into, and permissions."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network, ip_network
from typing import TYPE_CHECKING

from local.simulator.grants import allows
from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.aks import CLUSTER_TYPE, invalid, refuse, section
from local.simulator.resource import ResourceId
from local.simulator.topology.view import WorldView, address_space, nested, subnet_prefixes

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

SUBNET_TYPE = "Microsoft.Network/virtualNetworks/subnets"
_RESERVED = tuple(IPv4Network(p) for p in ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"))
_POOL_NAME = re.compile(r"^[a-z][a-z0-9]{0,11}$")
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_VERSION = re.compile(r"^\d+\.\d+(\.\d+)?$")
_UNCHANGEABLE = ("dnsPrefix", "fqdnSubdomain", "nodeResourceGroup")


def check_cluster(world: World, request: Request, existing: Resource | None) -> None:
    """Refuse what AKS refuses at once."""
    properties = request.body.get("properties") or {}
    check_identity(world, request)
    _check_service_principal(request, properties)
    if existing is not None:
        check_changes(existing, properties)
        return
    _check_parameters(properties)
    network = section(properties, "networkProfile")
    _check_cidrs(network)
    subnets = [str(p["vnetSubnetID"]) for p in _pools(properties) if p.get("vnetSubnetID")]
    if not subnets and network.get("outboundType") == "userDefinedRouting":
        raise invalid(
            "UserDefinedRouting outboundType requires a custom virtual network.", "networkProfile.outboundType"
        )
    for subnet in dict.fromkeys(subnets):
        _check_subnet(world, request, subnet, network)
    _check_zone(world, request, section(properties, "apiServerAccessProfile"))


def check_changes(existing: Resource, properties: Json) -> None:
    """Refuse to change what a cluster keeps for life."""
    for name in _UNCHANGEABLE:
        given = properties.get(name)
        if given is not None and str(given).lower() != str(existing.properties.get(name, "")).lower():
            raise refuse(400, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", name)
    for name in ("serviceCidr", "dnsServiceIP"):
        given = section(properties, "networkProfile").get(name)
        if given is not None and given != section(existing.properties, "networkProfile").get(name):
            target = f"networkProfile.{name}"
            raise refuse(400, "PropertyChangeNotAllowed", f"Changing property '{target}' is not allowed.", target)


def check_identity(world: World, request: Request) -> None:
    """A user-assigned identity must exist: Azure Resource Manager asks before AKS does."""
    identity = request.body.get("identity") or {}
    for key in identity.get("userAssignedIdentities") or {}:
        if world.find(key) is None:
            raise ArmError(
                400,
                "FailedIdentityOperation",
                f"Identity operation for resource '{request.id}' failed with error 'Failed to perform resource "
                "identity operation. Status: 'BadRequest'. Response: "
                f'\'{{"error":{{"code":"BadRequest","message":"Resource \'{key}\' was not found."}}}}\'.\'.',
            )


def _check_service_principal(request: Request, properties: Json) -> None:
    """A service principal is known by a GUID; anything else is not found (recorded)."""
    client = section(properties, "servicePrincipalProfile").get("clientId")
    if client and client != "msi" and not _GUID.match(str(client)):
        raise refuse(
            400,
            "ServicePrincipalNotFound",
            f"Service principal clientID: {client} not found in Active Directory tenant {request.caller.tenant_id}, "
            "Please see https://aka.ms/aks-sp-help for more details.",
        )


def principal_of(world: World, body: Json) -> str:
    """Name the principal of the cluster's user-assigned identity, empty where it has none."""
    for key in (body.get("identity") or {}).get("userAssignedIdentities") or {}:
        found = world.find(key)
        if found is not None:
            return str(found.properties.get("principalId"))
    return ""


def check_pool_name(name: str) -> None:
    """Refuse names that AKS does not take for Linux pools."""
    if not _POOL_NAME.match(name):
        raise invalid(
            "The agent pool name must start with a lowercase letter, have max length of 12, and only have characters "
            f"a-z0-9: '{name}'.",
            "agentPoolProfile.name",
        )


def _pools(properties: Json) -> list[Json]:
    return [p for p in properties.get("agentPoolProfiles") or () if isinstance(p, dict)]


def _check_parameters(properties: Json) -> None:
    if not properties.get("dnsPrefix") and not properties.get("fqdnSubdomain"):
        raise invalid("Required parameter dnsPrefix is missing (null).", "dnsPrefix")
    pools = _pools(properties)
    if not pools:
        raise invalid("Required parameter agentPoolProfiles is missing (null).", "agentPoolProfiles")
    if not any(p.get("mode", "System") == "System" for p in pools):
        raise invalid("Must define at least one system pool.", "agentPoolProfiles")
    for pool in pools:
        check_pool_name(str(pool.get("name", "")))
    version = properties.get("kubernetesVersion")
    if version and not _VERSION.match(str(version)):
        raise invalid(f"The value of parameter kubernetesVersion is invalid: '{version}'.", "kubernetesVersion")
    access = section(properties, "apiServerAccessProfile")
    if (
        str(access.get("privateDNSZone", "")).lower() == "none"
        and access.get("enablePrivateClusterPublicFQDN") is False
    ):
        raise invalid(
            "PrivateDNSZone 'none' is not allowed when the public FQDN of the private cluster is disabled.",
            "apiServerAccessProfile.privateDNSZone",
        )


def _check_cidrs(network: Json) -> None:
    service = _network(network.get("serviceCidr") or "10.0.0.0/16", "networkProfile.serviceCIDR")
    pod = _network(network.get("podCidr") or "10.244.0.0/16", "networkProfile.podCIDR")
    for name, prefix in (("service", service), ("pod", pod)):
        if any(prefix.overlaps(reserved) for reserved in _RESERVED):
            raise invalid(f"The {name} CIDR {prefix} overlaps with a reserved range.", f"networkProfile.{name}CIDR")
    if service.overlaps(pod) and network.get("networkPlugin") != "none":
        raise refuse(
            400,
            "PodCIDROverlapServiceCIDR",
            f"The specified pod CIDR {pod} is conflicted with service CIDR {service}",
            "networkProfile.podCIDR",
        )
    given = network.get("dnsServiceIP")
    if given and _address(str(given)) not in service:
        raise invalid(
            f"The DNS service IP {given} is not within service CIDR {service}.", "networkProfile.dnsServiceIP"
        )


def _check_subnet(world: World, request: Request, subnet_id: str, network: Json) -> None:
    identity = ResourceId.parse(subnet_id)
    vnet = world.find(identity.parent) if identity and identity.parent else None
    subnet = world.find(subnet_id)
    if identity is None or vnet is None or subnet is None:
        raise refuse(
            400,
            "GetVnetError",
            f"Get virtual network failed. Subscription: {request.id.subscription}; subnet {subnet_id} was not found.",
        )
    if vnet.provisioning_state != "Succeeded":
        raise refuse(
            400,
            "VirtualNetworkNotInSucceededState",
            f"Virtual network {vnet.id} is in {vnet.provisioning_state} state. It needs to be in Succeeded state in "
            "order to set resource ownership.",
        )
    if subnet.properties.get("delegations"):
        raise invalid(f"The subnet {subnet_id} is delegated and cannot hold nodes.", "agentPoolProfile.vnetSubnetID")
    _check_overlap(world, vnet, network)
    if network.get("outboundType") == "userDefinedRouting":
        _check_routes(world, request, subnet)
    table = world.find(str((subnet.properties.get("routeTable") or {}).get("id", "")))
    if table is not None and (network.get("networkPlugin") or "kubenet") == "kubenet":
        _check_table_permission(world, request, table)


def _check_overlap(world: World, vnet: Resource, network: Json) -> None:
    service = _network(network.get("serviceCidr") or "10.0.0.0/16", "networkProfile.serviceCIDR")
    for subnet in world.children(vnet.id, SUBNET_TYPE):
        clash = next((p for p in subnet_prefixes(subnet) if p.overlaps(service)), None)
        if clash is not None:
            raise refuse(
                400,
                "ServiceCidrOverlapExistingSubnetsCidr",
                f"The specified service CIDR {service} is conflicted with an existing subnet CIDR {clash}",
                "networkProfile.serviceCIDR",
            )
    if network.get("networkPluginMode") != "overlay":
        return
    pod = _network(network.get("podCidr") or "10.244.0.0/16", "networkProfile.podCIDR")
    clash = next((p for p in address_space(vnet) if p.overlaps(pod)), None)
    if clash is not None:
        raise refuse(
            400,
            "NetworkProfileCIDROverlapVNET",
            f"NetworkProfile CIDR {pod} overlaps with reserved VNET CIDR {clash}",
            "networkProfile.podCIDR",
        )


def _check_routes(world: World, request: Request, subnet: Resource) -> None:
    table = world.find(str((subnet.properties.get("routeTable") or {}).get("id", "")))
    if table is None:
        raise refuse(
            400,
            "ExistingRouteTableNotAssociatedWithSubnet",
            f"An existing route table has not been associated with subnet {subnet.id}. Please update the route table "
            "association. Please see http://aka.ms/aks/outboundtype for more details",
        )
    routes = [p for _, p in nested(WorldView(world), table, "routes")]
    default = next((p for p in routes if p.get("addressPrefix") == "0.0.0.0/0"), None)
    if default is None:
        raise refuse(
            400,
            "RouteTableMissingDefaultRouteError",
            f"Route table {table.id} is missing a default route 0.0.0.0/0. Please see http://aka.ms/aks/outboundtype "
            "for more details",
        )
    if str(default.get("nextHopType")).lower() not in {"virtualappliance", "virtualnetworkgateway"}:
        raise refuse(
            400,
            "RouteTableInvalidNextHop",
            f"Default route 0.0.0.0/0 has a next hop of {default.get('nextHopType')} but only next hops of "
            "VirtualAppliance or VirtualNetworkGateway are allowed. Please see http://aka.ms/aks/outboundtype for more "
            "details",
        )
    _check_table_permission(world, request, table)


def _check_table_permission(world: World, request: Request, table: Resource) -> None:
    principal = principal_of(world, request.body)
    action = "Microsoft.Network/routeTables/write"
    if principal and not allows(world, principal, action, str(table.id)):
        raise refuse(
            400,
            "CustomRouteTableMissingPermission",
            "Service principal or user-assigned identity must be given permission to read and write to custom route "
            f"table {table.id}. Check access result not allowed for action {action}.",
        )


def _check_zone(world: World, request: Request, access: Json) -> None:
    zone = str(access.get("privateDNSZone") or "")
    if not access.get("enablePrivateCluster") or not zone.startswith("/"):
        return
    region, name = str(request.body.get("location", "")), zone.rsplit("/", 1)[-1].lower()
    suffixes = (f"privatelink.{region}.azmk8s.io", f"private.{region}.azmk8s.io")
    if not any(name == suffix or name.endswith("." + suffix) for suffix in suffixes):
        raise invalid(
            f"The private DNS zone {name} must be named privatelink.{region}.azmk8s.io or "
            f"<subzone>.privatelink.{region}.azmk8s.io.",
            "apiServerAccessProfile.privateDNSZone",
        )
    principal = principal_of(world, request.body)
    for action in ("Microsoft.Network/privateDnsZones/read", "Microsoft.Network/privateDnsZones/write"):
        if world.find(zone) is None or not allows(world, principal, action, zone):
            raise refuse(
                400,
                "CustomPrivateDNSZoneMissingPermissionError",
                "Service principal or user-assigned identity must be given permission to read and write to custom "
                f"private dns zone {zone}. Check access result not allowed for action {action}.",
            )


def clusters_in(world: World, vnet: ResourceId) -> list[Resource]:
    """List the clusters with nodes in a VNet."""
    found = {}
    for subnet in world.children(vnet, SUBNET_TYPE):
        for pool in world.referrers(subnet.id, f"{CLUSTER_TYPE}/agentPools"):
            cluster = world.find(pool.id.parent) if pool.id.parent else None
            if cluster is not None:
                found[cluster.key] = cluster
    return list(found.values())


def _network(text: object, target: str) -> IPv4Network:
    try:
        network = ip_network(str(text), strict=False)
    except ValueError as error:
        raise invalid(f"The CIDR '{text}' is invalid.", target) from error
    if not isinstance(network, IPv4Network):
        raise invalid(f"The CIDR '{text}' is not an IPv4 one.", target)
    return network


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise invalid(f"The address '{text}' is invalid.", "networkProfile.dnsServiceIP") from error
