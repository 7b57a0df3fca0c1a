"""What answers names in the hub: the region's private zone with its links, and forwarders or a resolver."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from shared.model import conditions, naming
from shared.plan import addressing
from shared.plan.cloud_init.forwarder import forwarder as cloud_init
from shared.plan.desired import Desired
from shared.plan.dns import rollout, servers
from shared.plan.dns.forwarding import AZURE_DNS
from shared.plan.dns.proof import PROBE_ADDRESS
from shared.plan.documents import zone_links
from shared.plan.observed import Read, succeeded
from shared.plan.resources import (
    dns_resolver,
    firewall_policy,
    network_interface,
    network_security_group,
    private_dns_zone,
    virtual_machine,
    virtual_network_link,
)
from shared.plan.steps import DEPENDENTS, Wait, canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.resource_id import ResourceId
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

CONFIGURED = "spokewright-forwarding"
"""The tag that says which configuration a forwarder was made with: Azure never shows the cloud-init itself."""

RESOLVER = "dnsResolverId"
"""Output that says what was made, and so may have to be taken away once the document asks for it no more."""

VERSION = 1
"""Of the forwarders' cloud-init: raised where machines that stand have to be made anew."""

NUMBERS = tuple(range(1, servers.MOST_FORWARDERS + 1))
"""Of the forwarders that there may be."""

FIRST_REBOOT_HOUR = 2
"""When the first forwarder may restart for updates; each further one an hour later."""


def reads(hub: Hub) -> Iterator[Read]:
    """Yield what has to be asked beside the lists of the hub's group."""
    zone, group = naming.private_dns_zone(hub), str(naming.hub_group(hub))
    if hub.spec.dns.zone_id is not None:
        yield Read("", str(zone))
    yield Read(virtual_network_link.TYPE, str(zone))
    if _may_have_record(hub):
        yield Read("", str(naming.dns_probe_record(hub)))
    if hub.spec.dns.mode == "resolver" or RESOLVER in hub.status.outputs:
        resolver, ruleset = naming.dns_resolver(hub), naming.forwarding_ruleset(hub)
        yield Read(dns_resolver.TYPE, group)
        yield Read(dns_resolver.INBOUND_TYPE, str(resolver))
        yield Read(dns_resolver.OUTBOUND_TYPE, str(resolver))
        yield Read(dns_resolver.RULESET_TYPE, group)
        yield Read(dns_resolver.RULE_TYPE, str(ruleset))
        yield Read(dns_resolver.LINK_TYPE, str(ruleset))
    if hub.spec.dns.forwarder is not None or rollout.STANDING in hub.status.outputs:
        yield Read(virtual_machine.AVAILABILITY_SET_TYPE, group)


def further_reads(hub: Hub, related: Related, observed: Observed) -> Iterator[Read]:
    """Yield the question whether networks are linked to a zone of this name already, where a link is to be made."""
    networks = servers.linked_networks(hub, related.spokes)
    yield from zone_links.further_reads(naming.private_dns_zone(hub), networks, observed)


def desired(hub: Hub, related: Related, observed: Observed, marks: Mapping[str, str]) -> Iterator[Desired]:
    """Yield the zone, its links, and what the mode needs."""
    yield from zone(hub, related, observed, marks)
    yield from forwarders(hub, related, observed, marks)
    if hub.spec.dns.mode == "resolver":
        yield from _resolver(hub, marks)


def zone(hub: Hub, related: Related, observed: Observed, marks: Mapping[str, str]) -> Iterator[Desired]:
    """Yield the region's zone (adopted where it is given), its links, and the record by which servers are proved."""
    identity = naming.private_dns_zone(hub)
    if hub.spec.dns.zone_id is None:
        yield private_dns_zone.desired(identity, marks, tells=(DEPENDENTS,))
    else:
        yield Desired(identity, {}, adopted=True)
    yield from zone_links.desired(identity, servers.linked_networks(hub, related.spokes), marks, observed)
    if _has_record(hub):
        yield private_dns_zone.address_record(naming.dns_probe_record(hub), PROBE_ADDRESS)


def outputs(hub: Hub, observed: Observed) -> dict[str, Json]:
    """Return what there is of resolver and forwarders: while it is there it is asked about, whatever the document."""
    found: dict[str, Json] = {}
    if observed.get(naming.dns_resolver(hub)) is not None:
        found[RESOLVER] = str(naming.dns_resolver(hub))
    pieces = [*(naming.forwarder(hub, number) for number in NUMBERS), naming.forwarder_availability_set(hub)]
    if any(observed.get(piece) is not None for piece in pieces):
        found[rollout.STANDING] = _standing(hub, observed)
    return found


