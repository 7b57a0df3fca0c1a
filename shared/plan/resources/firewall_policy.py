"""Firewall policies: SKU, threat intelligence and the DNS proxy. Rules live in rule collection groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired
from shared.plan.observed import properties as properties_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.network.types import FirewallPolicyPropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

TYPE = "Microsoft.Network/firewallPolicies"


def desired(
    policy: ResourceId,
    location: str,
    sku: str,
    tags: Mapping[str, str],
    *,
    dns_proxy: bool = False,
    dns_servers: Sequence[str] = (),
) -> Desired:
    """Return the policy; Basic has neither DNS settings nor threat intelligence that denies."""
    properties: FirewallPolicyPropertiesFormat = {"sku": {"tier": sku}, "threatIntelMode": "Alert"}
    if sku != "Basic":
        properties["dnsSettings"] = {"enableProxy": dns_proxy, "servers": list(dns_servers)}
    body = {"location": location, "tags": dict(tags), "properties": properties}
    return Desired(policy, body, lock=policy)


def dns_servers(policy: Json | None) -> tuple[str, ...]:
    """Return whom the firewall asks for names; none for Azure's own resolver, or where there is no policy."""
    return tuple(((properties_of(policy) if policy else {}).get("dnsSettings") or {}).get("servers") or ())
