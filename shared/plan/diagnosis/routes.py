"""Where a packet goes that leaves a subnet: the longest prefix of system routes, peerings, endpoints and a route table.

Routes that a gateway learns are in no body that is read; where there may be such, a missing route proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from shared.plan import words
from shared.plan.diagnosis import bodies, flow, peerings

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diagnosis.networks import Network
    from shared.plan.diagnosis.scene import Scene, Seat

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
"""Azure drops these by a system route, unless a default route of one's own takes them too."""

POLICIES_FOR_ROUTES = ("enabled", "routetableenabled")


class Hop(StrEnum):
    """What a route leads to; lower case, as they are compared."""

    LOCAL = "vnetlocal"
    PEERING = "peering"
    ENDPOINT = "endpoint"
    INTERNET = "internet"
    APPLIANCE = "virtualappliance"
    GATEWAY = "virtualnetworkgateway"
    DROP = "none"


@dataclass(frozen=True, slots=True)
class Route:
    """One effective route; `table` and `name` are those of a route that somebody made."""

    prefix: IPv4Network
    hop: Hop
    table: ResourceId | None = None
    name: str = ""
    appliance: IPv4Address | None = None

    @property
    def words(self) -> str:
        """What it is called in a message."""
        if self.table is None:
            return f"the system route for {self.prefix}"
        return f"route {bodies.shown(self.name)} ({self.prefix}) of {words.name(self.table)}"


def chosen(scene: Scene, seat: Seat, address: IPv4Address) -> Route | None:
    """Return the route for an address: the longest prefix, one's own before the system's; None: nothing is known."""
    if seat.network is None:
        return None
    own = list(own_routes(scene, seat))
    system = list(_system(scene, seat.network, own))
    fitting = [route for route in (*system, *own) if address in route.prefix]
    return max(fitting, key=lambda route: (route.prefix.prefixlen, route.table is not None), default=None)


def own_routes(scene: Scene, seat: Seat) -> Iterator[Route]:
    """Yield the routes of the subnet's route table; service tags stand for no private address."""
    table = seat.subnet.table if seat.subnet is not None else None
    body = scene.observed.get(table) if table is not None else None
    for name, inside in bodies.items(bodies.bag(body).get("routes")):
        prefix, hop = bodies.prefix(inside.get("addressPrefix")), _hop(bodies.text(inside.get("nextHopType")))
        if prefix is not None:
            yield Route(prefix, hop, table, name, bodies.address(inside.get("nextHopIpAddress")))


def _hop(text: str) -> Hop:
    try:
        return Hop(text.lower())
    except ValueError:
        return Hop.DROP


def _system(scene: Scene, network: Network, own: list[Route]) -> Iterator[Route]:
    for prefix in network.space:
        yield Route(prefix, Hop.LOCAL)
    near = {network.id.key: network.space}
    for side in network.peerings:
        if peerings.usable(network, scene.network(side.remote), side):
            near[side.remote.key] = side.known
            yield from (Route(prefix, Hop.PEERING) for prefix in side.known)
    # [?] That an endpoint's own route needs its address in the synchronised space: nobody looked.
    endpoint, space = scene.endpoint, near.get(scene.case.home.key, ())
    if endpoint is not None and any(endpoint in prefix for prefix in space) and not _overridden(scene, endpoint, own):
        yield Route(flow.single(endpoint), Hop.ENDPOINT)
    if not any(route.prefix == flow.EVERYTHING for route in own):
        yield from (Route(prefix, Hop.DROP) for prefix in PRIVATE)
    yield Route(flow.EVERYTHING, Hop.INTERNET)


def _overridden(scene: Scene, endpoint: IPv4Address, own: list[Route]) -> bool:
    """Say whether a route of one's own takes the place of the endpoint's, which is 32 bits long.

    Azure's documentation: where network policies count for routes, one that is at least as long as the prefix of the
    endpoint's network does.
    """
    home = scene.network(scene.case.home)
    subnet = home.subnet_of(endpoint) if home is not None else None
    if home is None or subnet is None or subnet.endpoint_policies not in POLICIES_FOR_ROUTES:
        return False
    least = max((prefix.prefixlen for prefix in home.space if endpoint in prefix), default=32)
    return any(endpoint in route.prefix and route.prefix.prefixlen >= least for route in own)
