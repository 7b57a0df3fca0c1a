"""Rules of security groups and firewalls, and routes, one by one: what stops a connection, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

import pytest

from shared.plan import diagnosis
from shared.plan.diagnosis import BrokenLink as Link
from shared.plan.diagnosis import flow
from shared.plan.probe import Connection, Probe, Resolution
from tests.diagnosis import mirror
from tests.simulator.topology.world import API, FIREWALL, Landscape

if TYPE_CHECKING:
    from shared.plan.diagnosis.flow import Truth

Change = Callable[[Landscape], Any]
SILENCE = Probe(Resolution.NO_SERVER, (), "", Connection.NO_NAME, "")
TIMED_OUT = Probe(Resolution.RESOLVED, (API,), "127.0.0.53", Connection.TIMED_OUT, "")
DENY: dict[str, Any] = {
    "priority": 200,
    "direction": "Inbound",
    "access": "Deny",
    "protocol": "*",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "*",
}
ALLOW = DENY | {"access": "Allow", "priority": 100}


def judged(machine: str, probe: Probe, *changes: Change, **case: Any) -> diagnosis.Diagnosis:
    """Return what is said of a machine that saw something, after changes."""
    about = replace(mirror.case(mirror.landscape(), machine), probe=probe, **case)
    land = mirror.landscape()
    for change in changes:
        change(land)
    found = diagnosis.diagnose(about, mirror.observed(land, asked=diagnosis.reads(about)))
    assert found is not None
    return found


def members(**changes: Any) -> dict[str, Any]:
    """A rule that names application security groups instead of addresses."""
    return {name: value for name, value in DENY.items() if name != "sourceAddressPrefix"} | changes


MEMBERS = {"sourceApplicationSecurityGroups": [{"id": "/subscriptions/x/resourceGroups/y/providers/a/b/c"}]}


@pytest.mark.parametrize(
    ("rules", "denied"),
    [
        pytest.param([], False, id="the default lets peers in"),
        pytest.param([DENY], True, id="all denied"),
        pytest.param([ALLOW, DENY], False, id="lower number first"),
        pytest.param([ALLOW | {"priority": 300}, DENY], True, id="higher number later"),
        pytest.param([DENY | {"protocol": "Tcp"}], False, id="another protocol"),
        pytest.param([DENY | {"protocol": "UDP"}], True, id="the protocol in capitals"),
        pytest.param([DENY | {"destinationPortRange": "50-60"}], True, id="range of ports"),
        pytest.param([DENY | {"destinationPortRange": "443"}], False, id="another port"),
        pytest.param([DENY | {"destinationPortRange": None, "destinationPortRanges": ["22", "53"]}], True, id="ports"),
        pytest.param([DENY | {"sourceAddressPrefix": "10.65.0.4"}], True, id="its address"),
        pytest.param([DENY | {"sourceAddressPrefix": "10.65.0.0/24"}], True, id="its prefix"),
        pytest.param([DENY | {"sourceAddressPrefix": "10.65.0.1-10.65.0.9"}], True, id="its range"),
        pytest.param([DENY | {"sourceAddressPrefix": "10.65.0.8-10.65.0.9"}], False, id="another range"),
        pytest.param([DENY | {"sourceAddressPrefix": "10.66.0.0/24"}], False, id="another prefix"),
        pytest.param([DENY | {"sourceAddressPrefix": "fd00::/8"}], False, id="IPv6"),
        pytest.param([DENY | {"sourceAddressPrefix": "VirtualNetwork"}], True, id="peers are inside"),
        pytest.param([DENY | {"sourceAddressPrefix": "Internet"}], False, id="peers are not the internet"),
        pytest.param([DENY | {"sourceAddressPrefix": "AzureLoadBalancer"}], False, id="nor the load balancer"),
        pytest.param([DENY | {"sourceAddressPrefix": "Storage.WestEurope"}], False, id="nor a service"),
        pytest.param([DENY | {"sourceAddressPrefix": "Any"}], True, id="any"),
        pytest.param([DENY | {"direction": "Outbound"}], False, id="another direction"),
        pytest.param([members(**MEMBERS)], False, id="members that nobody read are not blamed"),
        pytest.param([members(**MEMBERS, access="Allow", priority=100), DENY], False, id="they may be let in"),
    ],
)
def test_rules_of_security_groups(rules: list[dict[str, Any]], denied: bool) -> None:  # noqa: FBT001 - a table
    """The first rule that fits decides, by priority; a rule of which it cannot be told is never blamed."""
    found = judged("app", SILENCE, lambda land: land.guard("hub", "dns", *rules))
    assert found.link is (Link.SECURITY_GROUP if denied else Link.SERVER_SILENT), found


@pytest.mark.parametrize(
    ("priority", "said", "unsaid"),
    [
        pytest.param(200, "or add an inbound rule with a priority below 200", "", id="there is room before it"),
        pytest.param(
            100, "remove rule rule0 from network security group hub-dns", "priority below", id="it is the first"
        ),
    ],
)
def test_a_denying_rule_is_removed_or_overruled(priority: int, said: str, unsaid: str) -> None:
    """A rule of one's own goes before it where a lower number is left."""
    found = judged("app", SILENCE, lambda land: land.guard("hub", "dns", DENY | {"priority": priority}))
    assert said in found.mend
    assert not unsaid or unsaid not in found.mend