def _standing(hub: Hub, observed: Observed) -> dict[str, Json]:
    """Return which forwarders stand, with what they were made with and should be: a proof is of these and no others."""
    bodies = {str(number): observed.get(naming.forwarder(hub, number)) for number in NUMBERS}
    there = {
        number: {"machine": virtual_machine.instance(body), "with": _made_with(hub, number, body)}
        for number, body in bodies.items()
        if body is not None
    }
    return {"wanted": configuration(hub), **there}


def is_proven(hub: Hub, observed: Observed) -> bool:
    """Say whether the servers were asked since the forwarders that stand were made, and since they are to be others."""
    proven = hub.status.outputs.get(rollout.PROOF, {}).get("forwarders")
    return hub.spec.dns.forwarder is None or proven == _standing(hub, observed)


def retired(hub: Hub, related: Related, observed: Observed) -> Iterator[tuple[ResourceId, ...]]:
    """Yield the parts that the document asks for no more, each as its pieces in the order in which they may go.

    Servers go only when no network is pointed at them any more, nor the firewall.
    """
    dns = hub.spec.dns
    used = rollout.in_use(hub, related) | set(firewall_policy.dns_servers(observed.get(naming.firewall_policy(hub))))
    if not _has_record(hub) and rollout.at_rest(hub, related):
        yield (naming.dns_probe_record(hub),)
    kept = 0 if dns.forwarder is None else dns.forwarder.count
    if not used & set(servers.forwarder_addresses(hub)[kept:]):
        machines = [naming.forwarder(hub, number) for number in NUMBERS[kept:]]
        interfaces = [naming.forwarder_interface(hub, number) for number in NUMBERS[kept:]]
        yield (*machines, *interfaces, *(() if kept else (naming.forwarder_availability_set(hub),)))
    resolver, ruleset = naming.dns_resolver(hub), naming.forwarding_ruleset(hub)
    rules = (
        ruleset.child("virtualNetworkLinks", naming.hub_network(hub).name),
        ruleset,
        resolver.child("outboundEndpoints", dns_resolver.OUTBOUND),
    )
    if dns.mode != "resolver" and not used & set(servers.endpoint_addresses(hub)):
        yield (*rules, resolver.child("inboundEndpoints", dns_resolver.INBOUND), resolver)
    elif not dns.on_premises_domains:
        yield rules


def _has_record(hub: Hub) -> bool:
    return hub.spec.dns.zone_id is None and hub.spec.dns.has_servers


def _may_have_record(hub: Hub) -> bool:
    return hub.spec.dns.zone_id is None and (hub.spec.dns.has_servers or rollout.OUTPUT in hub.status.outputs)


def forwarders(hub: Hub, related: Related, observed: Observed, marks: Mapping[str, str]) -> Iterator[Desired]:
    """Yield the machines that forward, each at its own address, behind a group that knows who may ask."""
    spec = hub.spec.dns.forwarder
    if spec is None:
        return
    location = hub.spec.location
    rules = [
        network_security_group.allow("allow-dns", 200, "53", _askers(hub, related), protocol="*"),
        network_security_group.deny_other_inbound(),
    ]
    yield network_security_group.desired(naming.forwarder_security_group(hub), location, rules, marks)
    if not spec.zones:
        yield virtual_machine.availability_set(naming.forwarder_availability_set(hub), location, marks)
    outdated = _outdated(hub, observed)
    replaced = _to_replace(hub, outdated, observed)
    for number, address in enumerate(servers.forwarders(hub), 1):
        interface = naming.forwarder_interface(hub, number)
        place = naming.hub_subnet(hub, naming.DNS_FORWARDER_SUBNET)
        own = (str(AZURE_DNS),)  # It installs itself while its network may point at it already.
        yield network_interface.desired(interface, location, place, marks, address=address, dns_servers=own)
        machine = _machine(hub, number, observed, marks)
        if number == replaced:
            machine = replace(machine, broken="its configuration is an earlier one, which only a new machine replaces")
        elif number in outdated:
            message = f"forwarder {address} has an earlier configuration, and is made anew when the other one answered"
            machine = replace(machine, blocked=Wait(conditions.DNS_CHANGING, message))
        yield machine


def _machine(hub: Hub, number: int, observed: Observed, marks: Mapping[str, str]) -> Desired:
    spec: Any = hub.spec.dns.forwarder
    jump: Any = hub.spec.jump_server
    identity = naming.forwarder(hub, number)
    have = observed.get(identity)
    address = IPv4Address(servers.forwarder_addresses(hub)[number - 1])
    text = cloud_init(servers.forwarding(hub), address, reboot_hour=FIRST_REBOOT_HOUR + number - 1)
    what = virtual_machine.Machine(
        spec.size,
        naming.forwarder_interface(hub, number),
        jump.admin_username,
        jump.ssh_public_key,
        zones=spec.zones[number - 1 : number],
        availability_set=None if spec.zones else naming.forwarder_availability_set(hub),
        custom_data=text,
        patched_by="image",
    )
    # One that stands keeps the tag of what it was made with, until it is its turn to be made anew.
    made_with = configuration(hub) if have is None else _made_with(hub, str(number), have)
    return virtual_machine.desired(identity, hub.spec.location, what, {**marks, CONFIGURED: made_with})


