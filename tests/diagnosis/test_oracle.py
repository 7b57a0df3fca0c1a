"""Any few links broken at once: what is blamed is broken, and mending what is blamed, again and again, mends all.

What machines see is the simulator's judgement, which shares no code with the diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.plan.diagnosis import BrokenLink as Link
from shared.plan.diagnosis import Diagnosis
from tests.diagnosis import mirror
from tests.diagnosis.mirror import FORWARDER
from tests.simulator.topology.world import API, FIREWALL, NAME, ZONE, Landscape

Change = Callable[[Landscape], Any]
DENY: dict[str, Any] = {
    "priority": 200,
    "access": "Deny",
    "protocol": "*",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "*",
}


def side(of: str, to: str, **changes: Any) -> Change:
    """Change one side of a peering, if it is there."""

    def do(land: Landscape) -> None:
        found = land.get(f"{land.vnet_id(of)}/virtualNetworkPeerings/to-{to}")
        if found is not None:
            found.properties.update(changes)

    return do


def lost(of: str, to: str, *, left: str) -> Change:
    """Remove a side of a peering, which leaves the other one in a state."""

    def do(land: Landscape) -> None:
        land.resources.pop(f"{land.vnet_id(of)}/virtualnetworkpeerings/to-{to}".lower(), None)
        side(to, of, peeringState=left)(land)

    return do


def both_lost(one: str, other: str) -> Change:
    """Remove both sides of a peering."""

    def do(land: Landscape) -> None:
        lost(one, other, left="")(land)
        lost(other, one, left="")(land)

    return do


def gone(kind: str, name: str) -> Change:
    """Remove a resource and all below it."""

    def do(land: Landscape) -> None:
        key = mirror.identity(kind, name).key
        for found in [one for one in land.resources if one == key or one.startswith(key + "/")]:
            del land.resources[found]

    return do


def dropped(kind: str, *names: str) -> Change:
    """Remove a child."""

    def do(land: Landscape) -> None:
        (parent, child), (first, second) = kind.split("/"), names
        land.resources.pop(mirror.identity(parent, first).child(child, second).key, None)

    return do


def record(address: str) -> Change:
    """Let the record lead somewhere, if it is there."""

    def do(land: Landscape) -> None:
        found = land.get(str(mirror.identity("privateDnsZones", ZONE).child("A", NAME.partition(".")[0])))
        if found is not None:
            found.properties["aRecords"] = [{"ipv4Address": address}]

    return do


def forwarder(tag: str) -> Change:
    """Let the forwarder behave as a tag says."""

    def do(land: Landscape) -> None:
        machine = land.of_type("Microsoft.Compute/virtualMachines")
        next(vm for vm in machine if vm.name == "forwarder").body["tags"] = {"dns-forwarder": tag}

    return do


def guarded(vnet: str, subnet: str, policies: str = "", **rule: Any) -> Change:
    """Give a subnet a group with one rule."""

    def do(land: Landscape) -> None:
        land.guard(vnet, subnet, DENY | rule)
        if policies:
            land.subnet(vnet, subnet).properties["privateEndpointNetworkPolicies"] = policies

    return do


def routed(vnet: str, subnet: str, prefix: str, hop: str, address: str = "") -> Change:
    """Give a subnet a table with one route."""
    return lambda land: land.route(vnet, subnet, prefix, hop, address)


def stopped(land: Landscape) -> None:
    """Stop the cluster."""
    for cluster in land.of_type("Microsoft.ContainerService/managedClusters"):
        cluster.properties["powerState"] = {"code": "Stopped"}


def firewall_without_rules(land: Landscape) -> None:
    """Take the firewall's rules away."""
    land.firewall("hub", FIREWALL, [])


def firewall_with_a_rule_for_others(land: Landscape) -> None:
    """Let the firewall's rule be about other sources."""
    land.firewall("hub", FIREWALL, [mirror.ALLOW_API | {"sourceAddresses": ["10.66.0.0/24"]}])


def firewall_stopped(land: Landscape) -> None:
    """Take the firewall's addresses away."""
    land.of_type("Microsoft.Network/azureFirewalls")[0].properties["ipConfigurations"] = []


