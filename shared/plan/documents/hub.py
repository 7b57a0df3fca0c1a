"""What a Hub owns: network, firewall with its rules, jump server, private DNS zone, its side of every peering."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.model import conditions, naming
from shared.plan import addressing
from shared.plan.documents.ownership import tags
from shared.plan.observed import Read, properties, stands
from shared.plan.resources import (
    azure_firewall,
    bastion,
    firewall_policy,
    network_interface,
    network_security_group,
    peering,
    private_dns_zone,
    public_ip,
    resource_group,
    rule_collection_group,
    subnet,
    virtual_machine,
    virtual_network,
    virtual_network_link,
)
from shared.plan.rule_packs import PACKS, Application, Network
from shared.plan.steps import DEPENDENTS, Wait, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.rules import ApplicationRule, NetworkRule
    from shared.model.spoke import Spoke
    from shared.plan.desired import Desired
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

LISTED = (
    virtual_network.TYPE,
    network_security_group.TYPE,
    public_ip.TYPE,
    firewall_policy.TYPE,
    azure_firewall.TYPE,
    private_dns_zone.TYPE,
    network_interface.TYPE,
    virtual_machine.TYPE,
    bastion.TYPE,
)
"""Kinds that a hub has or may have had, read by one list of its resource group each."""

PACK_PRIORITY, OWN_PRIORITY, CLUSTERS_PRIORITY = 200, 300, 400
"""Rule collection groups: the pack first, then what the hub's document adds, then what its clusters ask for."""
OWN_RULES, CLUSTER_RULES = "document", "clusters"
"""The groups of what the document adds and of what clusters ask for; the pack's has the pack's name."""


def reads(hub: Hub, related: Related) -> Iterator[Read]:  # noqa: ARG001 - spokes are known by their documents
    """Yield what has to be asked."""
    group = str(naming.hub_group(hub))
    yield Read("", group)
    for kind in LISTED:
        yield Read(kind, group)
    yield Read(rule_collection_group.TYPE, str(naming.firewall_policy(hub)))
    yield Read(virtual_network_link.TYPE, str(naming.private_dns_zone(hub)))


def desired(hub: Hub, related: Related, observed: Observed) -> list[Desired]:
    """Return everything the hub should have, whatever is there."""
    marks = tags(hub)
    location = hub.spec.location
    resources = [
        resource_group.desired(naming.hub_group(hub), location, marks),
        *_network(hub, marks),
        *_names(hub, marks),
        *_firewall(hub, related, marks),
    ]
    if hub.spec.jump_server is not None:
        resources += _jump_server(hub, marks)
    if hub.spec.bastion.enabled:
        resources += _bastion(hub, marks)
    resources += [_peering(hub, spoke, observed) for spoke in related.spokes if _attachable(spoke)]
    return resources


def _network(hub: Hub, marks: dict[str, str]) -> Iterator[Desired]:
    ranges = addressing.hub_subnets(hub)
    members = [
        subnet.inline(
            name, str(prefix), network_security_group=_jump_group(hub) if name == naming.JUMP_SERVER_SUBNET else None
        )
        for name, prefix in ranges.items()
    ]
    if hub.spec.jump_server is not None:
        rules = [network_security_group.deny_other_inbound()]
        if naming.BASTION_SUBNET in ranges:
            rules.insert(0, network_security_group.allow_ssh_from(str(ranges[naming.BASTION_SUBNET])))
        yield network_security_group.desired(naming.jump_server_security_group(hub), hub.spec.location, rules, marks)
    yield virtual_network.desired(
        naming.hub_network(hub),
        hub.spec.location,
        [str(block) for block in hub.spec.address_space],
        marks,
        subnets=members,
        dns_servers=[str(server) for server in hub.spec.dns.custom_servers],
        tells=(DEPENDENTS,),
    )


def _jump_group(hub: Hub) -> Any:
    return naming.jump_server_security_group(hub) if hub.spec.jump_server is not None else None


def _names(hub: Hub, marks: dict[str, str]) -> Iterator[Desired]:
    zone = naming.private_dns_zone(hub)
    yield private_dns_zone.desired(zone, marks, tells=(DEPENDENTS,))
    network = naming.hub_network(hub)
    yield virtual_network_link.desired(zone, network.name, network, marks, tells=(DEPENDENTS,))


def _firewall(hub: Hub, related: Related, marks: dict[str, str]) -> Iterator[Desired]:
    spec, location = hub.spec.firewall, hub.spec.location
    policy = naming.firewall_policy(hub)
    zones = spec.public_ip.zones if spec.public_ip.zones is not None else spec.zones
    address = naming.firewall_public_ip(hub)
    yield public_ip.desired(address, location, zones, marks)
    management = None
    if spec.sku == "Basic":
        second = naming.firewall_management_public_ip(hub)
        yield public_ip.desired(second, location, zones, marks)
        management = (naming.hub_subnet(hub, naming.FIREWALL_MANAGEMENT_SUBNET), second)
    servers = [str(server) for server in hub.spec.dns.custom_servers]
    yield firewall_policy.desired(policy, location, spec.sku, marks, dns_proxy=spec.dns_proxy, dns_servers=servers)
    groups = list(rules(hub, related))
    yield from groups
    yield azure_firewall.desired(
        naming.firewall(hub),
        location,
        spec.sku,
        spec.zones,
        marks,
        policy=policy,
        subnet=naming.hub_subnet(hub, naming.FIREWALL_SUBNET),
        public_ip=address,
        management=management,
        rules=tuple(group.id for group in groups),
        tells=(DEPENDENTS,),
    )


