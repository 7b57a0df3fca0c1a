"""DNS forwarding rulesets: their rules, and the networks in which they count."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from local.simulator.kinds.dns_resolver import OUTBOUND_TYPE, ResolverKind, check_empty, reference, refuse

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.kind import Answer, Json, Resource
    from local.simulator.resource import ResourceId
    from local.simulator.world import World

RULESET_TYPE = "Microsoft.Network/dnsForwardingRulesets"
RULE_TYPE = f"{RULESET_TYPE}/forwardingRules"
LINK_TYPE = f"{RULESET_TYPE}/virtualNetworkLinks"
_LABEL = re.compile(r"^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$", re.IGNORECASE)
_LABELS = range(2, 35)
_MOST_RULES, _MOST_LINKS, _MOST_TARGETS, _MOST_ENDPOINTS = 1000, 500, 6, 2
_AZURE_DNS = "168.63.129.16"


class Rulesets(ResolverKind):
    """`Microsoft.Network/dnsForwardingRulesets/{name}`."""

    type = RULESET_TYPE

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A ruleset names outbound endpoints of its region. The words are made up."""
        del existing
        _check_endpoints(world, request, (request.body.get("properties") or {}).get("dnsResolverOutboundEndpoints"))

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change tags and endpoints, which stand outside `properties` here."""
        given = request.body.pop("dnsResolverOutboundEndpoints", None)
        if given is not None:
            _check_endpoints(world, request, given, existing.location)
            existing.properties["dnsResolverOutboundEndpoints"] = given
        return super().patch(world, request, existing)

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A ruleset goes after its links; it takes its rules along."""
        check_empty(world, resource, leaving, (LINK_TYPE,))


class Rules(ResolverKind):
    """`Microsoft.Network/dnsForwardingRulesets/{name}/forwardingRules/{name}`: written at once."""

    type = RULE_TYPE
    asynchronous = False
    tracked = False

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A name that ends with a dot, servers that are not Azure's own. The words are made up."""
        properties = request.body.get("properties") or {}
        domain = str(properties.get("domainName") or "")
        if not _is_domain(domain):
            raise refuse(
                400,
                "BadRequest",
                f"The domain name '{domain}' of the forwarding rule '{request.id.name}' is invalid: it must end with "
                "a dot and have no label, or 2 to 34 labels.",
            )
        _check_targets(request, properties.get("targetDnsServers") or [])
        _check_state(request, properties)
        siblings = world.children(request.id.root, RULE_TYPE)
        if existing is None and len(siblings) >= _MOST_RULES:
            raise refuse(400, "BadRequest", f"A DNS forwarding ruleset has {_MOST_RULES} rules at most.")
        for other in siblings:
            if other.key != request.id.key and str(other.properties.get("domainName", "")).lower() == domain.lower():
                raise refuse(
                    409, "Conflict", f"The forwarding rule '{other.name}' is already there for the domain '{domain}'."
                )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete port and state."""
        resource = super().compose(world, request, existing)
        for server in resource.properties["targetDnsServers"]:
            server.setdefault("port", 53)
        resource.properties.setdefault("forwardingRuleState", "Enabled")
        return resource

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change servers, state and metadata, at once."""
        given = request.body.get("properties") or {}
        if "targetDnsServers" in given:
            _check_targets(request, given["targetDnsServers"])
        _check_state(request, given)
        return super().patch(world, request, existing)


