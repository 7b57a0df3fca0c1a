"""Network security groups: which rule decides about a connection, by priority, Azure's own rules last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Literal

from shared.plan import words
from shared.plan.diagnosis import bodies, flow, peerings, routes
from shared.plan.diagnosis.link import BrokenLink, Diagnosis

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diagnosis.flow import Flow, Truth
    from shared.plan.diagnosis.scene import Scene, Seat
    from shared.plan.steps import Json

Direction = Literal["inbound", "outbound"]
LAST = 65_500
PLATFORM_DNS = "azureplatformdns"
FIRST = 100
"""The lowest number that a rule of one's own may have."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A security rule, ready to be matched."""

    name: str
    priority: int
    direction: str
    allow: bool
    protocol: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    ports: tuple[str, ...]
    by_members: bool = False
    """Whether it names application security groups, whose members nobody reads here."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What the tag VirtualNetwork stands for at one end, and whether that is all of it."""

    prefixes: tuple[IPv4Network, ...]
    whole: bool


def _default(name: str, priority: int, direction: Direction, ends: tuple[str, str], *, allow: bool) -> Rule:
    return Rule(name, priority, direction, allow, "*", (ends[0],), (ends[1],), ("*",))


DEFAULTS = (
    _default("AllowVnetInBound", 65_000, "inbound", ("VirtualNetwork", "VirtualNetwork"), allow=True),
    _default("AllowAzureLoadBalancerInBound", 65_001, "inbound", ("AzureLoadBalancer", "*"), allow=True),
    _default("DenyAllInBound", LAST, "inbound", ("*", "*"), allow=False),
    _default("AllowVnetOutBound", 65_000, "outbound", ("VirtualNetwork", "VirtualNetwork"), allow=True),
    _default("AllowInternetOutBound", 65_001, "outbound", ("*", "Internet"), allow=True),
    _default("DenyAllOutBound", LAST, "outbound", ("*", "*"), allow=False),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that denies a connection."""

    diagnosis: Diagnosis
    by_default: bool
    """Whether it is Azure's last rule: then a lost peering may be why nothing before it allows the connection."""


def refusal(scene: Scene, seat: Seat, wanted: Flow, direction: Direction) -> Refusal | None:
    """Return the rule that denies a connection at one of its ends: the subnet's group, and the interface's."""
    inside = _virtual_network(scene, seat)
    for group, where in _groups(scene, seat, direction):
        rule = _deciding(bodies.bag(scene.observed.get(group)), wanted, direction, inside)
        if rule is not None and not rule.allow:
            return Refusal(_denied(rule, group, where, wanted, direction), by_default=rule in DEFAULTS)
    return None


def platform_refusal(scene: Scene, seat: Seat) -> Diagnosis | None:
    """Return the rule that keeps a machine from Azure's own resolver.

    It is past all rules but those that name it by its own tag (Azure's documentation of service tags).
    """
    for group, where in _groups(scene, seat, "outbound"):
        for rule in _own_rules(bodies.bag(scene.observed.get(group))):
            if rule.direction == "outbound" and PLATFORM_DNS in map(str.lower, rule.destinations):
                if rule.allow:
                    break
                return Diagnosis(
                    BrokenLink.SECURITY_GROUP,
                    f"rule {bodies.shown(rule.name)} of {words.name(group)} on {where} denies AzurePlatformDNS, which "
                    "is Azure's own resolver",
                    f"remove rule {bodies.shown(rule.name)} from {words.name(group)}",
                )
    return None


def _groups(scene: Scene, seat: Seat, direction: Direction) -> Iterator[tuple[ResourceId, str]]:
    """Yield the groups that decide, with where they are; outbound the interface's comes first, inbound the subnet's."""
    interface = bodies.reference(scene.interface(seat), "networkSecurityGroup")
    of_interface = [(interface, f"the network interface with {seat.address}")] if interface is not None else []
    of_subnet = [(seat.subnet.group, seat.words)] if seat.subnet is not None and seat.subnet.group is not None else []
    both = (*of_interface, *of_subnet) if direction == "outbound" else (*of_subnet, *of_interface)
    yield from (pair for pair in both if scene.observed.get(pair[0]) is not None)


def _virtual_network(scene: Scene, seat: Seat) -> Inside:
    """Expand the tag VirtualNetwork: own and peered space, prefixes of own routes, the host, and beyond gateways."""
    network = seat.network
    if network is None:
        return Inside((), whole=False)
    peered = [
        prefix
        for side in network.peerings
        if peerings.usable(network, scene.network(side.remote), side)
        for prefix in side.known
    ]
    own = [route.prefix for route in routes.own_routes(scene, seat)]
    prefixes = (*network.space, *peered, *own, flow.single(flow.AZURE_DNS))
    return Inside(prefixes, whole=not network.reaches_gateways)


def _deciding(group: dict[str, Json], wanted: Flow, direction: Direction, inside: Inside) -> Rule | None:
    """Return the rule that decides; None where one that may fit allows, so that nothing can be said."""
    for rule in (*_own_rules(group), *DEFAULTS):
        fits = _fits(rule, wanted, inside) if rule.direction == direction else False
        if fits:
            return rule
        if fits is None and rule.allow:
            return None
    return None


def _own_rules(group: dict[str, Json]) -> Sequence[Rule]:
    rules = [_read(name, inside) for name, inside in bodies.items(group.get("securityRules"))]
    return sorted(rules, key=lambda rule: rule.priority)


def _read(name: str, properties: dict[str, Json]) -> Rule:
    return Rule(
        name=name,
        priority=bodies.number(properties.get("priority"), LAST - 1),
        direction=bodies.text(properties.get("direction")).lower(),
        allow=bodies.text(properties.get("access")).lower() == "allow",
        protocol=bodies.text(properties.get("protocol")).lower() or "*",
        sources=bodies.either(properties, "sourceAddressPrefix", "sourceAddressPrefixes"),
        destinations=bodies.either(properties, "destinationAddressPrefix", "destinationAddressPrefixes"),
        ports=bodies.either(properties, "destinationPortRange", "destinationPortRanges"),
        by_members=any(properties.get(f"{end}ApplicationSecurityGroups") for end in ("source", "destination")),
    )


def _fits(rule: Rule, wanted: Flow, inside: Inside) -> Truth:
    if rule.protocol not in {"*", "any", wanted.protocol.lower()} or not flow.port_covered(rule.ports, wanted.port):
        return False
    ends = ((rule.sources, wanted.source), (rule.destinations, flow.single(wanted.destination)))
    return flow.all_of(_end_fits(texts, end, inside, rule) for texts, end in ends)


def _end_fits(texts: tuple[str, ...], end: IPv4Network, inside: Inside, rule: Rule) -> Truth:
    if not texts and rule.by_members:
        return None
    return flow.any_of(_covers(text, end, inside) for text in texts)


def _covers(text: str, end: IPv4Network, inside: Inside) -> Truth:
    held = flow.held_by(end, inside.prefixes)
    match text.lower():
        case "any" | "0.0.0.0/0":
            return True
        case "virtualnetwork":
            return held if held or inside.whole else None
        case "internet":
            return _outside(end, held, inside)
        case "azureloadbalancer":
            return end == flow.single(flow.AZURE_DNS)
    if flow.is_range(text):
        return flow.range_covers(text, end)
    return False if end.is_private else None  # The other service tags are public addresses.


def _outside(end: IPv4Network, held: Truth, inside: Inside) -> Truth:
    if held or end.is_private:
        return False
    return True if held is False and inside.whole and end.is_global else None


def _denied(rule: Rule, group: ResourceId, where: str, wanted: Flow, direction: Direction) -> Diagnosis:
    own, name = rule.priority < DEFAULTS[0].priority, bodies.shown(rule.name)
    below = f"with a priority below {rule.priority} " if own else ""
    added = f"add an {direction} rule {below}to {'it' if own else words.name(group)} that allows {wanted.needed}"
    removed = f"remove rule {name} from {words.name(group)}"
    mend = added if not own else f"{removed}, or {added}" if rule.priority > FIRST else removed
    return Diagnosis(
        BrokenLink.SECURITY_GROUP,
        f"rule {name} (priority {rule.priority}) of {words.name(group)} on {where} denies {direction} {wanted.words}",
        mend,
    )
