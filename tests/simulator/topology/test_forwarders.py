"""Machines as DNS servers: genuine configuration of unbound and dnsmasq decides who is answered, and from where."""

from __future__ import annotations

import base64
import gzip
from ipaddress import IPv4Address

import pytest

from local.simulator.topology import Resolution, broken, resolve
from local.simulator.topology.cloud_config import written_files
from local.simulator.topology.dns_software import software_of
from tests.simulator.topology.world import API, NAME, Landscape, hub_and_spoke

SERVER = "10.0.2.4"
CORPORATE = "server.corp.example"
UNBOUND = """
# A forwarder of the hub.
server:
    interface: 10.0.2.4
    interface: 127.0.0.1
    access-control: 0.0.0.0/0 refuse
    access-control: 10.0.0.0/22\tallow   # the hub
    access-control: 10.0.1.32/27 deny
    do-ip6: no
forward-zone:
    name: "azmk8s.io"
    forward-addr: 168.63.129.16
forward-zone:
    name: "corp.example."
    forward-addr: 10.9.0.9@53#dead.example
    forward-addr: 10.9.0.4
"""


def unbound(text: str = UNBOUND) -> Landscape:
    """Hub, spoke and office; the hub's DNS server runs unbound."""
    return landscape({"/etc/unbound/unbound.conf.d/hub.conf": text})


def landscape(files: dict[str, str]) -> Landscape:
    """Hub, spoke and office, the hub's machine 10.0.2.4 with files of its cloud-config."""
    land = hub_and_spoke(linked=("hub",))
    land.vnet("office", "10.9.0.0/24", servers="10.9.0.0/26")
    land.peer("hub", "office")
    land.machine("office-dns", "office", "servers", "10.9.0.4").body["tags"] = {"dns-forwarder": ""}
    land.zone("corp.example", {"server": "10.9.0.10"}, "office")
    land.dns_server("dns", "hub", "dns", SERVER, files)
    return land


def ask(land: Landscape, name: str = NAME, *, of: str = "jump", server: str = SERVER) -> Resolution:
    """Ask the server from a machine, or from the spoke's nodes."""
    return resolve(land, land.node() if of == "node" else land.at(of), name, IPv4Address(server))


def outcome(answer: Resolution) -> tuple[str, list[str], str | None]:
    """Status, addresses and the link that is broken."""
    last = broken(answer.chain)
    return answer.status, [str(address) for address in answer.addresses], last.link if last else None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(NAME, ("NOERROR", [API], None), id="private zone: Azure"),
        pytest.param(CORPORATE, ("NOERROR", ["10.9.0.10"], None), id="on premises: the second server"),
        pytest.param("payments.privatelink.blob.core.windows.net", ("NOERROR", None, "forward"), id="nowhere: public"),
        pytest.param("nothing.invalid", ("NXDOMAIN", [], "public-dns"), id="nowhere: no such name"),
    ],
)
def test_unbound_forwards_by_the_longest_zone(name: str, expected: tuple[str, list[str] | None, str | None]) -> None:
    """Names of a forward-zone go to its servers; all others are asked of public DNS."""
    status, addresses, link = outcome(ask(unbound(), name))
    assert (status, link) == (expected[0], expected[2])
    assert expected[1] is None or addresses == expected[1]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        pytest.param("10.0.1.4", "NOERROR", id="allowed"),
        pytest.param("10.0.1.40", "TIMEOUT", id="denied by a longer prefix"),
    ],
)
def test_unbound_answers_whom_it_allows(address: str, status: str) -> None:
    """The longest prefix of access-control decides: allow, or deny, which says nothing."""
    land = unbound()
    if address != "10.0.1.4":
        land.machine("other", "hub", "jump", address)
    assert ask(land, of="jump" if address == "10.0.1.4" else "other").status == status


