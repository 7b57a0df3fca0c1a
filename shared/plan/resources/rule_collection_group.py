"""Rule collection groups: the firewall's rules. A PUT replaces the whole group, and we own ours whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.mgmt.network.types import (
        ApplicationRule,
        FirewallPolicyRuleCollectionGroupProperties,
        NetworkRule,
    )

    from shared.model.resource_id import ResourceId
    from shared.plan.rule_packs import Application, Network
    from shared.plan.steps import Json

TYPE = "Microsoft.Network/firewallPolicies/ruleCollectionGroups"
NETWORK_RULE: Any = "NetworkRule"
APPLICATION_RULE: Any = "ApplicationRule"


def network_rule(rule: Network, sources: Sequence[str]) -> Json:
    """Return a network rule: addresses or service tags, ports, protocols."""
    body: NetworkRule = {
        "ruleType": NETWORK_RULE,
        "name": rule.name,
        "ipProtocols": list(rule.protocols),
        "sourceAddresses": list(rule.sources or sources),
        "destinationAddresses": list(rule.destinations),
        "destinationPorts": list(rule.ports),
    }
    if rule.fqdns:
        body["destinationFqdns"] = list(rule.fqdns)
    return body


def application_rule(rule: Application, sources: Sequence[str]) -> Json:
    """Return an application rule: names or FQDN tags over HTTP and HTTPS."""
    body: ApplicationRule = {
        "ruleType": APPLICATION_RULE,
        "name": rule.name,
        "sourceAddresses": list(rule.sources or sources),
        "protocols": [{"protocolType": kind, "port": port} for kind, port in rule.protocols],
    }
    if rule.fqdns:
        body["targetFqdns"] = list(rule.fqdns)
    if rule.fqdn_tags:
        body["fqdnTags"] = list(rule.fqdn_tags)
    return body


def collection(name: str, priority: int, rules: Sequence[Json]) -> Json:
    """Return an allowing filter collection."""
    return {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": name,
        "priority": priority,
        "action": {"type": "Allow"},
        "rules": list(rules),
    }


def desired(group: ResourceId, priority: int, collections: Sequence[Json]) -> Desired:
    """Return the group with exactly these collections."""
    properties: FirewallPolicyRuleCollectionGroupProperties = {
        "priority": priority,
        "ruleCollections": list(collections),
    }
    return Desired(group, {"properties": properties}, lock=group.parent, dies_with_parent=True)
