"""Network security groups and their rules. Our groups are ours alone: a rule that is not in the document is drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.network.types import NetworkSecurityGroupPropertiesFormat, SecurityRulePropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

TYPE = "Microsoft.Network/networkSecurityGroups"


def rule(name: str, properties: SecurityRulePropertiesFormat) -> Json:
    """Return one security rule."""
    return {"name": name, "properties": properties}


def allow(name: str, priority: int, port: str, sources: Sequence[str], *, protocol: str = "Tcp") -> Json:
    """Return the rule that lets some address ranges in on one port."""
    one: Any = {"sourceAddressPrefix": sources[0]} if len(sources) == 1 else {"sourceAddressPrefixes": list(sources)}
    properties: Any = {
        "priority": priority,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": protocol,
        **one,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": port,
    }
    return rule(name, properties)


def deny_other_inbound(priority: int = 4096) -> Json:
    """Return the last rule: what no other rule lets in stays out, the platform's VirtualNetwork default included."""
    return rule(
        "deny-other-inbound",
        {
            "priority": priority,
            "direction": "Inbound",
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "*",
        },
    )


def desired(group: ResourceId, location: str, rules: Sequence[Json], tags: Mapping[str, str]) -> Desired:
    """Return the group with exactly these rules."""
    properties: NetworkSecurityGroupPropertiesFormat = {"securityRules": list(rules)}
    return Desired(group, {"location": location, "tags": dict(tags), "properties": properties})