def test_unbound_refuses_others() -> None:
    """A spoke that is in no access-control is refused, and the evidence says by which rule."""
    answer = ask(unbound(), of="node")
    assert answer.status == "REFUSED"
    assert "0.0.0.0/0 refuse" in str(broken(answer.chain))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(UNBOUND.replace("interface: 10.0.2.4", ""), id="loopback only"),
        pytest.param(UNBOUND.replace("    interface: 10.0.2.4\n    interface: 127.0.0.1\n", ""), id="by default"),
        pytest.param(UNBOUND.replace("168.63.129.16", "azure"), id="it cannot read its configuration"),
    ],
)
def test_unbound_does_not_listen(text: str) -> None:
    """Where it listens on the loopback address only, or does not start, the port is closed."""
    answer = ask(unbound(text))
    assert (answer.status, answer.error) == ("TIMEOUT", "connection refused")


def test_unbound_hides_private_addresses_where_it_is_told_to() -> None:
    """private-address takes the API server's address out of the answer; private-domain lets it through."""
    hiding = UNBOUND.replace("server:\n", "server:\n    private-address: 10.0.0.0/8\n", 1)
    assert outcome(ask(unbound(hiding))) == ("NOERROR", [], "forward")
    showing = hiding.replace("server:\n", 'server:\n    private-domain: "azmk8s.io"\n', 1)
    assert outcome(ask(unbound(showing))) == ("NOERROR", [API], None)


@pytest.mark.parametrize(
    ("text", "name", "of", "status"),
    [
        pytest.param("server=/azmk8s.io/168.63.129.16\nlisten-address=10.0.2.4", NAME, "jump", "NOERROR", id="domain"),
        pytest.param("server=/azmk8s.io/168.63.129.16\ninterface=eth0", NAME, "node", "NOERROR", id="interface"),
        pytest.param("server=/azmk8s.io/168.63.129.16", NAME, "jump", "TIMEOUT", id="serves its own subnet only"),
        pytest.param("interface=eth0\nno-resolv", NAME, "jump", "NXDOMAIN", id="nowhere"),
        pytest.param("interface=eth0 # what the machine asks", NAME, "jump", "NOERROR", id="the machine's servers"),
        pytest.param("interface=eth0\nserver=168.63.129.16", NAME, "jump", "NOERROR", id="default server"),
        pytest.param(
            "interface=eth0\nserver=10.9.0.9\nserver=/azmk8s.io/#\nserver=168.63.129.16",
            NAME,
            "jump",
            "NOERROR",
            id="domain with the default servers",
        ),
        pytest.param("interface=eth0\nlocal=/azmk8s.io/", NAME, "jump", "NXDOMAIN", id="nobody has it"),
        pytest.param(
            "interface=eth0\nno-resolv\nserver=/corp.example/other.example/10.9.0.4",
            CORPORATE,
            "jump",
            "NOERROR",
            id="several domains",
        ),
        pytest.param("# interface=eth0\nlisten-address=10.0.2.9", NAME, "jump", "TIMEOUT", id="listens elsewhere"),
    ],
)
def test_dnsmasq(text: str, name: str, of: str, status: str) -> None:
    """Domains go to their servers, other names to the default ones or to those of the machine."""
    assert ask(landscape({"/etc/dnsmasq.d/hub.conf": text}), name, of=of).status == status


def test_dnsmasq_guards_against_rebinding() -> None:
    """With stop-dns-rebind a private address does not come through, unless its domain is named."""
    text = "interface=eth0\nserver=168.63.129.16\nstop-dns-rebind\n"
    assert ask(landscape({"/etc/dnsmasq.conf": text})).addresses == ()
    assert ask(landscape({"/etc/dnsmasq.conf": text + "rebind-domain-ok=/azmk8s.io/"})).found