NOT_LINKED = {Link.NETWORK_NOT_LINKED, Link.SERVER_NETWORK_NOT_LINKED}
PEERING = {Link.PEERING_MISSING, Link.PEERING_NOT_CONNECTED}
CHANGES: dict[str, tuple[Change, set[Link]]] = {
    "zone gone": (gone("privateDnsZones", ZONE), {Link.ZONE_MISSING}),
    "record gone": (dropped("privateDnsZones/A", ZONE, NAME.partition(".")[0]), {Link.RECORD_MISSING}),
    "record stale": (record("10.64.0.99"), {Link.RECORD_STALE}),
    "record public": (record("20.50.0.9"), {Link.RECORD_STALE}),
    "hub not linked": (dropped("privateDnsZones/virtualNetworkLinks", ZONE, "to-hub"), NOT_LINKED),
    "longer zone": (lambda land: land.zone(NAME, {}, "hub"), {Link.OTHER_ZONE_LINKED}),
    "longer zone, unlinked": (lambda land: land.zone(NAME, {}), set()),
    "shorter zone": (lambda land: land.zone("azmk8s.io", {}, "hub"), set()),
    "forwarder silent": (forwarder("silent"), {Link.SERVER_SILENT}),
    "forwarder asks public DNS": (forwarder("no-conditional-forward"), {Link.SERVER_DOES_NOT_FORWARD}),
    "apps not peered": (both_lost("apps", "hub"), PEERING),
    "apps Initiated": (lost("hub", "apps", left="Initiated"), PEERING),
    "apps Disconnected": (lost("apps", "hub", left="Disconnected"), PEERING),
    "apps closed": (side("hub", "apps", allowVirtualNetworkAccess=False), {Link.PEERING_CLOSED}),
    "spoke not peered": (both_lost("spoke", "hub"), PEERING),
    "spoke Disconnected": (lost("spoke", "hub", left="Disconnected"), PEERING),
    "spoke closed": (side("spoke", "hub", allowVirtualNetworkAccess=False), {Link.PEERING_CLOSED}),
    "spoke refuses forwarded": (
        side("spoke", "hub", allowForwardedTraffic=False),
        {Link.PEERING_REFUSES_FORWARDED},
    ),
    "server guarded": (guarded("hub", "dns", direction="Inbound", destinationPortRange="53"), {Link.SECURITY_GROUP}),
    "server guarded against peers": (
        guarded("hub", "dns", direction="Inbound", sourceAddressPrefix="VirtualNetwork"),
        {Link.SECURITY_GROUP},
    ),
    "server guarded against others": (
        guarded("hub", "dns", direction="Inbound", sourceAddressPrefix="10.66.0.0/16"),
        set(),
    ),
    "app guarded": (
        guarded("apps", "apps", direction="Outbound", destinationPortRanges=["50-60", "440-450"]),
        {Link.SECURITY_GROUP},
    ),
    "app guarded on another protocol": (guarded("apps", "apps", direction="Outbound", protocol="Icmp"), set()),
    "jump guarded": (guarded("hub", "jump", direction="Outbound", destinationPortRange="443"), {Link.SECURITY_GROUP}),
    "endpoint guarded": (
        guarded("spoke", "nodes", "NetworkSecurityGroupEnabled", direction="Inbound"),
        {Link.SECURITY_GROUP},
    ),
    "endpoint's subnet guarded, endpoints not": (guarded("spoke", "nodes", direction="Inbound"), set()),
    "app's 53 dropped": (routed("apps", "apps", "10.0.2.0/26", "None"), {Link.ROUTE}),
    "app's 53 to the firewall": (
        routed("apps", "apps", "10.0.0.0/22", "VirtualAppliance", FIREWALL),
        {Link.FIREWALL_RULE, Link.FIREWALL_NOT_RUNNING, Link.ROUTE},
    ),
    "app's way to nowhere": (routed("apps", "apps", "0.0.0.0/0", "VirtualAppliance", "10.9.9.9"), {Link.ROUTE}),
    "app's way to the internet": (routed("apps", "apps", "0.0.0.0/0", "Internet"), {Link.ROUTE}),
    "app's way stays": (routed("apps", "apps", "10.64.0.0/22", "VnetLocal"), {Link.ROUTE}),
    "jump's way dropped": (routed("hub", "jump", f"{API}/32", "None"), {Link.ROUTE}),
    "jump's wide route": (routed("hub", "jump", "10.64.0.0/16", "None"), {Link.ROUTE}),
    "no rules": (firewall_without_rules, {Link.FIREWALL_RULE}),
    "rules for others": (firewall_with_a_rule_for_others, {Link.FIREWALL_RULE}),
    "firewall stopped": (firewall_stopped, {Link.FIREWALL_NOT_RUNNING}),
    "cluster stopped": (stopped, {Link.API_SERVER_STOPPED}),
    "another server named": (
        lambda land: land.resources[land.vnet_id("apps").lower()].properties.update(
            dhcpOptions={"dnsServers": ["10.9.9.9"]}
        ),
        {Link.WRONG_SERVERS},
    ),
}


def broken(names: list[str]) -> Landscape:
    """The landscape with some changes."""
    land = mirror.landscape()
    for name in names:
        CHANGES[name][0](land)
    return land


@settings(max_examples=400, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(CHANGES)), max_size=5, unique=True),
    machine=st.sampled_from(["jump", "app"]),
    alone=st.booleans(),
)
def test_what_is_blamed_is_broken_and_mending_it_leads_to_health(
    names: list[str],
    machine: str,
    alone: bool,  # noqa: FBT001 - drawn
) -> None:
    """As long as something is wrong a link is named that somebody did break; when all is well nothing is said."""
    left = list(names)
    while (found := mirror.diagnose(broken(left), machine, alone=alone)) is not None:
        guilty = [name for name in left if found.link in CHANGES[name][1]]
        assert guilty, (left, found)
        left.remove(guilty[-1])
    seen = mirror.case(broken(left), machine).probe
    assert (seen.addresses, seen.connection) == ((API,), mirror.OUTCOME["open"])


def test_each_change_by_itself_is_blamed_as_expected() -> None:
    """Every change that breaks something for one of the machines is named; one that breaks nothing is not."""
    silent = {name for name in CHANGES if not _blames(name)}
    harmless = {name for name, (_, links) in CHANGES.items() if not links}
    # The endpoint's own route is longer than a wide one.
    assert silent == harmless | {"jump's wide route"}


def _blames(name: str) -> list[Diagnosis]:
    found = (mirror.diagnose(broken([name]), machine) for machine in ("jump", "app"))
    return [diagnosis for diagnosis in found if diagnosis is not None]


def test_the_server_is_where_the_machine_asks() -> None:
    """The landscape's second machine asks the forwarder."""
    assert [asked.address for asked in mirror.case(mirror.landscape(), "app").servers] == [FORWARDER]
