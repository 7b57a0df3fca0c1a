"""Names by a DNS Private Resolver: what an inbound endpoint answers, and what a ruleset changes where it is linked."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from local.simulator.topology import Resolution, broken, resolve
from tests.simulator.topology.world import API, NAME, ZONE, Landscape, hub_and_spoke

INBOUND = "10.0.3.4"
ON_PREMISES = "10.9.0.4"
CORPORATE = "server.corp.example"


def landscape(*linked: str, rules: dict[str, tuple[str, ...]] | None = None, ruled: tuple[str, ...] = ()) -> Landscape:
    """Hub and spoke with a resolver in the hub, and a server elsewhere that knows a name of its own."""
    land = hub_and_spoke(linked=linked)
    land.vnet("office", "10.9.0.0/24", servers="10.9.0.0/26")
    land.peer("hub", "office")
    for name, prefix in (("in", "10.0.3.0/28"), ("out", "10.0.3.16/28")):
        land.add("virtualNetworks/subnets", "hub", name, addressPrefix=prefix)
    land.inbound("hub", "in", INBOUND)
    land.machine("office-dns", "office", "servers", ON_PREMISES).body["tags"] = {"dns-forwarder": ""}
    land.zone("corp.example", {"server": "10.9.0.10"}, "office")
    if rules is not None:
        land.ruleset("hub", "out", rules, *ruled)
    return land


def ask(land: Landscape, name: str, *, of: str = "spoke", server: str = "") -> Resolution:
    """Ask from the spoke's nodes or from the jump server."""
    seat = land.node() if of == "spoke" else land.at("jump")
    return resolve(land, seat, name, IPv4Address(server) if server else None)


def outcome(answer: Resolution) -> tuple[str, list[str], str | None]:
    """Status, addresses and the link that is broken."""
    last = broken(answer.chain)
    return answer.status, [str(address) for address in answer.addresses], last.link if last else None


@pytest.mark.parametrize(
    ("linked", "expected"),
    [
        pytest.param(("hub",), ("NOERROR", [API], None), id="zone linked to the resolver's network"),
        pytest.param(("spoke",), ("NXDOMAIN", [], "public-dns"), id="zone linked to the asking network only"),
    ],
)
def test_an_inbound_endpoint_answers_from_its_own_network(
    linked: tuple[str, ...], expected: tuple[str, list[str], str | None]
) -> None:
    """It answers what Azure's resolver answers in the resolver's network, whoever asks."""
    assert outcome(ask(landscape(*linked), NAME, server=INBOUND)) == expected


def test_an_inbound_endpoint_listens_on_port_53_only_and_is_guarded() -> None:
    """A security group on its subnet counts, as for machines."""
    land = landscape("hub")
    deny = {"priority": 100, "direction": "Inbound", "access": "Deny", "protocol": "*", "destinationPortRange": "53"}
    land.guard("hub", "in", deny | {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*"})
    assert outcome(ask(land, NAME, server=INBOUND)) == ("TIMEOUT", [], "dns-server")


@pytest.mark.parametrize("state", ["Creating", "Failed", "Deleting"])
def test_an_inbound_endpoint_that_does_not_stand_is_silent(state: str) -> None:
    """A static address is there before the endpoint is, and stays where its creation failed."""
    land = landscape("hub")
    endpoint = land.resources[next(key for key in land.resources if key.endswith("/inboundendpoints/in"))]
    endpoint.properties["provisioningState"] = state
    assert outcome(ask(land, NAME, server=INBOUND)) == ("TIMEOUT", [], "dns-server")


def test_a_network_may_use_the_inbound_endpoint_as_its_server() -> None:
    """DHCP hands out the endpoint's address; the spoke needs no link of its own then."""
    land = landscape("hub")
    land.resources[land.vnet_id("spoke").lower()].properties["dhcpOptions"] = {"dnsServers": [INBOUND]}
    assert outcome(ask(land, NAME)) == ("NOERROR", [API], None)


@pytest.mark.parametrize(
    ("rules", "ruled", "name", "expected"),
    [
        pytest.param(
            {"corp.example.": (ON_PREMISES,)}, ("spoke",), CORPORATE, ("NOERROR", ["10.9.0.10"], None), id="rule"
        ),
        pytest.param(
            {"corp.example.": (ON_PREMISES,)}, (), CORPORATE, ("NXDOMAIN", [], "public-dns"), id="ruleset not linked"
        ),
        pytest.param(
            {"corp.example.": ("10.9.0.5", ON_PREMISES)},
            ("spoke",),
            CORPORATE,
            ("NOERROR", ["10.9.0.10"], None),
            id="the second server, where the first is dead",
        ),
        pytest.param(
            {"corp.example.": ("10.9.0.5",)}, ("spoke",), CORPORATE, ("SERVFAIL", [], "dns-server"), id="dead server"
        ),
        pytest.param(
            {".": ("10.9.0.5",), "corp.example.": (ON_PREMISES,)},
            ("spoke",),
            CORPORATE,
            ("NOERROR", ["10.9.0.10"], None),
            id="longest rule",
        ),
        pytest.param(
            {"corp.example.": (ON_PREMISES,)},
            ("spoke",),
            "mcr.microsoft.com",
            ("NOERROR", None, None),
            id="no rule: public DNS",
        ),
    ],
)
def test_rules_count_where_their_ruleset_is_linked(
    rules: dict[str, tuple[str, ...]],
    ruled: tuple[str, ...],
    name: str,
    expected: tuple[str, list[str] | None, str | None],
) -> None:
    """The longest enabled rule of a linked ruleset sends a name to its servers, from the outbound endpoint."""
    status, addresses, link = outcome(ask(landscape(rules=rules, ruled=ruled), name))
    assert (status, link) == (expected[0], expected[2])
    assert expected[1] is None or addresses == expected[1]


def test_a_disabled_rule_is_ignored() -> None:
    """The name then goes to public DNS."""
    land = landscape(rules={"corp.example.": (ON_PREMISES,)}, ruled=("spoke",))
    rule = land.resources[next(key for key in land.resources if key.endswith("/forwardingrules/rule0"))]
    rule.properties["forwardingRuleState"] = "Disabled"
    assert outcome(ask(land, CORPORATE)) == ("NXDOMAIN", [], "public-dns")


def test_a_linked_zone_comes_before_every_rule() -> None:
    """A private zone that is linked to the network wins, also over a rule with a longer domain."""
    land = landscape("spoke", rules={f"payments.{ZONE}.": ("10.9.0.5",)}, ruled=("spoke",))
    assert outcome(ask(land, NAME)) == ("NOERROR", [API], None)


def test_a_rule_may_lead_to_the_inbound_endpoint() -> None:
    """A spoke without a link of its own reaches the hub's zone by a rule to the endpoint."""
    land = landscape("hub", rules={f"{ZONE}.": (INBOUND,)}, ruled=("spoke",))
    answer = ask(land, NAME)
    assert outcome(answer) == ("NOERROR", [API], None)
    assert [each.link for each in answer.chain if each.link in {"rule", "zone-link", "record"}] == [
        "rule",
        "zone-link",
        "record",
    ]


def test_a_rule_to_the_own_inbound_endpoint_is_a_loop() -> None:
    """Linked to the resolver's network too, and without the zone there, resolver and endpoint ask each other."""
    land = landscape(rules={f"{ZONE}.": (INBOUND,)}, ruled=("hub", "spoke"))
    assert outcome(ask(land, NAME, of="jump"))[0] == "SERVFAIL"
    assert "loop" in str(broken(ask(land, NAME).chain))