def configuration(hub: Hub) -> str:
    """Return a digest of what forwarders are told, and of what Azure changes by a restart only, or not at all."""
    told, spec, jump = servers.forwarding(hub), hub.spec.dns.forwarder, hub.spec.jump_server
    content = {
        "version": VERSION,
        "zones": list(told.private_zones),
        "upstream": list(map(str, told.upstream)),
        "domains": list(told.on_premises_domains),
        "servers": list(map(str, told.on_premises_servers)),
        "allowed": list(map(str, told.allowed)),
        "machine": None if spec is None else [spec.size, list(spec.zones)],
        "who": None if jump is None else [jump.admin_username, jump.ssh_public_key],
    }
    return hashlib.sha256(canonical(content)).hexdigest()[:16]


def _made_with(hub: Hub, number: str, machine: Json) -> str:
    """Return what a forwarder was made with, as its tag says; where somebody took that off, as it was seen before."""
    tag = (machine.get("tags") or {}).get(CONFIGURED)
    seen = hub.status.outputs.get(rollout.STANDING, {}).get(number, {})
    same = seen.get("machine") is not None and seen["machine"] == virtual_machine.instance(machine)
    return str(tag or (seen["with"] if same else ""))


def _outdated(hub: Hub, observed: Observed) -> list[int]:
    """Return the numbers of the forwarders that stand with an earlier configuration."""
    now = configuration(hub)
    machines = ((number, observed.get(naming.forwarder(hub, number))) for number in NUMBERS)
    return [number for number, body in machines if body is not None and _made_with(hub, str(number), body) != now]


def _to_replace(hub: Hub, outdated: list[int], observed: Observed) -> int | None:
    """Return the number of the forwarder to make anew, once those that stand were asked: one at a time.

    A silent one goes first, for nobody misses it: it waits only for those that were made anew before. Another one goes
    while all others answer, and no network is on its way: that would take it for a server that fell silent.
    """
    if not outdated or not is_proven(hub, observed):
        return None
    addresses = dict(enumerate(servers.forwarders(hub), 1))
    silent = [number for number in outdated if number in addresses and rollout.silent(hub, [addresses[number]])]
    chosen = (silent or outdated)[0]
    others = [number for number in addresses if number != chosen]
    needed = [number for number in others if number not in outdated] if silent else others
    stand = all(succeeded(observed.get(naming.forwarder(hub, number))) for number in others)
    answer = stand and rollout.answering(hub, [addresses[number] for number in needed])
    return chosen if answer and (silent or rollout.State.of(hub).before is None) else None


def _askers(hub: Hub, related: Related) -> list[str]:
    """Return the ranges that may ask: the hub, its spokes, and what is on-premises."""
    pool = () if hub.spec.spoke_pool is None else (hub.spec.spoke_pool,)
    known = [*hub.spec.address_space, *pool, *hub.spec.dns.on_premises_ranges]
    spokes = (block for spoke in related.spokes if spoke.has_network for block in addressing.spoke_space(spoke))
    beyond = sorted(block for block in spokes if not any(block.subnet_of(range_) for range_ in known))
    return list(dict.fromkeys(map(str, (*known, *beyond))))


def _resolver(hub: Hub, marks: Mapping[str, str]) -> Iterator[Desired]:
    location, network, identity = hub.spec.location, naming.hub_network(hub), naming.dns_resolver(hub)
    yield dns_resolver.desired(identity, location, network, marks)
    place = naming.hub_subnet(hub, naming.DNS_INBOUND_SUBNET)
    for address in servers.inbound(hub):
        yield dns_resolver.inbound(identity, location, place, address, marks)
    if not hub.spec.dns.on_premises_domains:
        return
    exit_ = dns_resolver.outbound(identity, location, naming.hub_subnet(hub, naming.DNS_OUTBOUND_SUBNET), marks)
    yield exit_
    ruleset = naming.forwarding_ruleset(hub)
    yield dns_resolver.ruleset(ruleset, location, exit_.id, marks)
    targets = [str(server) for server in hub.spec.dns.on_premises_servers]
    for domain in hub.spec.dns.on_premises_domains:
        yield dns_resolver.rule(ruleset, domain, targets)
    # The hub's own network asks Azure, and so gets the rules; spokes ask the endpoint, which stands in it.
    yield dns_resolver.ruleset_link(ruleset, network.name, network)
