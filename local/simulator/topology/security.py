"""Network security groups: which rule decides about a flow, by priority, with the default rules of every group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from typing import TYPE_CHECKING, Literal

from local.simulator.topology.evidence import Evidence
from local.simulator.topology.peering import peerings_of
from local.simulator.topology.routing import effective_routes
from local.simulator.topology.view import address_space, nested, reference

if TYPE_CHECKING:
    from local.simulator.resource import Json, Resource
    from local.simulator.topology.view import Seat, View

Direction = Literal["Inbound", "Outbound"]
Protocol = Literal["Tcp", "Udp"]

_LOAD_BALANCER = IPv4Address("168.63.129.16")


@dataclass(frozen=True, slots=True)
class Flow:
    """One connection as rules see it; `tags` are the service tags of a public destination, `host` its name."""

    source: IPv4Address
    destination: IPv4Address
    port: int
    protocol: Protocol = "Tcp"
    host: str = ""
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A security rule, ready to be matched."""

    name: str
    priority: int
    direction: Direction
    allow: bool
    protocol: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    ports: tuple[str, ...]


DEFAULT_RULES = (
    Rule("AllowVnetInBound", 65000, "Inbound", True, "*", ("VirtualNetwork",), ("VirtualNetwork",), ("*",)),  # noqa: FBT003
    Rule("AllowAzureLoadBalancerInBound", 65001, "Inbound", True, "*", ("AzureLoadBalancer",), ("*",), ("*",)),  # noqa: FBT003
    Rule("DenyAllInBound", 65500, "Inbound", False, "*", ("*",), ("*",), ("*",)),  # noqa: FBT003
    Rule("AllowVnetOutBound", 65000, "Outbound", True, "*", ("VirtualNetwork",), ("VirtualNetwork",), ("*",)),  # noqa: FBT003
    Rule("AllowInternetOutBound", 65001, "Outbound", True, "*", ("*",), ("Internet",), ("*",)),  # noqa: FBT003
    Rule("DenyAllOutBound", 65500, "Outbound", False, "*", ("*",), ("*",), ("*",)),  # noqa: FBT003
)


def judge_seat(view: View, seat: Seat, flow: Flow, direction: Direction) -> list[Evidence]:
    """Let the groups of a seat's subnet and NIC decide; outbound the NIC's comes first, inbound the subnet's."""
    nic, subnet = view.get(seat.nic) if seat.nic else None, view.get(seat.subnet)
    holders = [subnet, nic] if direction == "Inbound" else [nic, subnet]
    verdicts = []
    for holder in holders:
        group = view.get(reference(holder.properties, "networkSecurityGroup")) if holder else None
        if group is not None:
            verdicts.append(_judge(view, group, seat, flow, direction))
    return verdicts


def virtual_network_tag(view: View, seat: Seat) -> list[IPv4Network]:
    """Expand the tag VirtualNetwork for a seat: its VNet, peered VNets, prefixes of user routes, the host."""
    vnet = view.get(seat.vnet)
    prefixes = address_space(vnet) if vnet else []
    for peering in peerings_of(view, seat.vnet):
        if peering.usable:
            prefixes.extend(peering.prefixes)
    prefixes.extend(r.prefix for r in effective_routes(view, seat.subnet, seat.vnet) if r.source == "User")
    return [*prefixes, IPv4Network((_LOAD_BALANCER, 32))]


def _judge(view: View, group: Resource, seat: Seat, flow: Flow, direction: Direction) -> Evidence:
    inside = virtual_network_tag(view, seat)
    rules = [*(_read(name, p) for name, p in nested(view, group, "securityRules")), *DEFAULT_RULES]
    for rule in sorted(rules, key=lambda r: r.priority):
        if rule.direction == direction and _matches(rule, flow, inside):
            verb = "allows" if rule.allow else "denies"
            detail = f"{group.name} rule {rule.name} ({rule.priority}) {verb} {direction.lower()} {_words(flow)}"
            return Evidence("nsg", rule.allow, detail)
    return Evidence("nsg", holds=False, detail=f"{group.name}: no rule matches {_words(flow)}")


def _words(flow: Flow) -> str:
    return f"{flow.protocol} {flow.source} to {flow.destination}:{flow.port}"


def _read(name: str, properties: Json) -> Rule:
    return Rule(
        name=name,
        priority=int(properties.get("priority") or 65499),
        direction="Outbound" if str(properties.get("direction")).lower() == "outbound" else "Inbound",
        allow=str(properties.get("access")).lower() == "allow",
        protocol=str(properties.get("protocol") or "*"),
        sources=_both(properties, "sourceAddressPrefix", "sourceAddressPrefixes"),
        destinations=_both(properties, "destinationAddressPrefix", "destinationAddressPrefixes"),
        ports=_both(properties, "destinationPortRange", "destinationPortRanges"),
    )


def _both(properties: Json, single: str, several: str) -> tuple[str, ...]:
    one = properties.get(single)
    return tuple(properties.get(several) or ()) + ((str(one),) if one else ())


def _matches(rule: Rule, flow: Flow, inside: list[IPv4Network]) -> bool:
    return (
        rule.protocol.lower() in {"*", "any", flow.protocol.lower()}
        and port_matches(rule.ports, flow.port)
        and any(_covers(text, flow.source, frozenset(), inside) for text in rule.sources)
        and any(_covers(text, flow.destination, flow.tags, inside) for text in rule.destinations)
    )


def port_matches(ranges: Iterable[str], port: int) -> bool:
    """Match a port against `*`, `443` and `8000-8100`."""
    for text in ranges:
        low, _, high = str(text).partition("-")
        if text == "*" or int(low) <= port <= int(high or low):
            return True
    return False


def prefix_covers(text: str, address: IPv4Address) -> bool:
    """Match an address against `*`, an address or a prefix; anything else matches nothing."""
    if text in {"*", "0.0.0.0/0"}:
        return True
    try:
        return address in ip_network(text, strict=False)
    except ValueError:
        return False


def range_covers(text: str, address: IPv4Address) -> bool:
    """Match an address against `10.0.0.4-10.0.0.9`, or what `prefix_covers` reads."""
    low, dash, high = text.partition("-")
    if dash:
        try:
            return int(ip_address(low)) <= int(address) <= int(ip_address(high))
        except ValueError:
            return False
    return prefix_covers(text, address)


def tag_matches(text: str, tags: frozenset[str]) -> bool:
    """Match a service tag, also a regional one (`AzureContainerRegistry.WestEurope`)."""
    names = {tag.lower() for tag in tags}
    return text.lower() in names or text.split(".", maxsplit=1)[0].lower() in names


def _covers(text: str, address: IPv4Address, tags: frozenset[str], inside: list[IPv4Network]) -> bool:
    match text.lower():
        case "*" | "any":
            return True
        case "virtualnetwork":
            return any(address in prefix for prefix in inside)
        case "azureloadbalancer":
            return address == _LOAD_BALANCER
        case "internet":
            return not any(address in p for p in inside if p.prefixlen) and not address.is_private
    return prefix_covers(text, address) or tag_matches(text, tags)