class RulesetLinks(ResolverKind):
    """`Microsoft.Network/dnsForwardingRulesets/{name}/virtualNetworkLinks/{name}`."""

    type = LINK_TYPE
    durations = "rulesets/virtualNetworkLinks"
    tracked = False

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A network of the ruleset's region, with one ruleset (documented limits; the words are made up)."""
        wanted = reference(request.body.get("properties") or {}, "virtualNetwork")
        network, ruleset = world.find(wanted), world.find(request.id.root)
        if network is None:
            raise refuse(400, "BadRequest", f"The virtual network '{wanted}' was not found.")
        if existing is not None and reference(existing.properties, "virtualNetwork").lower() != network.key:
            raise refuse(409, "Conflict", f"The virtual network of link '{existing.name}' cannot be changed.")
        if ruleset is not None and ruleset.location != network.location:
            raise refuse(
                400,
                "BadRequest",
                f"The virtual network '{network.id}' and the DNS forwarding ruleset '{ruleset.name}' must be in the "
                "same region.",
            )
        if existing is None and len(world.children(request.id.root, LINK_TYPE)) >= _MOST_LINKS:
            raise refuse(400, "BadRequest", f"A DNS forwarding ruleset has {_MOST_LINKS} links at most.")
        for other in world.referrers(network.id, LINK_TYPE):
            if other.key != request.id.key and other.provisioning_state != "Deleting":
                raise refuse(
                    409,
                    "Conflict",
                    f"The virtual network '{network.id}' is already linked to the DNS forwarding ruleset "
                    f"'{other.id.root}'.",
                )


def list_for_network(world: World, network: ResourceId) -> Json:
    """Answer `listDnsForwardingRulesets` of a virtual network: each ruleset with the link that leads to it."""
    links = world.referrers(network, LINK_TYPE)
    return {
        "value": [
            {"id": str(link.id.root), "properties": {"virtualNetworkLink": {"id": str(link.id)}}} for link in links
        ]
    }


def _check_endpoints(world: World, request: Request, given: object, location: str = "") -> None:
    endpoints = given if isinstance(given, list) else []
    region = location or str(request.body.get("location"))
    if not 1 <= len(endpoints) <= _MOST_ENDPOINTS:
        raise refuse(
            400,
            "BadRequest",
            f"The DNS forwarding ruleset '{request.id.name}' needs one outbound endpoint, or {_MOST_ENDPOINTS}.",
        )
    for each in endpoints:
        found = world.find(str((each or {}).get("id") or ""))
        if found is None or found.id.type != OUTBOUND_TYPE or found.location != region:
            raise refuse(
                400,
                "BadRequest",
                f"The outbound endpoint '{(each or {}).get('id')}' was not found in the region of the DNS forwarding "
                f"ruleset '{request.id.name}'.",
            )
        if found.provisioning_state == "Failed":
            raise refuse(400, "BadRequest", f"The outbound endpoint '{found.id}' is in state Failed.")


def _is_domain(text: str) -> bool:
    if text == ".":
        return True
    labels = text.removesuffix(".").split(".")
    return text.endswith(".") and len(labels) in _LABELS and all(_LABEL.match(label) for label in labels)


def _check_state(request: Request, properties: Json) -> None:
    state = properties.get("forwardingRuleState", "Enabled")
    if state not in {"Enabled", "Disabled"}:
        raise refuse(
            400, "BadRequest", f"'{state}' of the forwarding rule '{request.id.name}' is neither Enabled nor Disabled."
        )


def _check_targets(request: Request, servers: list[Json]) -> None:
    if not 1 <= len(servers) <= _MOST_TARGETS:
        raise refuse(
            400, "BadRequest", f"The forwarding rule '{request.id.name}' needs 1 to {_MOST_TARGETS} target DNS servers."
        )
    for server in servers:
        address, port = str(server.get("ipAddress")), server.get("port", 53)
        if not _is_target(address) or not isinstance(port, int) or not 1 <= port < 1 << 16:
            raise refuse(
                400,
                "BadRequest",
                f"The target DNS server '{address}:{port}' of the forwarding rule '{request.id.name}' is invalid.",
            )


def _is_target(text: str) -> bool:
    """Whether a server may be asked: Azure's own resolver may not (documented)."""
    try:
        return str(IPv4Address(text)) != _AZURE_DNS
    except ValueError:
        return False
