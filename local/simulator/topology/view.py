"""What topology reads: resources by id and by type. It never writes, and knows nothing of requests."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import TYPE_CHECKING, Any, Protocol

from local.simulator.resource import Json, Resource, ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local.simulator.world import World

VNET = "Microsoft.Network/virtualNetworks"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
PEERING = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
NIC = "Microsoft.Network/networkInterfaces"
FIREWALL = "Microsoft.Network/azureFirewalls"
CLUSTER = "Microsoft.ContainerService/managedClusters"
ZONE = "Microsoft.Network/privateDnsZones"
LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
VM = "Microsoft.Compute/virtualMachines"
INBOUND = "Microsoft.Network/dnsResolvers/inboundEndpoints"
RULE = "Microsoft.Network/dnsForwardingRulesets/forwardingRules"
RULESET_LINK = "Microsoft.Network/dnsForwardingRulesets/virtualNetworkLinks"


class View(Protocol):
    """All resources, read-only. Ids compare case-insensitively."""

    def get(self, resource_id: str) -> Resource | None:
        """Get one resource."""
        ...

    def of_type(self, resource_type: str) -> list[Resource]:
        """List all resources of a type in every subscription."""
        ...

    def children(self, parent: ResourceId, resource_type: str) -> list[Resource]:
        """List the resources of a type nested in another."""
        ...


class WorldView:
    """The simulated Azure as a view; lists are read once, so make a new one for each question."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lists: dict[str, list[Resource]] = {}

    def get(self, resource_id: str) -> Resource | None:
        """Get one resource."""
        return self._world.find(resource_id)

    def of_type(self, resource_type: str) -> list[Resource]:
        """List all resources of a type."""
        if resource_type not in self._lists:
            self._lists[resource_type] = self._world.under("", resource_type)
        return self._lists[resource_type]

    def children(self, parent: ResourceId, resource_type: str) -> list[Resource]:
        """List the resources of a type nested in another."""
        return self._world.children(parent, resource_type)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where something sits in the network: an address in a subnet of a VNet (ids as keys, lower case)."""

    address: IPv4Address
    subnet: str
    vnet: str
    nic: str = ""


def reference(properties: Json, name: str) -> str:
    """Read `{name: {"id": ...}}`, empty where it is missing."""
    value = properties.get(name)
    return str(value.get("id") or "") if isinstance(value, dict) else ""


def networks(prefixes: Iterable[str] | None) -> list[IPv4Network]:
    """Read IPv4 prefixes, leaving out IPv6 ones."""
    return [ip_network(p, strict=False) for p in prefixes or () if p and ":" not in p]  # type: ignore[misc]


def address_space(vnet: Resource) -> list[IPv4Network]:
    """Read the address space of a VNet."""
    return networks((vnet.properties.get("addressSpace") or {}).get("addressPrefixes"))


def subnet_prefixes(subnet: Resource) -> list[IPv4Network]:
    """Read the prefixes of a subnet."""
    single = subnet.properties.get("addressPrefix")
    return networks(subnet.properties.get("addressPrefixes") or ([single] if single else []))


def vnet_of(subnet_id: str) -> str:
    """Name the VNet of a subnet, as a key."""
    parsed = ResourceId.parse(subnet_id)
    return parsed.parent.key if parsed and parsed.parent else ""


def nested(view: View, parent: Resource, collection: str) -> Iterator[tuple[str, Json]]:
    """Yield name and properties of nested items, whether stored as resources or inside the parent's body."""
    seen = set()
    for child in view.children(parent.id, f"{parent.id.type}/{collection}"):
        seen.add(child.name.lower())
        yield child.name, child.properties
    embedded: list[Any] = parent.properties.get(collection) or []
    for item in embedded:
        if isinstance(item, dict) and str(item.get("name", "")).lower() not in seen:
            yield str(item.get("name", "")), item.get("properties") or {}


def seats(owner: Resource) -> Iterator[Seat]:
    """Yield the private addresses of a NIC or firewall, or of an inbound endpoint, which nests less."""
    for config in owner.properties.get("ipConfigurations") or ():
        properties = config.get("properties") or config
        address = properties.get("privateIPAddress") or properties.get("privateIpAddress")
        subnet = reference(properties, "subnet").lower()
        if address and subnet:
            yield Seat(IPv4Address(address), subnet, vnet_of(subnet), owner.key)


def owner_of(view: View, vnet: str, address: IPv4Address) -> tuple[Resource, Seat] | None:
    """Find the NIC, firewall or inbound endpoint that holds an address inside a VNet."""
    for resource_type in (NIC, FIREWALL, INBOUND):
        for resource in view.of_type(resource_type):
            for seat in seats(resource):
                if seat.vnet == vnet and seat.address == address:
                    return resource, seat
    return None


def seat_of_vm(view: View, vm: Resource) -> Seat | None:
    """Find the primary address of a virtual machine."""
    interfaces = (vm.properties.get("networkProfile") or {}).get("networkInterfaces") or []
    for interface in interfaces:
        nic = view.get(str(interface.get("id", "")))
        if nic is not None:
            return next(seats(nic), None)
    return None


def seat_in_subnet(view: View, subnet_id: str) -> Seat | None:
    """Give the seat that a machine in the subnet would have: its first address that Azure hands out."""
    subnet = view.get(subnet_id)
    prefixes = subnet_prefixes(subnet) if subnet else []
    if not prefixes:
        return None
    return Seat(prefixes[0].network_address + 4, subnet_id.lower(), vnet_of(subnet_id))