@pytest.mark.parametrize(
    ("tag", "name", "status", "link"),
    [
        pytest.param("", NAME, "NOERROR", None, id="forwards to Azure"),
        pytest.param("no-conditional-forward", NAME, "NXDOMAIN", "public-dns", id="asks public DNS only"),
        pytest.param("no-conditional-forward", "mcr.microsoft.com", "NOERROR", "forward", id="public names work"),
        pytest.param("silent", NAME, "TIMEOUT", "dns-server", id="silent"),
    ],
)
def test_a_tag_makes_a_server(tag: str, name: str, status: str, link: str | None) -> None:
    """A tag stands for a configuration, sound or broken, before any other."""
    land = unbound()
    land.resources[next(key for key in land.resources if key.endswith("/virtualmachines/dns"))].body["tags"] = {
        "dns-forwarder": tag
    }
    answer = ask(land, name)
    assert (answer.status, outcome(answer)[2]) == (status, link)


@pytest.mark.parametrize(
    ("data", "serves"),
    [
        pytest.param("#cloud-config\npackages: [unbound]\n", True, id="no configuration of its own"),
        pytest.param("#cloud-config\npackages: [: unbound", True, id="no YAML"),
        pytest.param("#!/bin/sh\napt-get install -y bind9\n", True, id="a script"),
        pytest.param("#cloud-config\npackages: [nginx]\n", False, id="no DNS server"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_software_that_is_named_only(data: str, serves: bool) -> None:  # noqa: FBT001 - of the table
    """Custom data that names a DNS server without a configuration makes one that sends all to Azure."""
    land = hub_and_spoke()
    machine = land.machine("dns", "hub", "dns", SERVER)
    machine.state["customData"] = base64.b64encode(data.encode()).decode()
    assert (software_of(machine) is not None) == serves
    assert ask(land).found == serves


@pytest.mark.parametrize("power", ["stopped", "deallocated"])
def test_a_machine_that_is_off_does_not_answer(power: str) -> None:
    """A stopped or deallocated server is silent."""
    land = unbound()
    land.resources[next(key for key in land.resources if key.endswith("/virtualmachines/dns"))].state["power"] = power
    answer = ask(land)
    assert (answer.status, answer.error) == ("TIMEOUT", "timed out")
    assert power in str([each.detail for each in answer.chain])


def test_a_machine_asks_its_own_server() -> None:
    """Over the loopback address the server on the machine itself answers, where it listens there."""
    land = unbound()
    assert outcome(ask(land, of="dns", server="127.0.0.1")) == ("NOERROR", [API], None)
    assert ask(land, of="jump", server="127.0.0.1").error == "connection refused"


def test_two_servers_that_ask_each_other_end() -> None:
    """A network whose server asks what its own network names is a loop: a failure, not an endless search."""
    land = landscape({"/etc/dnsmasq.conf": "interface=eth0"})
    land.resources[land.vnet_id("hub").lower()].properties["dhcpOptions"] = {"dnsServers": [SERVER]}
    answer = ask(land)
    assert answer.status == "SERVFAIL"
    assert "loop" in str(broken(answer.chain))


def test_a_public_resolver_is_asked_over_the_internet() -> None:
    """An upstream of the internet knows no private name."""
    text = UNBOUND + 'forward-zone:\n    name: "."\n    forward-addr: 9.9.9.9\n'
    assert ask(unbound(text), "mcr.microsoft.com").found
    assert ask(unbound(text.replace("168.63.129.16", "9.9.9.9"))).status == "NXDOMAIN"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        pytest.param("b64", base64.b64encode(b"hello").decode(), id="base64"),
        pytest.param("gz+b64", base64.b64encode(gzip.compress(b"hello")).decode(), id="compressed"),
        pytest.param("text/plain", "hello", id="plain"),
    ],
)
def test_files_of_a_cloud_config(encoding: str, content: str) -> None:
    """Files come in the encodings of cloud-init."""
    text = f'#cloud-config\nwrite_files:\n- path: /etc/a\n  encoding: {encoding}\n  content: "{content}"\n'
    assert written_files(text) == {"/etc/a": "hello"}
