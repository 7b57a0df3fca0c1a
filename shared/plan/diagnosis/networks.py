"""Virtual networks as a diagnosis looks at them: what they hold, whom they ask for names, with whom they are peered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from shared.plan.diagnosis import bodies

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

INTERFACE = "microsoft.network/networkinterfaces"
GATEWAY_SUBNET = "gatewaysubnet"
RESERVED = (GATEWAY_SUBNET, "azurefirewallsubnet", "azurefirewallmanagementsubnet", "azurebastionsubnet")


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet with what guards and routes it."""

    id: ResourceId
    prefixes: tuple[IPv4Network, ...]
    group: ResourceId | None
    table: ResourceId | None
    endpoint_policies: str
    """Whether security groups, routes or both count for private endpoints in it; lower case."""
    interface_groups: tuple[ResourceId, ...]
    """The resource groups of the network interfaces that sit in it."""

    @property
    def words(self) -> str:
        """What it is called in a message."""
        return f"subnet {self.id.name} of {self.id.parent.name}"


@dataclass(frozen=True, slots=True)
class Peering:
    """One side of a peering."""

    id: ResourceId
    remote: ResourceId
    state: str
    """In lower case; empty where Azure did not say."""
    known: tuple[IPv4Network, ...]
    """The remote address space that was synchronised, which is what routes are made from."""
    access: bool
    forwarded: bool
    gateways: bool
    """Whether it uses the remote network's gateways."""

    @property
    def connected(self) -> bool:
        """Whether this side says that traffic may pass."""
        return self.state in {"connected", ""} and self.access


@dataclass(frozen=True, slots=True)
class Network:
    """A virtual network."""

    id: ResourceId
    space: tuple[IPv4Network, ...]
    servers: tuple[str, ...]
    """Its own DNS servers; none: Azure's."""
    subnets: tuple[Subnet, ...]
    peerings: tuple[Peering, ...]

    @property
    def words(self) -> str:
        """What it is called in a message."""
        return f"virtual network {self.id.name}"

    def holds(self, address: IPv4Address) -> bool:
        """Say whether an address is in its address space."""
        return any(address in prefix for prefix in self.space)

    def subnet_of(self, address: IPv4Address) -> Subnet | None:
        """Return the subnet that an address is in."""
        return next((s for s in self.subnets if any(address in prefix for prefix in s.prefixes)), None)

    def subnet(self, wanted: ResourceId) -> Subnet | None:
        """Return a subnet by its id."""
        return next((subnet for subnet in self.subnets if subnet.id.key == wanted.key), None)

    def alike(self) -> Subnet | None:
        """Return a subnet that stands for any: where all that take machines have the same table and group."""
        plain = [subnet for subnet in self.subnets if subnet.id.name.lower() not in RESERVED]
        kinds = {(_key(subnet.table), _key(subnet.group)) for subnet in plain}
        return plain[0] if len(kinds) == 1 else None

    def towards(self, other: ResourceId) -> Peering | None:
        """Return the side of the peering that leads to another network."""
        return next((side for side in self.peerings if side.remote.key == other.key), None)

    @property
    def reaches_gateways(self) -> bool:
        """Whether a gateway may add routes that no body shows."""
        own = any(subnet.id.name.lower() == GATEWAY_SUBNET for subnet in self.subnets)
        return own or any(side.gateways for side in self.peerings)


def _key(resource: ResourceId | None) -> str:
    return "" if resource is None else resource.key


def read(observed: Observed, wanted: ResourceId) -> Network | None:
    """Return a network as it was observed; None where it was not."""
    body = observed.get(wanted)
    if body is None:
        return None
    properties = bodies.bag(body)
    return Network(
        wanted,
        bodies.space(properties, "addressSpace"),
        bodies.texts(bodies.member(properties, "dhcpOptions").get("dnsServers")),
        tuple(_subnets(wanted, properties)),
        tuple(_peerings(wanted, properties)),
    )


def _subnets(network: ResourceId, properties: dict[str, Json]) -> Iterator[Subnet]:
    for name, inside in bodies.items(properties.get("subnets")):
        if name:
            yield Subnet(
                network.child("subnets", name),
                bodies.prefixes(bodies.either(inside, "addressPrefix", "addressPrefixes")),
                bodies.reference(inside, "networkSecurityGroup"),
                bodies.reference(inside, "routeTable"),
                bodies.text(inside.get("privateEndpointNetworkPolicies")).lower(),
                tuple(_interface_groups(inside)),
            )


def _interface_groups(subnet: dict[str, Json]) -> Iterator[ResourceId]:
    """Yield each resource group of an interface once; those of scale sets are read in no list of interfaces."""
    seen = set()
    for configuration in bodies.objects(subnet.get("ipConfigurations")):
        found = bodies.parsed(configuration.get("id"))
        if found is not None and found.root.type.lower() == INTERFACE and found.resource_group.key not in seen:
            seen.add(found.resource_group.key)
            yield found.resource_group


def _peerings(network: ResourceId, properties: dict[str, Json]) -> Iterator[Peering]:
    for name, inside in bodies.items(properties.get("virtualNetworkPeerings")):
        remote = bodies.reference(inside, "remoteVirtualNetwork")
        if name and remote is not None:
            current = bodies.space(inside, "remoteVirtualNetworkAddressSpace")
            yield Peering(
                network.child("virtualNetworkPeerings", name),
                remote,
                bodies.text(inside.get("peeringState")).lower(),
                bodies.space(inside, "remoteAddressSpace") or current,
                inside.get("allowVirtualNetworkAccess") is not False,
                inside.get("allowForwardedTraffic") is True,
                inside.get("useRemoteGateways") is True,
            )
