"""What people on-premises are given: right for their servers, safe to paste, and for the right zones."""

from __future__ import annotations

import re
import shutil
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import Invalid
from shared.plan.dns.kit import Configuration, kit
from tests.dns.checkers import checked, ran, written

ZONES = ("privatelink.westeurope.azmk8s.io", "privatelink.vaultcore.azure.net")
SERVERS = (IPv4Address("10.0.2.4"), IPv4Address("10.0.2.5"))
FORMATS = ("windows", "bind", "unbound", "dnsmasq", "coredns")
STILL_RUNNING = 124
GUID = "0b5c7d0e-1c1f-4b0e-9a51-0c3c9d1a7a11"


def made(form: str) -> Configuration:
    """Return the configuration for one kind of server."""
    return next(one for one in kit(ZONES, SERVERS) if one.format == form)


def bare(text: str) -> str:
    """Return a text without its comments."""
    return "\n".join(line for line in text.splitlines() if not re.match(r"\s*(#|//)", line))


def test_every_kind_of_server_has_one() -> None:
    """Five kinds, each with a title and a place."""
    texts = kit(ZONES, SERVERS)
    assert tuple(one.format for one in texts) == FORMATS
    assert all(one.title and one.file and one.text.endswith("\n") for one in texts)


@pytest.mark.parametrize("form", FORMATS)
def test_every_zone_goes_to_every_server(form: str) -> None:
    """Nothing is left out, and nothing but zones and servers is named; comments say what to test."""
    text = made(form).text
    assert all(zone in bare(text) for zone in ZONES)
    assert set(re.findall(r"\d+\.\d+\.\d+\.\d+", bare(text))) == {str(server) for server in SERVERS}
    assert f"nslookup -type=SOA {ZONES[0]} 10.0.2.4" in text


def test_bind_forwards_and_never_recurses() -> None:
    """Each zone is forwarded only; the line about DNSSEC names the same zones."""
    text = made("bind").text
    assert re.findall(r'^zone "(\S+)" \{\n    type forward;', text, re.MULTILINE) == list(ZONES)
    assert text.count("forward only;") == len(ZONES)
    assert f'validate-except {{ "{ZONES[0]}"; "{ZONES[1]}"; }};' in text


def test_windows_may_run_again() -> None:
    """A forwarder that is there is set, one that is not is added, and another zone of the name is not touched."""
    text = made("windows").text
    assert f"$zones = @('{ZONES[0]}', '{ZONES[1]}')" in text
    assert "$servers = @('10.0.2.4', '10.0.2.5')" in text
    add, change = text.index("Add-DnsServerConditionalForwarderZone"), text.index("Set-DnsServerConditional")
    assert text.index("Get-DnsServerZone") < add < change < text.index("throw")
    assert "-MasterServers $servers -ReplicationScope 'Forest'" in text


def test_powershell_is_well_formed() -> None:
    """Without PowerShell here, by its grammar: quotes, brackets and braces close, and no quoted text has a quote."""
    text = bare(made("windows").text)
    quoted = re.findall(r"'([^'\n]*)'", text)
    assert text.count("'") == 2 * len(quoted)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", word) for word in quoted)
    outside = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    assert '"' not in outside
    for opens, closes in ("()", "{}", "[]"):
        assert outside.count(opens) == outside.count(closes)


def test_unbound_and_dnsmasq_take_private_answers() -> None:
    """Where a server guards against private addresses, these are expected; where it validates, nothing is signed."""
    assert all(f'private-domain: "{zone}."' in made("unbound").text for zone in ZONES)
    assert all(f'domain-insecure: "{zone}."' in made("unbound").text for zone in ZONES)
    assert all(f"rebind-domain-ok=/{zone}/" in made("dnsmasq").text for zone in ZONES)


def test_bind_takes_it(tmp_path: Path) -> None:
    """named-checkconf reads the file, with its line for the options put where it says."""
    text = made("bind").text
    line = next(line.removeprefix("//").strip() for line in text.splitlines() if "validate-except" in line)
    whole = f'options {{ directory "{tmp_path}"; dnssec-validation auto; {line} }};\n{text}'
    checked("named-checkconf", written(tmp_path, "named.conf", whole), package="Debian's bind9-utils")


def test_unbound_takes_it(tmp_path: Path) -> None:
    """unbound-checkconf reads the file."""
    checked("unbound-checkconf", written(tmp_path, "azure.conf", made("unbound").text), package="Debian's unbound")


def test_dnsmasq_takes_it(tmp_path: Path) -> None:
    """Dnsmasq reads the file."""
    file = written(tmp_path, "azure.conf", made("dnsmasq").text)
    checked("dnsmasq", "--test", "-C", file, package="Debian's dnsmasq-base")


def test_coredns_takes_it(tmp_path: Path) -> None:
    """CoreDNS starts with the file; it is a Go program that is packaged nowhere here."""
    if shutil.which("coredns") is None:
        pytest.skip("coredns is not installed here; no package of it can be had")
    file = written(tmp_path, "Corefile", made("coredns").text.replace(":53", ":0"))
    assert ran("timeout", "2", "coredns", "-conf", file, package="coreutils").returncode == STILL_RUNNING


def test_coredns_is_one_block_of_known_plugins() -> None:
    """By its grammar: the zones, then errors, cache and forward with both servers."""
    lines = [line.split() for line in bare(made("coredns").text).splitlines() if line.strip()]
    assert lines == [
        [*(f"{zone}:53" for zone in ZONES), "{"],
        ["errors"],
        ["cache", "60", "{"],
        ["denial", "9984", "10"],
        ["}"],
        ["forward", ".", "10.0.2.4", "10.0.2.5"],
        ["}"],
    ]


REFUSED = {
    "a cluster's own zone": ((f"{GUID}.{ZONES[0]}",), SERVERS, f"forward {ZONES[0]} instead"),
    "no zone": ((), SERVERS, "$.zones: names nothing"),
    "no server": (ZONES, (), "$.servers: names nothing"),
    "a quote": (("x'; Remove-Item C:\\",), SERVERS, "is not a domain name"),
    "a line": (("x.io\nserver=/evil/1.2.3.4",), SERVERS, "is not a domain name"),
    "a brace": (("x.io };",), SERVERS, "is not a domain name"),
}


@pytest.mark.parametrize(("zones", "servers", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(zones: tuple[str, ...], servers: tuple[IPv4Address, ...], words: str) -> None:
    """What is no zone to forward is refused, with what to do instead."""
    with pytest.raises(Invalid, match=re.escape(words)):
        kit(zones, servers)


@given(st.lists(st.from_regex(r"[a-z0-9]{1,9}(\.[a-z]{1,9}){1,3}", fullmatch=True), min_size=1, max_size=5))
def test_it_is_a_function(zones: list[str]) -> None:
    """The same zones give the same bytes, each zone once."""
    first = kit(tuple(zones), SERVERS)
    assert first == kit((*zones, zones[0].upper()), SERVERS)
    bind = next(one.text for one in first if one.format == "bind")
    assert bind.count("type forward;") == len(set(zones))
