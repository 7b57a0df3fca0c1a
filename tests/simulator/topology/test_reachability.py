"""Reachability: routes, peerings, security groups, the firewall, and who listens."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest

from local.simulator.topology import broken, connect, explain
from local.simulator.topology.public_names import address_of
from local.simulator.topology.routing import effective_routes, select_route
from tests.simulator.topology.world import API, FIREWALL, Landscape, hub_and_spoke

DENY: dict[str, Any] = {
    "priority": 200,
    "access": "Deny",
    "protocol": "*",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "*",
}
ALLOW = DENY | {"access": "Allow", "priority": 100}


def inbound(rule: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A rule for traffic that comes in."""
    return rule | {"direction": "Inbound", **changes}


def outbound(rule: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A rule for traffic that goes out."""
    return rule | {"direction": "Outbound", **changes}


def own_side(key: str, value: Any) -> Callable[[Landscape], None]:
    """Spoil the hub's side of the peering."""
    return lambda land: land.side("hub", "spoke").update({key: value})


def far_side(key: str, value: Any) -> Callable[[Landscape], None]:
    """Spoil the spoke's side of the peering."""
    return lambda land: land.side("spoke", "hub").update({key: value})


def no_far_side(land: Landscape) -> None:
    """Remove the spoke's side."""
    del land.resources[next(key for key in land.resources if key.endswith("/to-hub") and "peering" in key)]


def stopped(land: Landscape) -> None:
    """Stop the cluster."""
    cluster = land.of_type("Microsoft.ContainerService/managedClusters")[0]
    cluster.properties["powerState"] = {"code": "Stopped"}


def guarded_endpoint(land: Landscape) -> None:
    """Close the nodes' subnet, with network policies for endpoints."""
    land.guard("spoke", "nodes", inbound(DENY))
    land.subnet("spoke", "nodes").properties["privateEndpointNetworkPolicies"] = "Enabled"


@pytest.mark.parametrize(
    ("change", "outcome", "failed"),
    [
        pytest.param(lambda _: None, "open", None, id="peered"),
        pytest.param(own_side("peeringState", "Initiated"), "timeout", "peering", id="one side only"),
        pytest.param(own_side("peeringState", "Disconnected"), "timeout", "peering", id="disconnected"),
        pytest.param(far_side("allowVirtualNetworkAccess", value=False), "timeout", "peering", id="access closed"),
        pytest.param(no_far_side, "timeout", "peering", id="no other side"),
        pytest.param(lambda land: land.guard("hub", "jump", outbound(DENY)), "timeout", "nsg", id="outbound closed"),
        pytest.param(lambda land: land.guard("spoke", "nodes", inbound(DENY)), "open", None, id="endpoint ignores NSG"),
        pytest.param(guarded_endpoint, "timeout", "nsg", id="endpoint with policies"),
        pytest.param(stopped, "timeout", "listener", id="cluster stopped"),
        pytest.param(
            lambda land: land.route("hub", "jump", f"{API}/32", "None"), "timeout", "route", id="dropped by route"
        ),
        pytest.param(
            lambda land: land.route("hub", "jump", "10.64.0.0/16", "VirtualAppliance", FIREWALL),
            "open",
            None,
            id="endpoint's /32 beats a wider route",
        ),
        pytest.param(
            lambda land: land.route("hub", "jump", f"{API}/32", "VirtualAppliance", FIREWALL),
            "timeout",
            "firewall",
            id="forced through a closed firewall",
        ),
    ],
)
def test_jump_server_to_api_server(change: Callable[[Landscape], None], outcome: str, failed: str | None) -> None:
    """The API server answers the jump server unless a link of the chain is broken, which the evidence names."""
    land = hub_and_spoke()
    change(land)
    reach = connect(land, land.at("jump"), IPv4Address(API), 443)
    last = broken(reach.chain)
    assert (reach.outcome, last.link if last else None) == (outcome, failed), explain(reach.chain)


@pytest.mark.parametrize(
    ("address", "port", "outcome"),
    [
        pytest.param("10.0.1.5", 22, "open", id="ssh"),
        pytest.param("10.0.1.5", 8080, "refused", id="nobody listens"),
        pytest.param("10.0.1.9", 22, "timeout", id="no such machine"),
        pytest.param(API, 22, "timeout", id="API server on another port"),
        pytest.param("192.168.7.7", 443, "timeout", id="no route"),
    ],
)
def test_listeners(address: str, port: int, outcome: str) -> None:
    """Machines answer on 22 and refuse elsewhere; what nobody has does not answer."""
    land = hub_and_spoke()
    land.machine("other", "hub", "jump", "10.0.1.5")
    assert connect(land, land.at("jump"), IPv4Address(address), port).outcome == outcome


def test_a_deallocated_machine_does_not_answer() -> None:
    """A machine without power times out rather than refuses."""
    land = hub_and_spoke()
    land.machine("other", "hub", "jump", "10.0.1.5").state["power"] = "deallocated"
    assert connect(land, land.at("jump"), IPv4Address("10.0.1.5"), 22).outcome == "timeout"


NETWORK_RULE: dict[str, Any] = {
    "ruleType": "NetworkRule",
    "sourceAddresses": ["10.64.0.0/16"],
    "destinationAddresses": ["AzureContainerRegistry"],
    "destinationPorts": ["443"],
    "ipProtocols": ["TCP"],
}
APPLICATION_RULE: dict[str, Any] = {
    "ruleType": "ApplicationRule",
    "sourceAddresses": ["*"],
    "targetFqdns": ["*.ubuntu.com"],
    "protocols": [{"protocolType": "Http", "port": 80}],
}


@pytest.mark.parametrize(
    ("rules", "host", "port", "outcome"),
    [
        pytest.param([], "mcr.microsoft.com", 443, "timeout", id="no rules"),
        pytest.param([NETWORK_RULE], "shop.azurecr.io", 443, "open", id="service tag"),
        pytest.param([NETWORK_RULE], "shop.azurecr.io", 80, "timeout", id="service tag, other port"),
        pytest.param([NETWORK_RULE], "mcr.microsoft.com", 443, "timeout", id="service tag, other service"),
        pytest.param(
            [NETWORK_RULE | {"sourceAddresses": ["10.9.0.0/16"]}], "shop.azurecr.io", 443, "timeout", id="source"
        ),
        pytest.param([APPLICATION_RULE], "security.ubuntu.com", 80, "open", id="wildcard name"),
        pytest.param([APPLICATION_RULE], "security.ubuntu.com", 443, "timeout", id="wildcard name, other port"),
    ],
)
def test_nodes_leave_by_the_firewall(rules: list[dict[str, Any]], host: str, port: int, outcome: str) -> None:
    """The default route sends egress to the firewall, whose rules decide by tag, name, source and port."""
    land = hub_and_spoke()
    land.firewall("hub", FIREWALL, rules)
    reach = connect(land, land.node(), address_of(host), port, host=host)
    assert reach.outcome == outcome, explain(reach.chain)


@pytest.mark.parametrize(
    ("proxy", "outcome"), [pytest.param(True, "open", id="proxy"), pytest.param(False, "timeout", id="none")]
)
def test_names_in_network_rules_need_the_dns_proxy(proxy: bool, outcome: str) -> None:  # noqa: FBT001 - a table
    """A network rule by name counts only where the firewall itself resolves names."""
    land = hub_and_spoke()
    land.firewall("hub", FIREWALL, [NETWORK_RULE | {"destinationFqdns": ["github.com"]}], proxy=proxy)
    assert connect(land, land.node(), address_of("github.com"), 443, host="github.com").outcome == outcome


def test_a_machine_can_be_the_appliance() -> None:
    """A route to a machine works only if its interface forwards."""
    for forwarding, outcome in ((True, "open"), (False, "timeout")):
        land = hub_and_spoke()
        land.nic("nva", "hub", "dns", "10.0.2.10", enableIPForwarding=forwarding)
        land.route("spoke", "nodes", "0.0.0.0/0", "VirtualAppliance", "10.0.2.10")
        assert connect(land, land.node(), address_of("github.com"), 443, host="github.com").outcome == outcome


def test_spoke_to_spoke_needs_forwarded_traffic() -> None:
    """Through the firewall a spoke reaches another one only where that one takes forwarded traffic."""
    land = hub_and_spoke()
    land.vnet("other", "10.65.0.0/24", apps="10.65.0.0/25")
    land.machine("app", "other", "apps", "10.65.0.4")
    land.peer("hub", "other")
    rule = NETWORK_RULE | {"destinationAddresses": ["10.65.0.0/24"], "destinationPorts": ["*"]}
    land.firewall("hub", FIREWALL, [rule])
    assert connect(land, land.node(), IPv4Address("10.65.0.4"), 22).open
    land.side("other", "hub")["allowForwardedTraffic"] = False
    reach = connect(land, land.node(), IPv4Address("10.65.0.4"), 22)
    assert (reach.outcome, reach.chain[-1].link) == ("timeout", "peering")


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        pytest.param([], "open", id="default allows the VNet"),
        pytest.param([inbound(DENY)], "timeout", id="denied"),
        pytest.param([inbound(ALLOW), inbound(DENY)], "open", id="lower number first"),
        pytest.param([inbound(DENY, sourceAddressPrefix="Internet")], "open", id="internet is not inside"),
        pytest.param([inbound(DENY, sourceAddressPrefix="VirtualNetwork")], "timeout", id="peers are inside"),
        pytest.param([inbound(DENY, sourceAddressPrefix="10.0.1.0/26")], "timeout", id="prefix"),
        pytest.param([inbound(DENY, destinationPortRange="80-443")], "open", id="other ports"),
        pytest.param(
            [inbound(DENY, destinationPortRange=None, destinationPortRanges=["20-25"])], "timeout", id="range"
        ),
        pytest.param([inbound(DENY, protocol="Udp")], "open", id="other protocol"),
        pytest.param([outbound(DENY)], "open", id="other direction"),
    ],
)
def test_security_groups(rules: list[dict[str, Any]], outcome: str) -> None:
    """Rules count by priority, direction, protocol, port, prefix and tag; the defaults come last."""
    land = hub_and_spoke()
    land.machine("app", "spoke", "nodes", "10.64.0.20")
    land.guard("spoke", "nodes", *rules)
    reach = connect(land, land.at("jump"), IPv4Address("10.64.0.20"), 22)
    assert reach.outcome == outcome, explain(reach.chain)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("10.64.0.20", "VnetLocal", id="own network"),
        pytest.param("10.0.1.4", "VNetPeering", id="peer"),
        pytest.param(API, "InterfaceEndpoint", id="endpoint"),
        pytest.param("20.50.0.8", "VirtualAppliance", id="user route beats the default"),
        pytest.param("172.16.0.1", "VirtualAppliance", id="user default takes private ranges"),
    ],
)
def test_the_longest_prefix_is_chosen(address: str, expected: str) -> None:
    """System routes, endpoints and user routes compete by prefix length."""
    land = hub_and_spoke()
    routes = effective_routes(land, str(land.subnet("spoke", "nodes").id), land.vnet_id("spoke").lower())
    chosen = select_route(routes, IPv4Address(address))
    assert chosen is not None
    assert chosen.hop == expected


def test_without_a_default_route_private_ranges_are_dropped() -> None:
    """A private range that nobody has goes nowhere."""
    land = hub_and_spoke()
    routes = effective_routes(land, str(land.subnet("hub", "jump").id), land.vnet_id("hub").lower())
    chosen = select_route(routes, IPv4Address("172.16.0.1"))
    assert chosen is not None
    assert chosen.hop == "None"
