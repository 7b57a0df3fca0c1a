"""Whether a connection from one seat in the network to an address is answered, and which link fails if not."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Literal

from local.simulator.topology import listeners
from local.simulator.topology.evidence import Chain, Evidence
from local.simulator.topology.firewall import judge_firewall
from local.simulator.topology.peering import peering_between, peerings_of
from local.simulator.topology.public_names import service_tags
from local.simulator.topology.routing import effective_routes, select_route
from local.simulator.topology.security import Flow, Protocol, judge_seat
from local.simulator.topology.view import FIREWALL, NIC, owner_of, seats

if TYPE_CHECKING:
    from local.simulator.resource import Resource
    from local.simulator.topology.routing import Route
    from local.simulator.topology.view import Seat, View

Outcome = Literal["open", "refused", "timeout"]


@dataclass(frozen=True, slots=True)
class Reach:
    """How a connection attempt ends, and the chain of evidence; the failing link is the last one."""

    outcome: Outcome
    chain: Chain

    @property
    def open(self) -> bool:
        """Whether it was answered."""
        return self.outcome == "open"


class _Blocked(Exception):
    """A link of the chain does not hold."""


def connect(
    view: View,
    source: Seat,
    destination: IPv4Address,
    port: int,
    *,
    protocol: Protocol = "Tcp",
    host: str = "",
) -> Reach:
    """Try a connection; `host` is the name it was asked for (what application rules and service tags see)."""
    flow = Flow(source.address, destination, port, protocol, host, service_tags(host) if host else frozenset())
    chain: list[Evidence] = []
    try:
        _walk(view, source, flow, chain)
    except _Blocked:
        return Reach("timeout", tuple(chain))
    outcome = listeners.answer(view, source.vnet, flow)
    chain.append(outcome.evidence)
    return Reach(outcome.outcome, tuple(chain))


def _need(chain: list[Evidence], evidence: Evidence) -> None:
    chain.append(evidence)
    if not evidence.holds:
        raise _Blocked


def _walk(view: View, source: Seat, flow: Flow, chain: list[Evidence]) -> None:
    route = select_route(effective_routes(view, source.subnet, source.vnet), flow.destination)
    for evidence in judge_seat(view, source, flow, "Outbound"):
        _need(chain, evidence)
    if route is None or route.hop in {"None", "VirtualNetworkGateway"}:
        _need(chain, _unreachable(view, source, flow, route))
    elif route.hop == "VirtualAppliance":
        _through_appliance(view, source, flow, route, chain)
    elif route.hop == "Internet":
        _need(chain, _to_internet(view, source, flow, route))
    else:
        _need(chain, Evidence("route", holds=True, detail=f"{source.subnet.rsplit('/', 1)[-1]}: {route}"))
        _arrive(view, route.vnet or source.vnet, flow, chain)


def _unreachable(view: View, source: Seat, flow: Flow, route: Route | None) -> Evidence:
    """Say why there is no way: most often a peering that should be there and is not usable."""
    for peering in peerings_of(view, source.vnet):
        if not peering.usable and any(flow.destination in prefix for prefix in peering.prefixes):
            return Evidence("peering", holds=False, detail=peering.detail)
    return Evidence("route", holds=False, detail=f"no route to {flow.destination} ({route or 'none fits'})")


def _to_internet(view: View, source: Seat, flow: Flow, route: Route) -> Evidence:
    subnet = view.get(source.subnet)
    if flow.destination.is_private:
        return Evidence("route", holds=False, detail=f"{flow.destination} is private and the route says {route}")
    if subnet is not None and subnet.properties.get("defaultOutboundAccess") is False:
        detail = f"subnet {subnet.name} has no default outbound access"
        return Evidence("route", holds="natGateway" in subnet.properties, detail=detail)
    return Evidence("route", holds=True, detail=str(route))


def _arrive(view: View, vnet: str, flow: Flow, chain: list[Evidence]) -> None:
    found = owner_of(view, vnet, flow.destination)
    if found is None:
        name = vnet.rsplit("/", 1)[-1]
        _need(chain, Evidence("owner", holds=False, detail=f"nothing has {flow.destination} in {name}"))
        return
    owner, seat = found
    chain.append(Evidence("owner", holds=True, detail=f"{owner.name} has {flow.destination}"))
    if owner.id.type == FIREWALL or not _judged_inbound(view, owner, seat):
        return
    for evidence in judge_seat(view, seat, flow, "Inbound"):
        _need(chain, evidence)


def _judged_inbound(view: View, owner: Resource, seat: Seat) -> bool:
    """Groups count for a private endpoint only where its subnet's network policies are enabled."""
    if not owner.properties.get("privateEndpoint"):
        return True
    subnet = view.get(seat.subnet)
    policies = str(subnet.properties.get("privateEndpointNetworkPolicies", "")) if subnet else ""
    return policies in {"Enabled", "NetworkSecurityGroupEnabled"}


def _through_appliance(view: View, source: Seat, flow: Flow, route: Route, chain: list[Evidence]) -> None:
    _need(chain, Evidence("route", holds=True, detail=f"{source.subnet.rsplit('/', 1)[-1]}: {route}"))
    appliance, seat = _appliance(view, source, route, chain)
    if appliance.id.type == FIREWALL:
        _need(chain, judge_firewall(view, appliance, flow))
    else:
        forwards = bool(appliance.properties.get("enableIPForwarding"))
        _need(chain, Evidence("firewall", forwards, f"{appliance.name} {'forwards' if forwards else 'drops'} packets"))
    _from_firewall(view, source, flow, seat, chain)


def _appliance(view: View, source: Seat, route: Route, chain: list[Evidence]) -> tuple[Resource, Seat]:
    """Find the firewall or machine that a route points to, in the own VNet or in one that is peered and usable."""
    for firewall in (*view.of_type(FIREWALL), *view.of_type(NIC)):
        seat = next((s for s in seats(firewall) if s.address == route.appliance), None)
        if seat is None:
            continue
        if seat.vnet != source.vnet:
            peering = peering_between(view, source.vnet, seat.vnet)
            if peering is None:
                continue
            _need(chain, Evidence("peering", peering.usable, peering.detail))
        return firewall, seat
    detail = f"no firewall has {route.appliance} in reach of {source.vnet.rsplit('/', 1)[-1]}"
    _need(chain, Evidence("firewall", holds=False, detail=detail))
    raise _Blocked


def _from_firewall(view: View, source: Seat, flow: Flow, firewall: Seat, chain: list[Evidence]) -> None:
    """Go on from the firewall: to the internet, or into a VNet that takes forwarded traffic."""
    onward = select_route(effective_routes(view, firewall.subnet, firewall.vnet), flow.destination)
    if onward is None or onward.hop == "None":
        _need(chain, Evidence("route", holds=False, detail=f"the firewall has no route to {flow.destination}"))
    elif onward.hop not in {"Internet", "VirtualAppliance"}:
        target = onward.vnet or firewall.vnet
        if target not in {firewall.vnet, source.vnet}:
            back = peering_between(view, target, firewall.vnet)
            allowed = back is not None and back.allows_forwarded
            detail = f"{target.rsplit('/', 1)[-1]} {'takes' if allowed else 'refuses'} forwarded traffic"
            _need(chain, Evidence("peering", allowed, detail))
        _arrive(view, target, flow, chain)
