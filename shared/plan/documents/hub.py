"""What a Hub owns: network, firewall with its rules, jump server, private DNS zone, its side of every peering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model import conditions, naming
from shared.plan import addressing
from shared.plan.dns import rollout, servers
from shared.plan.documents import hub_dns, hub_firewall, hub_machines, zone_links
from shared.plan.documents.ownership import tags
from shared.plan.observed import Read, properties, stands
from shared.plan.resources import (
    azure_firewall,
    bastion,
    dns_resolver,
    firewall_policy,
    network_interface,
    network_security_group,
    peering,
    private_dns_zone,
    public_ip,
    resource_group,
    route_table,
    rule_collection_group,
    subnet,
    virtual_machine,
    virtual_network,
)
from shared.plan.steps import DEPENDENTS, Wait, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.spoke import Spoke
    from shared.plan.desired import Desired
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

LISTED = (
    virtual_network.TYPE,
    network_security_group.TYPE,
    route_table.TYPE,
    public_ip.TYPE,
    firewall_policy.TYPE,
    azure_firewall.TYPE,
    private_dns_zone.TYPE,
    network_interface.TYPE,
    virtual_machine.TYPE,
    bastion.TYPE,
)
"""Kinds that a hub has or may have had, read by one list of its resource group each."""


def reads(hub: Hub, related: Related) -> Iterator[Read]:  # noqa: ARG001 - spokes are known by their documents
    """Yield what has to be asked."""
    group = str(naming.hub_group(hub))
    yield Read("", group)
    for kind in LISTED:
        yield Read(kind, group)
    yield Read(rule_collection_group.TYPE, str(naming.firewall_policy(hub)))
    yield from hub_dns.reads(hub)
    if hub.spec.jump_server is not None and hub.spec.jump_server.entra_login:
        yield Read(virtual_machine.EXTENSION_TYPE, str(naming.jump_server(hub)))


def desired(hub: Hub, related: Related, observed: Observed) -> list[Desired]:
    """Return everything the hub should have, whatever is there."""
    marks = tags(hub)
    return [
        resource_group.desired(naming.hub_group(hub), hub.spec.location, marks),
        *hub_machines.way_out(hub, marks),
        _network(hub, related, observed, marks),
        *hub_dns.desired(hub, related, observed, marks),
        *hub_firewall.desired(hub, related, observed, marks),
        *hub_machines.jump_server(hub, related, marks),
        *hub_machines.bastion_host(hub, marks),
        *(_peering(hub, spoke, observed) for spoke in related.spokes if spoke.has_network),
    ]


def _network(hub: Hub, related: Related, observed: Observed, marks: dict[str, str]) -> Desired:
    return virtual_network.desired(
        naming.hub_network(hub),
        hub.spec.location,
        [str(block) for block in hub.spec.address_space],
        marks,
        subnets=[_subnet(hub, name, str(prefix)) for name, prefix in addressing.hub_subnets(hub).items()],
        dns_servers=rollout.for_hub(hub, related, dns_servers_of(hub, observed)),
        tells=(DEPENDENTS,),
    )


def _subnet(hub: Hub, name: str, prefix: str) -> Json:
    """Return one of the hub's subnets: machines have a way out and a guard, the resolver's endpoints a delegation."""
    guards = {
        naming.JUMP_SERVER_SUBNET: naming.jump_server_security_group(hub),
        naming.DNS_FORWARDER_SUBNET: naming.forwarder_security_group(hub),
    }
    delegated = name in (naming.DNS_INBOUND_SUBNET, naming.DNS_OUTBOUND_SUBNET)
    return subnet.inline(
        name,
        prefix,
        network_security_group=guards.get(name),
        route_table=naming.hub_route_table(hub) if name in guards else None,
        delegation=dns_resolver.DELEGATION if delegated else None,
    )


def dns_servers_of(hub: Hub, observed: Observed) -> tuple[str, ...] | None:
    """Return the DNS servers that the hub's network has; None where it is not there."""
    return virtual_network.dns_servers(observed.get(naming.hub_network(hub)))


