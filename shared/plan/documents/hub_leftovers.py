"""What a Hub leaves behind: sides of peerings, rules and parts that its document no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from shared.model import naming
from shared.model.machines import Bastion, Forwarder, JumpServer
from shared.model.resource_id import ResourceId
from shared.plan import words
from shared.plan.desired import Desired
from shared.plan.dns import rollout, servers
from shared.plan.documents import hub_dns, hub_firewall, zone_links
from shared.plan.observed import Read
from shared.plan.resources import dns_resolver, peering, rule_collection_group
from shared.plan.rule_packs import PACKS
from shared.plan.steps import lookup

if TYPE_CHECKING:
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.plan.observed import Observed


SERVERS = {
    "mode": "resolver",
    "forwarder": Forwarder(count=2),
    "on_premises_domains": ("example.com",),
    "on_premises_servers": (IPv4Address("192.0.2.1"),),
}
"""What a hub's DNS is like that has everything; the domain's own rule goes with its ruleset."""


def orphans(hub: Hub, related: Related, observed: Observed) -> list[Desired]:
    """Return what we made and nobody wants any more: each is broken, so that the plan deletes it."""
    return [
        *_orphaned_sides(hub, related, observed),
        *_orphaned_rules(hub, related, observed),
        *_orphaned_links(hub, related, observed),
        *_orphaned_domains(hub, observed),
        *_retired_parts(hub, related, observed),
    ]


def further_reads(hub: Hub, related: Related, observed: Observed) -> Iterator[Read]:
    """Yield the networks of links that others made in the hub's zone, unless they are a spoke's: they may be gone."""
    known = {naming.spoke_network(spoke, hub).key for spoke in related.spokes} | {naming.hub_network(hub).key}
    for _, target in _links(hub, observed):
        if target.key not in known:
            yield Read("", str(target))
    if not hub.deleting:
        yield from hub_dns.further_reads(hub, related, observed)


def _links(hub: Hub, observed: Observed) -> Iterator[tuple[ResourceId, ResourceId]]:
    """Yield the links of the hub's zone, each with the network that it leads to."""
    zone = naming.private_dns_zone(hub)
    for link in observed.within(f"{zone}/virtualNetworkLinks"):
        target = lookup(link, "properties.virtualNetwork.id")
        if target is not None:
            yield zone.child("virtualNetworkLinks", str(link["name"])), ResourceId.parse(str(target))


def _orphaned_links(hub: Hub, related: Related, observed: Observed) -> Iterator[Desired]:
    """Yield links to networks that are gone, whoever made them (they count against a limit), and ours of no more use.

    In a zone that was given only ours are touched. While networks are on the way from servers, these keep their links.
    """
    settled = rollout.at_rest(hub, related)
    wanted = {network.key for network in servers.linked_networks(hub, related.spokes)}
    given = hub.spec.dns.zone_id is not None
    for link in zone_links.of_zone(observed, naming.private_dns_zone(hub)):
        identity = naming.private_dns_zone(hub).child("virtualNetworkLinks", str(link["name"]))
        target = ResourceId.parse(str(lookup(link, "properties.virtualNetwork.id") or identity))
        ours = zone_links.is_ours(link)
        if observed.gone(target) and (ours or not given):
            yield Desired(identity, {}, broken=f"{words.name(identity)} leads to {words.name(target)}, which is gone")
        elif ours and settled and target.key not in wanted:
            broken = f"{words.name(identity)} leads to {words.name(target)}, which does not have to resolve clusters"
            yield Desired(identity, {}, broken=broken)


def _orphaned_domains(hub: Hub, observed: Observed) -> Iterator[Desired]:
    """Yield rules that would still send names on-premises of a domain that the document does not name any more."""
    ruleset = naming.forwarding_ruleset(hub)
    domains = hub.spec.dns.on_premises_domains
    wanted = {dns_resolver.rule(ruleset, domain, ()).id.key for domain in domains}
    for rule in observed.within(f"{ruleset}/forwardingRules") if domains else ():
        identity = ruleset.child("forwardingRules", str(rule["name"]))
        if identity.key not in wanted:
            yield Desired(identity, {}, broken=f"the domain of {words.name(identity)} is no longer in the document")


def everything(hub: Hub) -> Hub:
    """Return the hub with every part that it may ever have had, for taking down whatever is there."""
    parts = {
        "bastion": Bastion(enabled=True, sku="Basic"),
        "jump_server": hub.spec.jump_server or JumpServer.model_construct(ssh_public_key=""),
        "firewall": hub.spec.firewall.model_copy(update={"sku": "Basic"}),
        "dns": hub.spec.dns.model_copy(update=SERVERS),
    }
    return hub.model_copy(update={"spec": hub.spec.model_copy(update=parts)})


def _retired_parts(hub: Hub, related: Related, observed: Observed) -> Iterator[Desired]:
    """Yield parts that were switched off, one piece a plan: what it uses goes after it.

    Subnets with their security groups stay with the network; they go when the hub goes.
    """
    parts = [*hub_dns.retired(hub, related, observed)]
    if not hub.spec.bastion.enabled:
        parts.append((naming.bastion(hub), naming.bastion_public_ip(hub)))
    if hub.spec.jump_server is None:
        parts.append((naming.jump_server(hub), naming.jump_server_interface(hub)))
    for part in parts:
        piece = next((identity for identity in part if observed.get(identity) is not None), None)
        if piece is not None:
            yield Desired(piece, {}, broken=f"{words.name(piece)} is no longer in the document")


def _orphaned_rules(hub: Hub, related: Related, observed: Observed) -> list[Desired]:
    """Return rule collection groups of ours that would keep open what the document closed."""
    policy = naming.firewall_policy(hub)
    wanted = {group.id.key for group in hub_firewall.rules(hub, related)}
    groups = [
        policy.child("ruleCollectionGroups", name)
        for name in (*PACKS, hub_firewall.OWN_RULES, hub_firewall.CLUSTER_RULES)
    ]
    return [
        replace(
            rule_collection_group.desired(group, hub_firewall.PACK_PRIORITY, ()),
            broken=f"the rules {group.name} are no longer in the document",
        )
        for group in groups
        if group.key not in wanted and observed.get(group) is not None
    ]


def _orphaned_sides(hub: Hub, related: Related, observed: Observed) -> list[Desired]:
    """Return our side of peerings whose spoke is gone or going: named by us, and wanted by nobody."""
    wanted = {naming.hub_peering(hub, spoke).key for spoke in related.spokes if not spoke.deleting}
    going = {naming.hub_peering(hub, spoke).key: str(spoke.key) for spoke in related.spokes if spoke.deleting}
    network = naming.hub_network(hub)
    found = []
    for side in observed.within(f"{network}/virtualNetworkPeerings"):
        name = str(side["name"])
        identity = network.child("virtualNetworkPeerings", name)
        if naming.is_hub_peering(hub, name) and identity.key not in wanted:
            told = (going[identity.key],) if identity.key in going else ()
            gone = peering.desired(identity, network, side, tells=told)
            found.append(replace(gone, broken=f"peering {name} leads to a spoke that is gone or going"))
    return found