def test_a_subnet_that_is_all_alike_stands_for_any() -> None:
    """Where the machine's subnet and address are not known, its network's only table and group are its own."""
    closed = DENY | {"direction": "Outbound"}
    change = lambda land: land.guard("apps", "apps", closed)  # noqa: E731 - as in the tables
    assert judged("app", SILENCE, change, subnet=None, address="").link is Link.SECURITY_GROUP


def test_of_two_subnets_that_differ_none_is_blamed() -> None:
    """Where the machine may sit in either of two, nothing is said of their tables and groups."""

    def change(land: Landscape) -> None:
        land.add("virtualNetworks/subnets", "apps", "other", addressPrefix="10.65.0.128/25")
        land.guard("apps", "apps", DENY | {"direction": "Outbound"})
        land.route("apps", "apps", "0.0.0.0/0", "Internet")

    assert judged("app", SILENCE, change, subnet=None, address="").link is Link.SERVER_SILENT
    assert judged("app", TIMED_OUT, change, subnet=None, address="").link is Link.UNKNOWN


def server(address: str) -> dict[str, Any]:
    """A case whose network names a server in no network that is known."""
    return {"servers": (diagnosis.Asked(address, None, Resolution.NOT_RUN),)}


def naming(address: str) -> Change:
    """Let the second spoke name a DNS server."""
    return lambda land: land.resources[land.vnet_id("apps").lower()].properties.update(
        dhcpOptions={"dnsServers": [address]}
    )


def gateway(land: Landscape) -> None:
    """Let the second spoke use the hub's gateways, so that it may learn routes that no body shows."""
    land.side("apps", "hub")["useRemoteGateways"] = True
    land.resources = {key: found for key, found in land.resources.items() if not key.endswith("apps-apps")}


TO_ANY = mirror.ALLOW_API | {
    "destinationAddresses": ["*"],
    "destinationPorts": ["*"],
    "ipProtocols": ["Any"],
}


@pytest.mark.parametrize(
    ("address", "changes", "link"),
    [
        pytest.param("192.168.7.7", (), Link.FIREWALL_RULE, id="by the firewall, which has no rule"),
        pytest.param("192.168.7.7", (gateway,), Link.SERVER_SILENT, id="by a gateway, whose routes nobody reads"),
        pytest.param(
            "192.168.7.7",
            (lambda land: land.route("apps", "apps", "192.168.0.0/16", "VirtualNetworkGateway"),),
            Link.SERVER_SILENT,
            id="by a route to a gateway",
        ),
        pytest.param(
            "192.168.7.7",
            (lambda land: land.route("apps", "apps", "192.168.0.0/16", "None"),),
            Link.ROUTE,
            id="dropped",
        ),
        pytest.param(
            "192.168.7.7",
            (lambda land: land.route("apps", "apps", "172.16.0.0/12", "None"),),
            Link.ROUTE,
            id="no route at all",
        ),
        pytest.param(
            "9.9.9.9",
            (lambda land: land.route("apps", "apps", "172.16.0.0/12", "None"),),
            Link.SERVER_SILENT,
            id="public",
        ),
        pytest.param(
            "9.9.9.9",
            (
                lambda land: land.guard(
                    "apps", "apps", DENY | {"direction": "Outbound", "destinationAddressPrefix": "Internet"}
                ),
                lambda land: land.route("apps", "apps", "172.16.0.0/12", "None"),
            ),
            Link.SECURITY_GROUP,
            id="the internet is closed",
        ),
        pytest.param(
            "192.168.7.7",
            (lambda land: land.firewall("hub", FIREWALL, [TO_ANY]),),
            Link.SERVER_SILENT,
            id="by the firewall, which allows it",
        ),
    ],
)
def test_the_way_to_a_server_elsewhere(address: str, changes: tuple[Change, ...], link: Link) -> None:
    """A server on-premises or on the internet is followed as far as bodies show the way."""
    assert judged("app", SILENCE, naming(address), *changes, **server(address)).link is link


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        pytest.param(mirror.ALLOW_API, True, id="as it should be"),
        pytest.param(mirror.ALLOW_API | {"sourceAddresses": ["*"]}, True, id="any source"),
        pytest.param(mirror.ALLOW_API | {"sourceAddresses": ["10.65.0.1-10.65.0.9"]}, True, id="range of sources"),
        pytest.param(mirror.ALLOW_API | {"sourceAddresses": ["10.66.0.0/24"]}, False, id="another source"),
        pytest.param(mirror.ALLOW_API | {"destinationPorts": ["80", "440-450"]}, True, id="range of ports"),
        pytest.param(mirror.ALLOW_API | {"destinationPorts": ["80"]}, False, id="another port"),
        pytest.param(mirror.ALLOW_API | {"ipProtocols": ["UDP"]}, False, id="another protocol"),
        pytest.param(mirror.ALLOW_API | {"destinationAddresses": ["AzureCloud"]}, False, id="a service tag"),
        pytest.param(mirror.ALLOW_API | {"destinationAddresses": [], "destinationIpGroups": ["x"]}, True, id="a group"),
    ],
)
def test_rules_of_the_firewall(rule: dict[str, Any], allowed: bool) -> None:  # noqa: FBT001 - a table
    """A network rule counts by source, destination, port and protocol; a group may hold what is wanted."""
    found = judged("app", TIMED_OUT, lambda land: land.firewall("hub", FIREWALL, [rule]))
    assert found.link is (Link.UNKNOWN if allowed else Link.FIREWALL_RULE), found


