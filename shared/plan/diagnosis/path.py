"""The way of one connection, from the machine to whoever answers: the first thing on it that does not let it pass."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from shared.plan.diagnosis import firewall_rules, firewalls, peerings, routes, security_groups
from shared.plan.diagnosis.flow import EVERYTHING, Flow
from shared.plan.diagnosis.link import BrokenLink, Diagnosis
from shared.plan.diagnosis.routes import Hop, Route
from shared.plan.diagnosis.scene import Scene, Seat

if TYPE_CHECKING:
    from shared.plan.diagnosis.firewalls import Firewall
    from shared.plan.diagnosis.networks import Network

PEERINGS = (
    BrokenLink.PEERING_MISSING,
    BrokenLink.PEERING_NOT_CONNECTED,
    BrokenLink.PEERING_CLOSED,
    BrokenLink.PEERING_NOT_IN_SYNC,
)
"""What is wrong between two networks."""

POLICIES_FOR_GROUPS = ("enabled", "networksecuritygroupenabled")


@dataclass(frozen=True, slots=True)
class Way:
    """A connection on its way: where it begins, and in which network its destination is (None: nobody knows)."""

    scene: Scene
    seat: Seat
    flow: Flow
    target: Network | None


def obstacle(way: Way) -> Diagnosis | None:
    """Return the first thing on the way that stops the connection; None where nothing that was read does."""
    refused = security_groups.refusal(way.scene, way.seat, way.flow, "outbound")
    if refused is not None and not refused.by_default:
        return refused.diagnosis
    return _by_route(way) or (refused.diagnosis if refused is not None else None)


def _by_route(way: Way) -> Diagnosis | None:
    route = routes.chosen(way.scene, way.seat, way.flow.destination)
    if route is None:
        return None
    if route.hop is Hop.APPLIANCE:
        return _by_appliance(way, route)
    if _arrives(way, route):
        return _at_the_end(way)
    return _astray(way, route)


def _arrives(way: Way, route: Route) -> bool:
    """Say whether a route leads straight into the network of the destination."""
    here, there = way.seat.network, way.target
    match route.hop:
        case Hop.LOCAL:
            return here is not None and there is not None and here.id.key == there.id.key
        case Hop.PEERING | Hop.ENDPOINT:
            return True
        case Hop.INTERNET:
            return there is None and not way.flow.destination.is_private
    return False


def _at_the_end(way: Way) -> Diagnosis | None:
    """Return what the destination's own security groups deny."""
    target, address = way.target, way.flow.destination
    firewall = firewalls.read(way.scene)
    if target is None or (firewall is not None and firewall.address == address):
        return None  # The firewall's subnet takes no security group.
    subnet = target.subnet_of(address)
    if address == way.scene.endpoint and (subnet is None or subnet.endpoint_policies not in POLICIES_FOR_GROUPS):
        return None
    refused = security_groups.refusal(way.scene, Seat(target, subnet, address), way.flow, "inbound")
    return refused.diagnosis if refused is not None else None


def _astray(way: Way, route: Route) -> Diagnosis | None:
    """Return why a connection goes nowhere: a route of somebody's own, or a peering that should have led it."""
    here, there = way.seat.network, way.target
    if here is None:
        return None
    if there is None:
        return _to_the_unknown(way, here, route)
    if route.hop is Hop.LOCAL and route.table is None:
        return _overlap(way, here, there)
    least = max((prefix.prefixlen for prefix in there.space if way.flow.destination in prefix), default=0)
    if route.table is not None and route.prefix.prefixlen >= least:
        return _leads_elsewhere(way, route)
    expected = _peered(way, here, there)
    if expected is not None:
        return expected
    return _leads_elsewhere(way, route) if route.table is not None else _no_route(way)


def _peered(way: Way, here: Network, there: Network) -> Diagnosis | None:
    """Return what is wrong with the peering that should lead there: a direct one, or that with the hub."""
    hub = way.scene.network(way.scene.case.hub)
    direct = here.towards(there.id) is not None or there.towards(here.id) is not None
    if direct or hub is None or hub.id.key in {here.id.key, there.id.key}:
        return peerings.obstacle(here, there, way.flow.destination)
    return peerings.obstacle(here, hub, way.flow.destination) or peerings.obstacle(hub, there, way.flow.destination)


def _to_the_unknown(way: Way, here: Network, route: Route) -> Diagnosis | None:
    """Judge a destination in no network that is known: on-premises, on the internet, or nowhere."""
    if route.hop is Hop.GATEWAY or (route.table is None and here.reaches_gateways):
        return None
    return _leads_elsewhere(way, route) if route.table is not None else _no_route(way)


