"""DNS forwarding rulesets: which rule takes a name that is asked for in a virtual network, and where it goes from."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from local.simulator.topology.answers import inside
from local.simulator.topology.dns_configuration import Target
from local.simulator.topology.view import RULE, RULESET_LINK, reference, seat_in_subnet

if TYPE_CHECKING:
    from local.simulator.resource import Resource
    from local.simulator.topology.view import Seat, View

_USABLE = {"", "Succeeded", "Updating"}


@dataclass(frozen=True, slots=True)
class ForwardingRule:
    """A rule that takes a name; `seat` lies in the outbound endpoint's subnet, None where no endpoint stands."""

    name: str
    ruleset: str
    domain: str
    targets: tuple[Target, ...]
    seat: Seat | None


def rule_for(view: View, vnet: str, name: str) -> ForwardingRule | None:
    """Find the enabled rule with the longest domain among those of the ruleset that is linked to a network."""
    found: list[tuple[Resource, Resource]] = []
    for link in view.of_type(RULESET_LINK):
        ruleset = view.get(str(link.id.parent))
        if ruleset is None or reference(link.properties, "virtualNetwork").lower() != vnet or not _is_usable(link):
            continue
        found += [(ruleset, rule) for rule in view.children(ruleset.id, RULE) if _takes(rule, name)]
    best = max(found, key=lambda pair: len(str(pair[1].properties["domainName"])), default=None)
    if best is None:
        return None
    ruleset, rule = best
    servers = rule.properties.get("targetDnsServers") or ()
    return ForwardingRule(
        rule.name,
        ruleset.name,
        str(rule.properties["domainName"]),
        tuple(Target(IPv4Address(s["ipAddress"]), int(s.get("port") or 53)) for s in servers),
        _outbound_seat(view, ruleset),
    )


def _takes(rule: Resource, name: str) -> bool:
    enabled = rule.properties.get("forwardingRuleState", "Enabled") == "Enabled"
    return enabled and inside(name, str(rule.properties.get("domainName", "")))


def _outbound_seat(view: View, ruleset: Resource) -> Seat | None:
    for each in ruleset.properties.get("dnsResolverOutboundEndpoints") or ():
        endpoint = view.get(str(each.get("id", "")))
        if endpoint is not None and _is_usable(endpoint):
            return seat_in_subnet(view, reference(endpoint.properties, "subnet"))
    return None


def _is_usable(resource: Resource) -> bool:
    return resource.provisioning_state in _USABLE
