"""Where a packet goes: the effective routes of a subnet and the longest prefix that holds the destination."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import TYPE_CHECKING, Literal

from local.simulator.topology.peering import peerings_of
from local.simulator.topology.view import NIC, address_space, nested, reference, seats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.simulator.topology.view import View

Hop = Literal[
    "VnetLocal", "VNetPeering", "InterfaceEndpoint", "Internet", "None", "VirtualAppliance", "VirtualNetworkGateway"
]

# Ranges that Azure drops by default rather than sends to the internet.
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_USER_BEFORE_SYSTEM = {"User": 1, "Default": 0}


@dataclass(frozen=True, slots=True)
class Route:
    """One effective route. `vnet` says where the prefix lies, for hops inside virtual networks."""

    prefix: IPv4Network
    hop: Hop
    source: Literal["Default", "User"] = "Default"
    vnet: str = ""
    appliance: IPv4Address | None = None
    name: str = ""

    def __str__(self) -> str:
        """Write the route as `az network nic show-effective-route-table` would, in one line."""
        via = f" {self.appliance}" if self.appliance else ""
        return f"{self.source} {self.prefix} -> {self.hop}{via}"


def effective_routes(view: View, subnet_id: str, vnet: str) -> list[Route]:
    """List system and user routes of a subnet; a default route of one's own also takes the private ranges."""
    user = list(_user_routes(view, subnet_id))
    system = list(_system_routes(view, vnet))
    if any(route.prefix.prefixlen == 0 for route in user):
        system = [route for route in system if route.hop != "None"]
    return [*system, *user]


def select_route(routes: list[Route], address: IPv4Address) -> Route | None:
    """Choose the longest prefix; a user route wins over a system route of the same prefix."""
    fitting = [route for route in routes if address in route.prefix]
    return max(fitting, key=lambda r: (r.prefix.prefixlen, _USER_BEFORE_SYSTEM[r.source]), default=None)


def _system_routes(view: View, vnet: str) -> Iterator[Route]:
    resource = view.get(vnet)
    if resource is None:
        return
    for prefix in address_space(resource):
        yield Route(prefix, "VnetLocal", vnet=vnet)
    near = [vnet]
    for peering in peerings_of(view, vnet):
        if peering.usable:
            near.append(peering.remote)
            for prefix in peering.prefixes:
                yield Route(prefix, "VNetPeering", vnet=peering.remote)
    yield from _endpoint_routes(view, near)
    for text in _PRIVATE:
        yield Route(IPv4Network(text), "None")
    yield Route(IPv4Network("0.0.0.0/0"), "Internet")


def _endpoint_routes(view: View, vnets: list[str]) -> Iterator[Route]:
    """A private endpoint puts a /32 into its own VNet and into every VNet that is directly peered."""
    for nic in view.of_type(NIC):
        if reference(nic.properties, "privateEndpoint"):
            for seat in seats(nic):
                if seat.vnet in vnets:
                    yield Route(IPv4Network((seat.address, 32)), "InterfaceEndpoint", vnet=seat.vnet)


def _user_routes(view: View, subnet_id: str) -> Iterator[Route]:
    subnet = view.get(subnet_id)
    table = view.get(reference(subnet.properties, "routeTable")) if subnet else None
    if table is None:
        return
    for name, properties in nested(view, table, "routes"):
        prefix = str(properties.get("addressPrefix", ""))
        if "/" not in prefix or ":" in prefix:
            continue
        appliance = properties.get("nextHopIpAddress")
        network = ip_network(prefix, strict=False)
        assert isinstance(network, IPv4Network)  # noqa: S101 - IPv6 was left out above
        yield Route(
            network,
            _hop(str(properties.get("nextHopType", ""))),
            source="User",
            appliance=IPv4Address(appliance) if appliance else None,
            name=name,
        )


def _hop(text: str) -> Hop:
    known: dict[str, Hop] = {
        "vnetlocal": "VnetLocal",
        "internet": "Internet",
        "virtualappliance": "VirtualAppliance",
        "virtualnetworkgateway": "VirtualNetworkGateway",
    }
    return known.get(text.lower(), "None")