def _peering(hub: Hub, spoke: Spoke, observed: Observed) -> Desired:
    side = naming.hub_peering(hub, spoke)
    have = observed.get(side)
    # Azure refuses a new side while the other one still remembers the old: that one goes first.
    widowed = have is None and {"peered", "disconnected"} & spoke.status.outputs.keys()
    message = f"spoke {spoke.name} has to make its side of the peering anew, because the hub's was deleted"
    blocked = Wait(conditions.PEER_LOST, message, str(spoke.key)) if widowed else None
    return peering.desired(
        side,
        naming.spoke_network(spoke, hub),
        have,
        tells=(str(spoke.key),),
        blocked=blocked,
        follow=have is None or _admitted(spoke, have),
    )


def _admitted(spoke: Spoke, have: Json) -> bool:
    """Say whether the spoke's network has the address space that its document was approved with.

    While it has another one, the hub does not learn of it: whoever approved saw the old one.
    """
    approved = {str(block) for block in addressing.spoke_space(spoke)}
    return not approved or approved == {block for block in peering.remote_space(have) if ":" not in block}


def outputs(hub: Hub, related: Related, observed: Observed) -> dict[str, Json]:
    """Return what spokes and clusters wait for, of what is there and done."""
    zone = naming.private_dns_zone(hub)
    found: dict[str, Json] = {}
    for name, wanted in (
        ("virtualNetworkId", naming.hub_network(hub)),
        ("privateDnsZoneId", zone),
        ("jumpServerId", naming.jump_server(hub)),
    ):
        if stands(observed.get(wanted), known=name in hub.status.outputs):
            found[name] = str(wanted)
    link = _linked_everywhere(hub, observed)
    if link is not None:
        found["privateDnsZoneLinkId"] = link
    firewall = observed.get(naming.firewall(hub))
    address = lookup(firewall, azure_firewall.PRIVATE_IP)
    if address is not None and stands(firewall, known="firewallPrivateIp" in hub.status.outputs):
        found["firewallPrivateIp"] = address
    found |= hub_dns.outputs(hub, observed) | _names(hub, related, observed)
    return found | _used(observed.get(naming.hub_network(hub)), observed.get(zone))


def _linked_everywhere(hub: Hub, observed: Observed) -> str | None:
    """Return the zone's link to the hub's network, once the networks of all DNS servers have theirs."""
    zone, known = naming.private_dns_zone(hub), "privateDnsZoneLinkId" in hub.status.outputs
    links = [zone_links.made(zone, network, observed) for network in servers.linked_networks(hub, ())]
    return str(links[0]["id"]) if all(stands(link, known=known) for link in links) and links[0] else None


def _names(hub: Hub, related: Related, observed: Observed) -> dict[str, Json]:
    """Return whose turn it is to have which DNS servers, and the last proof of them, which is kept."""
    kept = {name: value for name, value in hub.status.outputs.items() if name in rollout.KEPT}
    have = dns_servers_of(hub, observed)
    if have is None or not (hub.spec.dns.has_servers or kept):
        return kept  # What one finished step tells is not the whole network.
    decided = rollout.advance(hub, related, have)
    settled = decided == rollout.State() and not hub.spec.dns.has_servers
    if settled and observed.get(naming.dns_probe_record(hub)) is None:
        return {}  # It is as if there never had been a server.
    return kept | {rollout.OUTPUT: decided.to_json(), rollout.SPOKE_OUTPUT: list(have)}


def _used(network: Json | None, zone: Json | None) -> dict[str, Json]:
    """Return how much is used of what Azure limits: the network's peerings, the zone's links. It wakes nobody."""
    peerings = None if network is None else len(properties(network).get("virtualNetworkPeerings") or ())
    used = {"peerings": peerings, "zoneLinks": lookup(zone, "properties.numberOfVirtualNetworkLinks")}
    return {name: count for name, count in used.items() if count is not None}