def _by_appliance(way: Way, route: Route) -> Diagnosis | None:
    firewall = firewalls.read(way.scene)
    if firewall is None:
        return None
    if route.appliance != firewall.address and firewall.address is not None:
        forwards = way.scene.forwards(route.appliance) if route.appliance is not None else None
        return None if forwards else _leads_elsewhere(way, route, firewall)
    middle = firewalls.seat(way.scene, firewall)
    return _gap(way, middle) or _to_firewall(way, middle, firewall) or _onward(way, middle)


def _gap(way: Way, middle: Seat) -> Diagnosis | None:
    """Return that the destination is not peered with the firewall's network.

    It comes before the firewall's rules: what should have gone straight there only comes to the firewall because of it,
    and no rule would help.
    """
    there, hub = way.target, middle.network
    if there is None or hub is None or there.id.key == hub.id.key:
        return None
    route = routes.chosen(way.scene, middle, way.flow.destination)
    onward = Way(way.scene, middle, way.flow, there)
    if route is None or route.hop is Hop.APPLIANCE or _arrives(onward, route):
        return None
    found = _astray(onward, route)
    return found if found is not None and found.link in PEERINGS else None


def _to_firewall(way: Way, middle: Seat, firewall: Firewall) -> Diagnosis | None:
    here = way.seat.network
    if not firewall.running:
        return firewalls.not_running(firewall)
    if here is not None and middle.network is not None and here.id.key != middle.network.id.key:
        address = firewall.address or way.flow.destination
        between = peerings.obstacle(here, middle.network, address)
        if between is not None:
            return between
    return firewall_rules.refusal(way.scene, firewall, way.flow)


def _onward(way: Way, middle: Seat) -> Diagnosis | None:
    """Follow the connection from the firewall on; its own subnet may have routes too."""
    there, hub = way.target, middle.network
    if there is None or hub is None:
        return None
    onward = Way(way.scene, middle, way.flow, there)
    route = routes.chosen(way.scene, middle, way.flow.destination)
    if route is not None and route.hop is not Hop.APPLIANCE and not _arrives(onward, route):
        return _astray(onward, route)
    if there.id.key not in {hub.id.key, _key(way.seat.network)}:
        refused = peerings.refuses_forwarded(hub, there)
        if refused is not None:
            return refused
    return _at_the_end(way)


def _key(network: Network | None) -> str:
    return "" if network is None else network.id.key


def _leads_elsewhere(way: Way, route: Route, firewall: Firewall | None = None) -> Diagnosis:
    wanted = f"{way.flow.destination}"
    if route.hop is Hop.APPLIANCE:
        where = f"to {route.appliance or 'no address'}"
    else:
        where = "nowhere" if route.hop is Hop.DROP else f"to {NEXT_HOPS.get(route.hop, route.hop)}"
    other = f", not to the firewall {firewall.id.name} at {firewall.address}" if firewall is not None else ""
    mend = f"remove {route.words}"
    if firewall is not None:
        mend = f"let {route.words} lead to {firewall.address}, or remove it"
    elif route.prefix == EVERYTHING:
        mend = f"let {route.words} lead to the firewall, or add a route for {wanted}"
    return Diagnosis(BrokenLink.ROUTE, f"{route.words} on {way.seat.words} leads {wanted} {where}{other}", mend)


NEXT_HOPS = {Hop.INTERNET: "the internet", Hop.GATEWAY: "a gateway", Hop.LOCAL: "the own virtual network"}


def _no_route(way: Way) -> Diagnosis | None:
    if way.seat.subnet is None:
        return None  # Which route table it has is not known.
    goal = f" in {way.target.words}" if way.target is not None else ""
    return Diagnosis(
        BrokenLink.ROUTE,
        f"{way.seat.words} has no route to {way.flow.destination}{goal}",
        f"add a route for {_goal_prefix(way, way.flow.destination)} to the firewall to the route table of "
        f"{way.seat.words}, or peer the networks",
    )


def _goal_prefix(way: Way, address: IPv4Address) -> str:
    prefixes = way.target.space if way.target is not None else ()
    return str(next((prefix for prefix in prefixes if address in prefix), f"{address}/32"))


def _overlap(way: Way, here: Network, there: Network) -> Diagnosis:
    return Diagnosis(
        BrokenLink.ROUTE,
        f"{way.flow.destination} in {there.words} is an address of {here.words} too, so it is looked for there",
        f"give {here.words} or {there.words} another address space: they overlap",
    )
