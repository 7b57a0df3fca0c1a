"""Name resolution: who is asked, what that server knows, and which link is missing."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

import pytest

from local.simulator.topology import broken, resolve
from tests.simulator.topology.world import API, FIREWALL, NAME, ZONE, Landscape, hub_and_spoke

GUID_ZONE = f"0b5c7d0e-1c1f-4b0e-9a51-0c3c9d1a7a11.{ZONE}"


def ask(land: Landscape, name: str = NAME) -> tuple[str, list[str]]:
    """Ask from the jump server: status and addresses."""
    answer = resolve(land, land.at("jump"), name)
    return answer.status, [str(address) for address in answer.addresses]


def servers(land: Landscape, vnet: str, *addresses: str) -> None:
    """Let a VNet use DNS servers of its own."""
    land.resources[land.vnet_id(vnet).lower()].properties["dhcpOptions"] = {"dnsServers": list(addresses)}


def forwarder(land: Landscape, *, tagged: bool = True) -> None:
    """Put a machine at 10.0.2.4 that forwards DNS, and let the hub use it."""
    machine = land.machine("dns", "hub", "dns", "10.0.2.4")
    if tagged:
        machine.state["customData"] = "I2Nsb3VkLWNvbmZpZwpwYWNrYWdlczogW2Ruc21hc3FdCg=="
    servers(land, "hub", "10.0.2.4")


def not_linked(land: Landscape) -> None:
    """Remove the hub's link."""
    del land.resources[next(key for key in land.resources if key.endswith("/virtualnetworklinks/to-hub"))]


def link_in_progress(land: Landscape) -> None:
    """Let the hub's link be unfinished."""
    key = next(key for key in land.resources if key.endswith("/virtualnetworklinks/to-hub"))
    land.resources[key].properties["virtualNetworkLinkState"] = "InProgress"


def no_record(land: Landscape) -> None:
    """Remove the record."""
    del land.resources[next(key for key in land.resources if key.endswith("/a/payments"))]


def redirected(land: Landscape) -> None:
    """Let the link fall back to public DNS, without a record."""
    no_record(land)
    key = next(key for key in land.resources if key.endswith("/virtualnetworklinks/to-hub"))
    land.resources[key].properties["resolutionPolicy"] = "NxDomainRedirect"


def dead_server(land: Landscape) -> None:
    """Let the hub ask an address that nobody has."""
    servers(land, "hub", "10.0.2.9")


def machine_without_dns(land: Landscape) -> None:
    """Let the hub ask a machine that serves no DNS."""
    forwarder(land, tagged=False)


def second_server(land: Landscape) -> None:
    """Let the first server be dead and the second work."""
    forwarder(land)
    servers(land, "hub", "10.0.2.9", "10.0.2.4")


def closed_port(land: Landscape) -> None:
    """Let a group close port 53 of a working forwarder."""
    forwarder(land)
    rule = {"priority": 100, "direction": "Inbound", "access": "Deny", "protocol": "Udp"}
    land.guard(
        "hub", "dns", rule | {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "53"}
    )


@pytest.mark.parametrize(
    ("change", "status", "failed"),
    [
        pytest.param(lambda _: None, "NOERROR", None, id="linked"),
        pytest.param(not_linked, "NXDOMAIN", "public-dns", id="hub not linked"),
        pytest.param(link_in_progress, "NXDOMAIN", "public-dns", id="link in progress"),
        pytest.param(no_record, "NXDOMAIN", "record", id="no record, no fallback"),
        pytest.param(redirected, "NXDOMAIN", "public-dns", id="no record, fallback"),
        pytest.param(forwarder, "NOERROR", None, id="forwarder"),
        pytest.param(second_server, "NOERROR", None, id="second server"),
        pytest.param(dead_server, "TIMEOUT", "dns-server", id="dead server"),
        pytest.param(machine_without_dns, "TIMEOUT", "dns-server", id="machine without DNS"),
        pytest.param(closed_port, "TIMEOUT", "dns-server", id="port 53 closed"),
    ],
)
def test_the_jump_server_asks(change: Callable[[Landscape], None], status: str, failed: str | None) -> None:
    """The answer follows from links, records and servers, and the evidence names the link that failed."""
    land = hub_and_spoke()
    change(land)
    answer = resolve(land, land.at("jump"), NAME)
    last = broken(answer.chain)
    assert (answer.status, last.link if last else None) == (status, failed)
    assert answer.found == (status == "NOERROR")