def rules(hub: Hub, related: Related) -> Iterator[Desired]:
    """Yield the rule collection groups: the pack, what the document adds, what its clusters ask for."""
    policy, spec = naming.firewall_policy(hub), hub.spec.firewall
    sources = _sources(hub, related)
    pack = PACKS[spec.rule_pack]
    yield _group(
        policy.child("ruleCollectionGroups", pack.name), PACK_PRIORITY, pack.network, pack.application, sources
    )
    network = [_network_rule(rule) for rule in spec.network_rules]
    application = [_application_rule(rule) for rule in spec.application_rules]
    if network or application:
        yield _group(policy.child("ruleCollectionGroups", OWN_RULES), OWN_PRIORITY, network, application, sources)
    asked = [rule for cluster in related.clusters for rule in _egress(cluster, related)]
    if asked:
        yield _group(policy.child("ruleCollectionGroups", CLUSTER_RULES), CLUSTERS_PRIORITY, (), asked, sources)


def _egress(cluster: Cluster, related: Related) -> Iterator[Application]:
    """Yield what a cluster may reach beyond everybody's rules, from its spoke's addresses only."""
    spoke = next(spoke for spoke in related.spokes if spoke.name == cluster.spec.spoke)
    space = tuple(map(str, addressing.spoke_space(spoke)))
    if cluster.deleting or not space:
        return
    for rule in cluster.spec.egress.application_rules:
        asked = _application_rule(rule)
        yield replace(asked, name=f"{cluster.name}-{asked.name}", sources=asked.sources or space)


def _group(
    group: Any, priority: int, network: Sequence[Network], application: Sequence[Application], sources: Sequence[str]
) -> Desired:
    collections = []
    if network:
        rules = [rule_collection_group.network_rule(rule, sources) for rule in network]
        collections.append(rule_collection_group.collection("network", 200, rules))
    if application:
        rules = [rule_collection_group.application_rule(rule, sources) for rule in application]
        collections.append(rule_collection_group.collection("application", 300, rules))
    return rule_collection_group.desired(group, priority, collections)


def _sources(hub: Hub, related: Related) -> list[str]:
    """Return who may go out: the pool, the hub, and spokes elsewhere; without a pool whatever the peerings bring."""
    pool = hub.spec.spoke_pool
    if pool is None:
        return ["*"]
    blocks = (block for spoke in related.spokes if _attachable(spoke) for block in addressing.spoke_space(spoke))
    beyond = sorted({block for block in blocks if not block.subnet_of(pool)})
    return [str(pool), *map(str, hub.spec.address_space), *map(str, beyond)]


def _network_rule(rule: NetworkRule) -> Network:
    return Network(rule.name, rule.destinations, rule.ports, rule.protocols, tuple(map(str, rule.sources)), rule.fqdns)


def _application_rule(rule: ApplicationRule) -> Application:
    protocols = tuple((protocol.type, protocol.port) for protocol in rule.protocols)
    return Application(rule.name, rule.fqdns, rule.fqdn_tags, protocols, tuple(map(str, rule.sources)))


def _jump_server(hub: Hub, marks: dict[str, str]) -> Iterator[Desired]:
    spec: Any = hub.spec.jump_server
    place = naming.hub_subnet(hub, naming.JUMP_SERVER_SUBNET)
    interface = naming.jump_server_interface(hub)
    yield network_interface.desired(interface, hub.spec.location, place, marks)
    yield virtual_machine.desired(
        naming.jump_server(hub),
        hub.spec.location,
        spec.size,
        spec.zones,
        marks,
        interface=interface,
        admin=spec.admin_username,
        ssh_public_key=spec.ssh_public_key,
        tells=(DEPENDENTS,),
    )


def _bastion(hub: Hub, marks: dict[str, str]) -> Iterator[Desired]:
    network, address = naming.hub_network(hub), naming.bastion_public_ip(hub)
    if hub.spec.bastion.sku != "Developer":
        yield public_ip.desired(address, hub.spec.location, (), marks)
    yield bastion.desired(
        naming.bastion(hub),
        hub.spec.location,
        hub.spec.bastion.sku,
        marks,
        network=network,
        subnet=naming.hub_subnet(hub, naming.BASTION_SUBNET),
        public_ip=address,
    )


def _attachable(spoke: Spoke) -> bool:
    """Say whether the hub should have its side: the spoke's network stands, and the spoke is to stay."""
    return not spoke.deleting and "virtualNetworkId" in spoke.status.outputs


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


def outputs(hub: Hub, related: Related, observed: Observed) -> dict[str, Json]:  # noqa: ARG001 - see reads
    """Return what spokes and clusters wait for, of what is there and done."""
    zone = naming.private_dns_zone(hub)
    link = zone.child("virtualNetworkLinks", naming.hub_network(hub).name)
    found: dict[str, Json] = {}
    for name, wanted in (
        ("virtualNetworkId", naming.hub_network(hub)),
        ("privateDnsZoneId", zone),
        ("privateDnsZoneLinkId", link),
        ("jumpServerId", naming.jump_server(hub)),
    ):
        if stands(observed.get(wanted), known=name in hub.status.outputs):
            found[name] = str(wanted)
    firewall = observed.get(naming.firewall(hub))
    address = lookup(firewall, azure_firewall.PRIVATE_IP)
    if address is not None and stands(firewall, known="firewallPrivateIp" in hub.status.outputs):
        found["firewallPrivateIp"] = address
    return found | _used(observed.get(naming.hub_network(hub)), observed.get(zone))


def _used(network: Json | None, zone: Json | None) -> dict[str, Json]:
    """Return how much is used of what Azure limits: the network's peerings, the zone's links. It wakes nobody."""
    peerings = None if network is None else len(properties(network).get("virtualNetworkPeerings") or ())
    used = {"peerings": peerings, "zoneLinks": lookup(zone, "properties.numberOfVirtualNetworkLinks")}
    return {name: count for name, count in used.items() if count is not None}
