"""Landscapes of documents for tests: what a hub, a spoke and a cluster can ask for, and Hypothesis over all of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from shared.model.envelope import DocumentKey
from tests.model.samples import ABSENT, cluster, hub, spoke

Landscape = tuple[Any, ...]

HUB, SPOKE, CLUSTER = (
    DocumentKey("Hub", "weu"),
    DocumentKey("Spoke", "payments"),
    DocumentKey("Cluster", "payments-prod"),
)
RULES = [{"name": "github", "fqdns": ["github.com"]}]

LANDSCAPES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "as in the example": ({}, {}, {}),
    "a Basic firewall": ({"firewall__sku": "Basic"}, {}, {}),
    "Bastion": ({"bastion__enabled": True}, {}, {}),
    "Bastion Developer": ({"bastion__enabled": True, "bastion__sku": "Developer"}, {}, {}),
    "no jump server": ({"jumpServer": ABSENT}, {}, {}),
    "custom DNS servers, zones, rules": (
        {
            "dns__customServers": ["10.0.1.4"],
            "firewall__zones": ["1", "2"],
            "firewall__dnsProxy": True,
            "firewall__applicationRules": RULES,
        },
        {},
        {},
    ),
    "forwarders": ({"dns__mode": "forwarder"}, {}, {}),
    "one forwarder, asked through the firewall": (
        {"dns": {"mode": "forwarder", "forwarder": {"count": 1, "zones": ["1"]}, "viaFirewall": True}},
        {},
        {},
    ),
    "a resolver": ({"dns__mode": "resolver"}, {"dns__resolvesClusters": True}, {}),
    "a resolver, and domains on-premises": (
        {
            "dns": {
                "mode": "resolver",
                "onPremisesDomains": ["corp.example.com"],
                "onPremisesServers": ["192.168.200.4"],
            }
        },
        {},
        {"privateDns": {"mode": "system"}},
    ),
    "a spoke that resolves all clusters": (
        {},
        {"dns__resolvesClusters": True},
        {"privateDns": {"mode": "subzone", "subzone": "all"}},
    ),
    "two subnets": ({}, {"subnets": [{"name": "Nodes", "role": "nodes"}, {"name": "more", "prefixLength": 26}]}, {}),
    "a cluster in its own group": ({}, {}, {"resourceGroup": "rg-team"}),
    "a subzone": ({}, {}, {"privateDns": {"mode": "subzone", "subzone": "pay"}}),
    "a subzone in its own group": (
        {},
        {},
        {"privateDns": {"mode": "subzone", "subzone": "pay"}, "resourceGroup": "rg-team"},
    ),
    "a system zone": ({}, {}, {"privateDns": {"mode": "system"}}),
    "no zone": ({}, {}, {"privateDns": {"mode": "none", "publicFqdn": True}}),
    "autoscaled": (
        {},
        {},
        {
            "nodePools": [
                {"name": "system", "size": "Standard_D4s_v5", "count": 3, "autoscale": {"min": 1, "max": 5}},
                {"name": "user", "mode": "User", "size": "Standard_D4s_v5", "count": 1, "zones": ["1"]},
            ]
        },
    ),
}


SERVED = {name for name, (of_hub, _, _) in LANDSCAPES.items() if any(member.startswith("dns") for member in of_hub)}
"""Those whose networks are pointed at DNS servers, once these answered: one more write of each network."""


def landscape(name: str) -> Landscape:
    """Return a hub, a spoke and a cluster."""
    of_hub, of_spoke, of_cluster = LANDSCAPES[name]
    return hub(**of_hub), spoke(**of_spoke), cluster(**of_cluster)


@st.composite
def landscapes(draw: st.DrawFn) -> Landscape:
    """Draw a hub and up to three spokes with up to two clusters each, each member from one of the landscapes."""
    name = st.sampled_from(sorted(LANDSCAPES))
    found: list[Any] = [hub(**LANDSCAPES[draw(name)][0])]
    for number in range(draw(st.integers(0, 3))):
        of_spoke = {**LANDSCAPES[draw(name)][1], "addressSpace": [f"10.64.{4 * number}.0/22"]}
        found.append(spoke(f"spoke-{number}", **of_spoke))
        for letter in "ab"[: draw(st.integers(0, 2))]:
            changes = {**LANDSCAPES[draw(name)][2], "spoke": f"spoke-{number}"}
            if "privateDns" in changes and "subzone" in changes["privateDns"]:
                changes["privateDns"] = {"mode": "subzone", "subzone": f"sub-{number}{letter}"}
            if "resourceGroup" in changes:
                changes["resourceGroup"] = f"rg-{number}{letter}"
            found.append(cluster(f"cluster-{number}{letter}", **changes))
    return tuple(found)
