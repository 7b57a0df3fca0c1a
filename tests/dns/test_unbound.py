"""The forwarder's configuration, by meaning, and as unbound itself reads it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.plan.cloud_init.forwarder import unbound_configuration
from shared.plan.dns.forwarding import Forwarding
from tests.dns.checkers import checked, written
from tests.dns.test_forwarding import HERE, WHOLE


def options(text: str) -> list[tuple[str, str]]:
    """Return the options of a configuration, in their order."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    return [(name, value.strip('"')) for name, _, value in pairs if value]


def values(text: str, option: str) -> list[str]:
    """Return what an option is set to, each time."""
    return [value for name, value in options(text) if name == option]


def test_it_listens_where_it_may() -> None:
    """On the machine's address and one of the loopback's, never on all: another server has 127.0.0.53."""
    assert values(unbound_configuration(WHOLE, HERE), "interface") == [str(HERE), "127.0.0.1"]


def test_it_does_not_validate() -> None:
    """Azure's resolver does no DNSSEC: there is no validator, and no trust anchor."""
    text = unbound_configuration(WHOLE, HERE)
    assert values(text, "module-config") == ["iterator"]
    assert "anchor" not in text


def test_each_domain_is_forwarded() -> None:
    """Each forward zone has its servers, in the order that was given."""
    found: dict[str, list[str]] = {}
    for name, value in options(unbound_configuration(WHOLE, HERE)):
        if name == "name":
            found[value] = []
        if name == "forward-addr":
            found[list(found)[-1]].append(value)
    assert found == {
        "azmk8s.io.": ["168.63.129.16"],
        "privatelink.vaultcore.azure.net.": ["168.63.129.16"],
        "corp.example.com.": ["192.168.10.4", "192.168.10.5"],
        ".": ["10.9.0.4"],
    }


def test_nothing_is_kept_for_long() -> None:
    """Answers a minute at most, missing names ten seconds, and nothing that has expired."""
    text = unbound_configuration(WHOLE, HERE)
    kept = ("cache-max-ttl", "cache-max-negative-ttl", "serve-expired", "prefetch")
    assert [values(text, option) for option in kept] == [["60"], ["10"], ["no"], ["no"]]


NETWORKS = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False),
    st.integers(min_value=0, max_value=2**32 - 1),
    st.integers(min_value=0, max_value=32),
)


@given(st.lists(NETWORKS, max_size=8), st.randoms())
def test_who_may_ask(networks: list[IPv4Network], random: Random) -> None:
    """Everybody is refused but the allowed networks, this machine and its loopback; order and doubles mean nothing."""
    text = unbound_configuration(replace(WHOLE, allowed=tuple(networks)), HERE)
    verdicts = dict(value.split() for value in values(text, "access-control"))
    own = {IPv4Network("127.0.0.0/8"), IPv4Network(HERE)}
    assert {net for net, verdict in verdicts.items() if verdict == "allow"} == {str(n) for n in {*networks, *own}}
    assert len(values(text, "access-control")) == len(verdicts)
    assert set(verdicts.values()) <= {"allow", "refuse"}
    assert (verdicts["0.0.0.0/0"] == "refuse") != (IPv4Network("0.0.0.0/0") in networks)
    shuffled = networks + networks[:1]
    random.shuffle(shuffled)
    assert unbound_configuration(replace(WHOLE, allowed=tuple(shuffled)), HERE) == text


CONFIGURATIONS = {
    "whole": WHOLE,
    "the least": Forwarding((), (), (), (), ()),
    "many": replace(
        WHOLE,
        private_zones=tuple(f"privatelink.z{number}.azure.net" for number in range(60)),
        on_premises_domains=("corp.test", "home.arpa", "plant.internal", "10.in-addr.arpa", "intranet"),
        allowed=tuple(IPv4Network(f"10.{number}.0.0/16") for number in range(200)),
    ),
    "everybody": replace(WHOLE, allowed=(IPv4Network("0.0.0.0/0"),)),
}


@pytest.mark.parametrize("forwarding", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_unbound_takes_it(forwarding: Forwarding, tmp_path: Path) -> None:
    """unbound-checkconf reads the whole file, and understands of it what was meant."""
    text = unbound_configuration(forwarding, IPv4Address("10.0.2.4"))
    file = written(tmp_path, "spokewright.conf", text)
    assert "no errors" in checked("unbound-checkconf", file, package="Debian's unbound")
    for option, wanted in (("interface", "10.0.2.4\n127.0.0.1\n"), ("cache-max-ttl", "60\n"), ("chroot", "\n")):
        assert checked("unbound-checkconf", "-o", option, file, package="Debian's unbound") == wanted
