"""Azure DNS Private Resolver: its endpoints in delegated subnets, and the rules for domains of others.

A ruleset is never linked to a network whose names it would send to an endpoint of that same network: its targets are
servers on-premises, which the hub's document refuses to have inside the hub.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model import naming
from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/dnsResolvers"
INBOUND_TYPE = "Microsoft.Network/dnsResolvers/inboundEndpoints"
OUTBOUND_TYPE = "Microsoft.Network/dnsResolvers/outboundEndpoints"
RULESET_TYPE = "Microsoft.Network/dnsForwardingRulesets"
RULE_TYPE = "Microsoft.Network/dnsForwardingRulesets/forwardingRules"
LINK_TYPE = "Microsoft.Network/dnsForwardingRulesets/virtualNetworkLinks"

INBOUND, OUTBOUND = "inbound", "outbound"
DELEGATION = "Microsoft.Network/dnsResolvers"
"""The service to which the endpoints' subnets have to be delegated."""


def desired(resolver: ResourceId, location: str, network: ResourceId, tags: Mapping[str, str]) -> Desired:
    """Return the resolver of a network; a network has at most one."""
    body = {"location": location, "tags": dict(tags), "properties": {"virtualNetwork": link(network)}}
    return Desired(resolver, body)


def inbound(
    resolver: ResourceId,
    location: str,
    subnet: ResourceId,
    address: str,
    tags: Mapping[str, str],
    *,
    tells: tuple[str, ...] = (),
) -> Desired:
    """Return the endpoint that is asked, at an address that stays."""
    configuration = {
        "subnet": link(subnet),
        "privateIpAllocationMethod": "Static",
        "privateIpAddress": address,
    }
    body = {"location": location, "tags": dict(tags), "properties": {"ipConfigurations": [configuration]}}
    return Desired(resolver.child("inboundEndpoints", INBOUND), body, tells=tells)


def outbound(resolver: ResourceId, location: str, subnet: ResourceId, tags: Mapping[str, str]) -> Desired:
    """Return the endpoint from which servers on-premises are asked."""
    body = {"location": location, "tags": dict(tags), "properties": {"subnet": link(subnet)}}
    return Desired(resolver.child("outboundEndpoints", OUTBOUND), body)


def ruleset(identity: ResourceId, location: str, endpoint: ResourceId, tags: Mapping[str, str]) -> Desired:
    """Return the ruleset that is asked through an outbound endpoint."""
    body = {"location": location, "tags": dict(tags), "properties": {"dnsResolverOutboundEndpoints": [link(endpoint)]}}
    return Desired(identity, body)


def rule(identity: ResourceId, domain: str, targets: Sequence[str]) -> Desired:
    """Return the rule that sends a domain, and all below it, to servers on-premises."""
    servers = [{"ipAddress": target, "port": 53} for target in targets]
    properties = {"domainName": f"{domain}.", "targetDnsServers": servers, "forwardingRuleState": "Enabled"}
    # A hyphen becomes two: corp-example.com and corp.example.com are not one rule.
    name = naming.fitted(domain.lower().replace("-", "--").replace(".", "-"))
    return Desired(identity.child("forwardingRules", name), {"properties": properties}, dies_with_parent=True)


def ruleset_link(identity: ResourceId, name: str, network: ResourceId) -> Desired:
    """Return the link that makes the rules count in a network."""
    return Desired(identity.child("virtualNetworkLinks", name), {"properties": {"virtualNetwork": link(network)}})
