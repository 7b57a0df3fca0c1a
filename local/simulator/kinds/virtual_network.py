"""Virtual networks: address space, DNS servers, subnets and peerings inline."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import Answer, ArmError, Json, Resource
from local.simulator.kinds import dns_forwarding, dns_resolver
from local.simulator.kinds.addressing import address_space, overlap, read_prefix, subnet_prefixes
from local.simulator.kinds.network import NetworkKind

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

SUBNETS = "Microsoft.Network/virtualNetworks/subnets"
PEERINGS = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
_MOST_DNS_SERVERS = 20
_MOST_SUBNETS = 3000
_KEEPS_SUBNETS = "2023-09-01"
_KEEPS_PEERINGS = "2024-01-01"
_SHOWS_ENDPOINT_POLICIES = "2023-09-01"


class VirtualNetworks(NetworkKind):
    """`Microsoft.Network/virtualNetworks`."""

    type = "Microsoft.Network/virtualNetworks"
    guid = True
    retry_after: ClassVar[dict[str, int]] = {"PUT": 3, "DELETE": 10}
    defaults: ClassVar[dict[str, Any]] = {"enableDdosProtection": False}
    inline: ClassVar[dict[str, str]] = {"subnets": SUBNETS, "virtualNetworkPeerings": PEERINGS}

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check the address space by itself and against what is peered."""
        properties = request.body.get("properties")
        space = properties.get("addressSpace") if isinstance(properties, dict) else None
        given = (space.get("addressPrefixes") or []) if isinstance(space, dict) else []
        if not given and not (isinstance(space, dict) and space.get("ipamPoolPrefixAllocations")):
            raise ArmError(
                400,
                "InvalidRequestFormat",
                "Cannot parse the request.",
                details=[{"code": "MissingJsonReferenceId", "message": "properties.addressSpace is required."}],
            )
        prefixes = [read_prefix(prefix, request.id) for prefix in given]
        for index, prefix in enumerate(prefixes):
            if overlap([prefix], prefixes[index + 1 :]):
                raise ArmError(
                    400,
                    "AddressPrefixesOverlap",
                    f"Address prefixes of virtual network {request.id.name} overlap: {prefix}.",
                    details=[],
                )
        _check_dns_servers(properties or {}, request)
        if existing is not None:
            _check_peers(world, existing, prefixes)

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Fill in what Azure shows for DNS servers and endpoint policies."""
        resource = super().compose(world, request, existing)
        if "dhcpOptions" in resource.properties:
            resource.properties["dhcpOptions"].setdefault("dnsServers", [])
        if request.api_version >= _SHOWS_ENDPOINT_POLICIES:
            resource.properties.setdefault("privateEndpointVNetPolicies", "Disabled")
        resource.properties.pop("enableVmProtection", None)
        return resource

    def keeps_children(self, name: str, api_version: str) -> bool:
        """Subnets stay since 2023-09-01 when not mentioned; peerings were cleared as late as 2023-12."""
        return api_version >= (_KEEPS_SUBNETS if name == "subnets" else _KEEPS_PEERINGS)

    def check_whole(self, world: World, resource: Resource) -> None:
        """Each subnet lies in the address space; there are not too many."""
        subnets = world.children(resource.id, SUBNETS)
        if len(subnets) > _MOST_SUBNETS:
            raise ArmError(400, "SubnetCountLimitReached", f"A virtual network has {_MOST_SUBNETS} subnets at most.")
        for subnet in subnets:
            check_in_space(resource, subnet)

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """List the DNS resolver and the forwarding rulesets of the network."""
        match request.action.lower():
            case "listdnsresolvers":
                return Answer(200, body=dns_resolver.list_for_network(world, existing.id))
            case "listdnsforwardingrulesets":
                return Answer(200, body=dns_forwarding.list_for_network(world, existing.id))
        return super().post(world, request, existing)

    def computed(self, world: World, resource: Resource) -> Json:
        """A network is Updating while a subnet or a peering of it is written."""
        busy = resource.provisioning_state == "Succeeded" and world.running(resource.id)
        return {"provisioningState": "Updating"} if busy else {}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A virtual network goes only when nothing sits in its subnets."""
        kind = world.kind(SUBNETS)
        for subnet in world.children(resource.id, SUBNETS):
            kind.check_removable(world, subnet, leaving)


def check_in_space(vnet: Resource, subnet: Resource) -> None:
    """Refuse a subnet that does not lie in its virtual network."""
    space = address_space(vnet)
    for prefix in subnet_prefixes(subnet):
        if not any(prefix.version == one.version and prefix.subnet_of(one) for one in space):  # type: ignore[arg-type]
            raise invalid_subnet(subnet.name, vnet.name)


def invalid_subnet(subnet: str, vnet: str) -> ArmError:
    """Build the refusal of a subnet."""
    message = f"Subnet '{subnet}' is not valid in virtual network '{vnet}'."
    return ArmError(400, "NetcfgInvalidSubnet", message, details=[])


def _check_dns_servers(properties: dict[str, Any], request: Request) -> None:
    servers = (properties.get("dhcpOptions") or {}).get("dnsServers") or []
    if len(servers) > _MOST_DNS_SERVERS:
        raise ArmError(
            400, "DnsServersLimitExceeded", f"A virtual network has {_MOST_DNS_SERVERS} DNS servers at most."
        )
    for server in servers:
        try:
            ip_address(str(server))
        except ValueError as wrong:
            raise ArmError(
                400,
                "InvalidDnsServerIpAddress",
                f"DNS server {server} of resource {request.id} is not an IP address.",
                details=[],
            ) from wrong


def _check_peers(world: World, vnet: Resource, prefixes: list[Any]) -> None:
    """An address space may grow, but not into that of a peer."""
    for peering in world.children(vnet.id, PEERINGS):
        remote = world.find(peering.properties["remoteVirtualNetwork"]["id"])
        clash = overlap(prefixes, address_space(remote)) if remote else []
        if remote is not None and clash:
            raise ArmError(
                400,
                "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
                f"Address space of the virtual network {vnet.id} overlaps with the address space of already peered "
                f"virtual network {remote.id}. Overlapping address prefixes: {', '.join(clash)}.",
                details=[],
            )
