"""The hub's firewall with its rules: the pack, what the hub's machines need, what documents and clusters add."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from shared.model import naming
from shared.model.addressing import holds
from shared.plan import addressing
from shared.plan.cloud_init.egress import EGRESS, HTTP
from shared.plan.dns import rollout, servers
from shared.plan.resources import azure_firewall, firewall_policy, public_ip, rule_collection_group
from shared.plan.rule_packs import PACKS, Application, Network
from shared.plan.steps import DEPENDENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.rules import ApplicationRule, NetworkRule
    from shared.model.spoke import Spoke
    from shared.plan.desired import Desired
    from shared.plan.observed import Observed

PACK_PRIORITY, OWN_PRIORITY, CLUSTERS_PRIORITY = 200, 300, 400
"""Rule collection groups: the pack first, then what the hub's document adds, then what its clusters ask for."""
OWN_RULES, CLUSTER_RULES = "document", "clusters"
"""The groups of what the document adds and of what clusters ask for; the pack's has the pack's name."""


def desired(hub: Hub, related: Related, observed: Observed, marks: Mapping[str, str]) -> Iterator[Desired]:
    """Yield the firewall, its addresses, its policy and the rules in it."""
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
    yield firewall_policy.desired(
        policy,
        location,
        spec.sku,
        marks,
        dns_proxy=spec.dns_proxy or hub.spec.dns.via_firewall or _is_asked(hub, related),
        dns_servers=_dns_servers(hub, observed),
    )
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


def _is_asked(hub: Hub, related: Related) -> bool:
    """Say whether networks still ask the firewall, though the document has them ask somebody else."""
    return hub.status.outputs.get("firewallPrivateIp") in rollout.in_use(hub, related)


def _dns_servers(hub: Hub, observed: Observed) -> Sequence[str]:
    """Return whom the firewall asks: the mode's servers once they answered, until then whom it asks already.

    Where those fell silent, it asks the ones that the hub's network has gone back to.
    """
    wanted, kept = servers.direct(hub), rollout.State.of(hub).now.hub
    if rollout.answering(hub, wanted):
        return wanted
    have = firewall_policy.dns_servers(observed.get(naming.firewall_policy(hub)))
    return kept if rollout.silent(hub, have) and not rollout.silent(hub, kept) else have


def rules(hub: Hub, related: Related) -> Iterator[Desired]:
    """Yield the rule collection groups: the pack, what the document adds, what its clusters ask for."""
    policy, spec = naming.firewall_policy(hub), hub.spec.firewall
    sources = _sources(hub, related)
    pack = PACKS[spec.rule_pack]
    yield _group(
        policy.child("ruleCollectionGroups", pack.name),
        PACK_PRIORITY,
        [*pack.network, *_names(hub), *_to_clusters(related)],
        [*pack.application, *_machines(hub)],
        sources,
    )
    network = [_network_rule(rule) for rule in spec.network_rules]
    application = [_application_rule(rule) for rule in spec.application_rules]
    if network or application:
        yield _group(policy.child("ruleCollectionGroups", OWN_RULES), OWN_PRIORITY, network, application, sources)
    asked = [rule for cluster in related.clusters for rule in _egress(cluster, related)]
    if asked:
        yield _group(policy.child("ruleCollectionGroups", CLUSTER_RULES), CLUSTERS_PRIORITY, (), asked, sources)


def _names(hub: Hub) -> Iterator[Network]:
    """Yield the rule by which DNS servers beyond the hub's own network are asked, and ask in turn.

    Servers that networks were pointed at stay open until the last has others. What somebody else put into a network
    is not opened: whoever may write to a spoke's network would have a way out through the firewall.
    """
    dns = hub.spec.dns
    upstream = () if dns.forwarder is None else dns.forwarder.upstream
    beyond = [*dns.custom_servers, *dns.on_premises_servers, *upstream]
    beyond += sorted(map(IPv4Address, rollout.State.of(hub).decided - set(map(str, beyond))))
    outside = tuple(str(address) for address in beyond if not holds(hub.spec.address_space, address))
    if outside:
        yield Network("dns", tuple(dict.fromkeys(outside)), ("53",), ("UDP", "TCP"))


def _to_clusters(related: Related) -> Iterator[Network]:
    """Yield the rule by which spokes that are to resolve all clusters reach their API servers, in other spokes.

    It is there before their networks are: each further write of the rules takes minutes.
    """
    with_clusters = {cluster.spec.spoke for cluster in related.clusters if not cluster.deleting}
    asking = _space(spoke for spoke in related.spokes if spoke.spec.dns.resolves_clusters)
    there = _space(spoke for spoke in related.spokes if spoke.name in with_clusters)
    if asking and there:
        yield Network("api-servers", there, ("443",), ("TCP",), sources=asking)


def _space(spokes: Iterable[Spoke]) -> tuple[str, ...]:
    """Return the address space of spokes that are ours or let in, and to stay."""
    known = (spoke for spoke in spokes if not spoke.deleting and (spoke.has_network or not spoke.spec.adopted))
    return tuple(str(block) for spoke in known for block in addressing.spoke_space(spoke))


def _machines(hub: Hub) -> Iterator[Application]:
    """Yield what the hub's own machines need to install and update themselves, from their subnets only."""
    prefixes = addressing.hub_subnets(hub)
    places = {"jump-server": naming.JUMP_SERVER_SUBNET, "forwarder": naming.DNS_FORWARDER_SUBNET}
    for wanted in EGRESS:
        ranges = tuple(str(prefixes[places[of]]) for of in wanted.machines if places[of] in prefixes)
        if ranges:
            protocol = ("Http" if wanted.port == HTTP else "Https", wanted.port)
            yield Application(wanted.name, wanted.fqdns, protocols=(protocol,), sources=ranges)


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
    blocks = [block for spoke in related.spokes if spoke.has_network for block in addressing.spoke_space(spoke)]
    beyond = sorted({block for block in blocks if not block.subnet_of(pool)})
    return [str(pool), *map(str, hub.spec.address_space), *map(str, beyond)]


def _network_rule(rule: NetworkRule) -> Network:
    return Network(rule.name, rule.destinations, rule.ports, rule.protocols, tuple(map(str, rule.sources)), rule.fqdns)


def _application_rule(rule: ApplicationRule) -> Application:
    protocols = tuple((protocol.type, protocol.port) for protocol in rule.protocols)
    return Application(rule.name, rule.fqdns, rule.fqdn_tags, protocols, tuple(map(str, rule.sources)))
