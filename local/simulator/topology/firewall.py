"""Azure Firewall: which rule of its policy decides about a flow, and how it answers DNS.

Order: network rules before application rules, rule collection groups and collections by priority, a base policy
before the policy that inherits from it; what no rule allows is denied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from local.simulator.topology.evidence import Evidence
from local.simulator.topology.public_names import REQUIRED_BY_AKS
from local.simulator.topology.security import port_matches, range_covers, tag_matches
from local.simulator.topology.view import nested, reference

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from local.simulator.resource import Json, Resource
    from local.simulator.topology.security import Flow
    from local.simulator.topology.view import View

# The FQDN tags that matter here, and what they stand for.
FQDN_TAGS = {
    "azurekubernetesservice": (*(name for name, _ in REQUIRED_BY_AKS), "*.data.mcr.microsoft.com"),
}


def judge_firewall(view: View, firewall: Resource, flow: Flow) -> Evidence:
    """Let a firewall decide about a flow."""
    state = firewall.properties.get("provisioningState")
    if state not in {"Succeeded", "Updating"}:
        return Evidence("firewall", holds=False, detail=f"{firewall.name} is {state}")
    policy = view.get(reference(firewall.properties, "firewallPolicy"))
    if policy is None:
        return Evidence("firewall", holds=False, detail=f"{firewall.name} has no policy: all is denied")
    names = dns_servers_of(view, firewall) is not None
    for group_name, collection in _collections(view, policy, "network"):
        if any(_network_rule_matches(view, rule, flow, names=names) for rule in collection.get("rules") or ()):
            return _verdict(policy, group_name, collection, flow)
    for group_name, collection in _collections(view, policy, "application"):
        if any(_application_rule_matches(view, rule, flow) for rule in collection.get("rules") or ()):
            return _verdict(policy, group_name, collection, flow)
    wanted = flow.host or str(flow.destination)
    detail = f"no rule of {policy.name} allows {flow.protocol} {flow.source} to {wanted}:{flow.port}"
    return Evidence("firewall", holds=False, detail=detail)


def dns_servers_of(view: View, firewall: Resource) -> list[str] | None:
    """List the servers that a firewall's DNS proxy asks (empty: Azure's own); None where it is no proxy."""
    policy = view.get(reference(firewall.properties, "firewallPolicy"))
    settings = (policy.properties.get("dnsSettings") if policy else None) or {}
    extra = firewall.properties.get("additionalProperties") or {}
    if settings.get("enableProxy"):
        return list(settings.get("servers") or ())
    if str(extra.get("Network.DNS.EnableProxy", "")).lower() == "true":
        return [s for s in str(extra.get("Network.DNS.Servers", "")).split(",") if s]
    return None


def _collections(view: View, policy: Resource, kind: str) -> Iterator[tuple[str, Json]]:
    base = view.get(reference(policy.properties, "basePolicy"))
    if base is not None:
        yield from _collections(view, base, kind)
    groups = sorted(nested(view, policy, "ruleCollectionGroups"), key=lambda g: int(g[1].get("priority") or 0))
    for name, properties in groups:
        collections = properties.get("ruleCollections") or ()
        for collection in sorted(collections, key=lambda c: int(c.get("priority") or 0)):
            if _is_filter(collection) and _holds(collection, kind):
                yield name, collection


def _is_filter(collection: Json) -> bool:
    return "nat" not in str(collection.get("ruleCollectionType", "")).lower()


def _holds(collection: Json, kind: str) -> bool:
    rules = collection.get("rules") or [{}]
    return str(rules[0].get("ruleType", "")).lower().startswith(kind)


def _verdict(policy: Resource, group: str, collection: Json, flow: Flow) -> Evidence:
    allow = str((collection.get("action") or {}).get("type", "")).lower() == "allow"
    verb = "allows" if allow else "denies"
    target = f"{flow.host or flow.destination}:{flow.port}"
    return Evidence("firewall", allow, f"{policy.name}/{group}/{collection.get('name')} {verb} {target}")


def _network_rule_matches(view: View, rule: Json, flow: Flow, *, names: bool) -> bool:
    """Names in network rules count only where the firewall is the DNS proxy (`names`)."""
    protocols = {str(p).lower() for p in rule.get("ipProtocols") or ()}
    return (
        bool(protocols & {"any", flow.protocol.lower()})
        and port_matches(rule.get("destinationPorts") or (), flow.port)
        and _sources_match(view, rule, flow.source)
        and _destinations_match(view, rule, flow, names=names)
    )


def _destinations_match(view: View, rule: Json, flow: Flow, *, names: bool) -> bool:
    addresses = [*(rule.get("destinationAddresses") or ()), *_groups(view, rule.get("destinationIpGroups"))]
    if any(range_covers(a, flow.destination) or tag_matches(a, flow.tags) for a in addresses):
        return True
    return names and any(_same_name(fqdn, flow.host) for fqdn in rule.get("destinationFqdns") or ())


def _sources_match(view: View, rule: Json, source: IPv4Address) -> bool:
    addresses = [*(rule.get("sourceAddresses") or ()), *_groups(view, rule.get("sourceIpGroups"))]
    return any(range_covers(address, source) for address in addresses)


def _groups(view: View, ids: list[str] | None) -> list[str]:
    found = [view.get(group) for group in ids or ()]
    return [address for group in found if group for address in group.properties.get("ipAddresses") or ()]


def _application_rule_matches(view: View, rule: Json, flow: Flow) -> bool:
    if flow.protocol != "Tcp" or not flow.host or not _sources_match(view, rule, flow.source):
        return False
    ports = {int(p.get("port") or 0) for p in rule.get("protocols") or ()}
    names = list(rule.get("targetFqdns") or ())
    for tag in rule.get("fqdnTags") or ():
        names.extend(FQDN_TAGS.get(str(tag).lower(), ()))
        ports |= {80, 443}
    return flow.port in ports and any(_same_name(name, flow.host) for name in names)


def _same_name(pattern: str, host: str) -> bool:
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern == "*":
        return bool(host)
    if pattern.startswith("*"):
        return host.endswith(pattern[1:])
    return pattern == host