def test_a_custom_server_answers_from_the_links_of_its_own_network() -> None:
    """The spoke's link does not help when the spoke asks the firewall in a hub that is not linked."""
    for linked, status in ((("spoke",), "NXDOMAIN"), (("hub",), "NOERROR")):
        land = hub_and_spoke(linked=linked, proxy=True)
        servers(land, "spoke", FIREWALL)
        answer = resolve(land, land.node(), NAME)
        assert (answer.status, str(answer.server)) == (status, FIREWALL)


def test_a_firewall_without_proxy_does_not_answer() -> None:
    """DNS sent to a firewall whose policy has no proxy times out."""
    land = hub_and_spoke(proxy=False)
    servers(land, "spoke", FIREWALL)
    assert resolve(land, land.node(), NAME).status == "TIMEOUT"


def test_the_longest_zone_wins() -> None:
    """A zone below another answers for its names, even where it has no record."""
    land = hub_and_spoke()
    land.zone(GUID_ZONE, {}, "hub")
    land.add("privateDnsZones/A", ZONE, GUID_ZONE.split(".", maxsplit=1)[0], aRecords=[{"ipv4Address": "10.9.9.9"}])
    assert ask(land, f"api.{GUID_ZONE}") == ("NXDOMAIN", [])


def test_wildcards_and_aliases() -> None:
    """A wildcard answers for names without a record; an alias is followed into another zone."""
    land = hub_and_spoke()
    land.zone("corp.internal", {"*.apps": "10.1.1.1"}, "hub")
    land.add("privateDnsZones/CNAME", "corp.internal", "api", cnameRecord={"cname": NAME})
    assert ask(land, "shop.apps.corp.internal") == ("NOERROR", ["10.1.1.1"])
    answer = resolve(land, land.at("jump"), "api.corp.internal")
    assert (answer.aliases, [str(a) for a in answer.addresses]) == ((("api.corp.internal", NAME),), [API])


def test_an_alias_that_points_to_itself_ends() -> None:
    """A loop of aliases is a server failure, not an endless search."""
    land = hub_and_spoke()
    land.zone("loop.internal", {}, "hub")
    land.add("privateDnsZones/CNAME", "loop.internal", "a", cnameRecord={"cname": "a.loop.internal"})
    assert ask(land, "a.loop.internal")[0] == "SERVFAIL"


def test_machines_register_themselves() -> None:
    """Over a link with registration a machine's name resolves to its address."""
    land = hub_and_spoke()
    land.zone("machines.internal", {}, "hub", registrationEnabled=True)
    assert ask(land, "jump.machines.internal") == ("NOERROR", ["10.0.1.4"])


@pytest.mark.parametrize(
    ("name", "status"),
    [
        pytest.param("mcr.microsoft.com", "NOERROR", id="public"),
        pytest.param("security.ubuntu.com", "NOERROR", id="updates"),
        pytest.param("nothing.invalid", "NXDOMAIN", id="no such name"),
    ],
)
def test_public_names(name: str, status: str) -> None:
    """Names outside linked zones are public ones, or none."""
    assert ask(hub_and_spoke(), name)[0] == status


def test_the_public_name_of_a_private_cluster_is_private() -> None:
    """The public FQDN leads to the private address."""
    assert ask(hub_and_spoke(), "payments-1.hcp.westeurope.azmk8s.io") == ("NOERROR", [API])


def test_an_interface_overrides_its_network() -> None:
    """DNS servers of the interface come before those of the VNet."""
    land = hub_and_spoke()
    servers(land, "hub", "10.0.2.9")
    nic = land.resources[next(key for key in land.resources if key.endswith("/networkinterfaces/jump-nic"))]
    nic.properties["dnsSettings"] = {"dnsServers": ["168.63.129.16"]}
    assert ask(land) == ("NOERROR", [API])


def test_a_given_server_is_asked_instead() -> None:
    """`nslookup NAME SERVER` asks that server only."""
    land = hub_and_spoke(proxy=True)
    answer = resolve(land, land.at("jump"), NAME, IPv4Address(FIREWALL))
    assert (answer.status, str(answer.server)) == ("NOERROR", FIREWALL)