@pytest.mark.parametrize(
    ("tag", "name", "allowed"),
    [
        pytest.param(
            "AzureKubernetesService", "x.hcp.westeurope.azmk8s.io", True, id="the public name of an API server"
        ),
        pytest.param("AzureKubernetesService", "x.privatelink.westeurope.azmk8s.io", False, id="the private one"),
        pytest.param("WindowsUpdate", "x.privatelink.westeurope.azmk8s.io", False, id="another tag, a private name"),
        pytest.param("WindowsUpdate", "x.hcp.westeurope.azmk8s.io", True, id="another tag, a public name"),
    ],
)
def test_tags_of_application_rules(tag: str, name: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    """The tag of AKS stands for public names; what others stand for is not known."""
    rule = {"ruleType": "ApplicationRule", "sourceAddresses": ["*"], "fqdnTags": [tag], "protocols": []}
    found = judged("app", TIMED_OUT, lambda land: land.firewall("hub", FIREWALL, [rule]), name=name)
    assert found.link is (Link.UNKNOWN if allowed else Link.FIREWALL_RULE), found


def own_side_alone(land: Landscape) -> None:
    """Leave one side of a peering that says Connected although the other is not there."""
    del land.resources[f"{land.vnet_id('hub')}/virtualnetworkpeerings/to-apps".lower()]


@pytest.mark.parametrize(
    ("change", "link"),
    [
        pytest.param(own_side_alone, Link.PEERING_NOT_CONNECTED, id="one side says Connected"),
        pytest.param(
            lambda land: land.route("hub", "AzureFirewallSubnet", f"{API}/32", "None"),
            Link.ROUTE,
            id="firewall's route",
        ),
        pytest.param(
            lambda land: (
                land.nic("nva", "hub", "dns", "10.0.2.10", enableIPForwarding=True)
                and land.route("apps", "apps", "0.0.0.0/0", "VirtualAppliance", "10.0.2.10")
            ),
            Link.UNKNOWN,
            id="another appliance that forwards",
        ),
        pytest.param(
            lambda land: (
                land.nic("nva", "hub", "dns", "10.0.2.10")
                and land.route("apps", "apps", "0.0.0.0/0", "VirtualAppliance", "10.0.2.10")
            ),
            Link.ROUTE,
            id="a machine that does not forward",
        ),
        pytest.param(
            lambda land: land.route("apps", "apps", "0.0.0.0/0", "SomethingNew"), Link.ROUTE, id="an unknown next hop"
        ),
    ],
)
def test_the_way_to_the_api_server(change: Change, link: Link) -> None:
    """Peerings, the firewall's own routes and appliances are followed on the way to 443."""
    assert judged("app", TIMED_OUT, change).link is link


@pytest.mark.parametrize(
    ("text", "wanted", "covers"),
    [
        ("*", "10.0.0.0/8", True),
        ("10.0.0.0/8", "10.1.0.0/16", True),
        ("10.1.0.0/16", "10.0.0.0/8", None),
        ("10.1.0.0/16", "10.2.0.0/16", False),
        ("10.0.0.4", "10.0.0.4/32", True),
        ("10.0.0.4-10.0.0.9", "10.0.0.8/30", None),
        ("10.0.0.4-x", "10.0.0.4/32", False),
        ("Internet", "10.0.0.4/32", False),
    ],
)
def test_a_range_covers_wholly_partly_or_not(text: str, wanted: str, covers: Truth) -> None:
    """Of a range that is covered in part only, it cannot be told."""
    assert flow.range_covers(text, IPv4Network(wanted)) is covers


@pytest.mark.parametrize(
    ("truths", "some", "every"),
    [
        ((), False, True),
        ((True, None), True, None),
        ((False, None), None, False),
        ((None,), None, None),
        ((True, True), True, True),
    ],
)
def test_what_cannot_be_told_stays_so(truths: tuple[Truth, ...], some: Truth, every: Truth) -> None:
    """Three values: yes, no, and not known, which only a certain one overrules."""
    assert (flow.any_of(truths), flow.all_of(truths)) == (some, every)


def test_an_address_is_written_without_its_bits() -> None:
    """Messages say addresses as people do."""
    assert flow.source_words(flow.single(IPv4Address("10.0.0.4"))) == "10.0.0.4"
