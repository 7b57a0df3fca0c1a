"""On-premises: a company's BIND with the kit's text, in front of the hub's forwarder, both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from shared.plan import probe
from shared.plan.probe import Connection, Resolution
from tests.namespaces.laboratory import (
    ENDPOINT,
    FORWARDING,
    HUB,
    INTRANET,
    NAME,
    SERVER,
    SITE,
    UNCONDITIONAL,
    Laboratory,
    laboratory,
)


def _nothing(_: Laboratory) -> None:
    """Break nothing."""


@dataclass(frozen=True)
class Case:
    """One thing that is wrong, and what a machine on-premises sees of it."""

    resolution: Resolution
    connection: Connection = Connection.NO_NAME
    real: Callable[[Laboratory], object] = _nothing
    built: dict[str, Any] = field(default_factory=dict)
    site: dict[str, Any] = field(default_factory=dict)


HUB_ONLY = replace(FORWARDING, allowed=(IPv4Network(HUB),))

CASES = {
    "all is well": Case(Resolution.RESOLVED, Connection.OPEN),
    "the forwarder's network is not linked": Case(Resolution.NO_SUCH_NAME, built={"linked": ()}),
    "the forwarder is not running": Case(
        Resolution.SERVER_FAILED, real=lambda laboratory: laboratory["dns"].stop("unbound")
    ),
    "the forwarder refuses the site": Case(Resolution.SERVER_FAILED, built={"forwarding": HUB_ONLY}),
    "the forwarder forwards nothing to Azure": Case(
        Resolution.NO_SUCH_NAME,
        built={"forwarding": replace(UNCONDITIONAL, allowed=FORWARDING.allowed)},
    ),
    "DNSSEC was not told": Case(Resolution.SERVER_FAILED, site={"told": False}),
    "the site's own server is not running": Case(
        Resolution.NO_SERVER, real=lambda laboratory: laboratory["site"].stop("named")
    ),
    "443 is not open to the site": Case(
        Resolution.RESOLVED,
        Connection.TIMED_OUT,
        real=lambda laboratory: laboratory.cable.filter("ip saddr 192.168.10.0/24 tcp dport 443"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_proof_from_the_site(case: Case, tmp_path: Path) -> None:
    """A machine on-premises resolves and reaches the API server, or the real programs' words say what is wrong."""
    with laboratory(tmp_path, **case.built) as built:
        built.start_site(**case.site)
        case.real(built)
        seen = probe.read(built["site"].shell(*probe.script(NAME)))
    assert (seen.resolution, seen.connection) == (case.resolution, case.connection), seen.evidence
    resolves = probe.resolvable(seen, NAME, ENDPOINT)
    assert resolves.holds == (case.resolution is Resolution.RESOLVED)
    assert probe.reachable(seen, NAME).holds == (case.connection is Connection.OPEN)


@pytest.mark.parametrize("name", [INTRANET, "intranet.plant.test"], ids=["a company's name", "a reserved name"])
def test_names_on_premises_resolve_in_the_hub(name: str, tmp_path: Path) -> None:
    """The forwarder sends a company's domains home, also one below a name that unbound would answer for itself."""
    with laboratory(tmp_path) as built:
        built.start_site()
        assert built["jump"].run("dig", "+short", name).stdout == "192.168.10.80\n"


def test_a_site_that_is_away_stops_nothing_else(tmp_path: Path) -> None:
    """Names in Azure resolve while the servers on-premises do not answer."""
    with laboratory(tmp_path) as built:
        assert not built["jump"].answers(SITE, INTRANET)
        assert built["jump"].run("dig", "+short", NAME).stdout == f"{ENDPOINT}\n"


def test_what_the_kit_says_to_test(tmp_path: Path) -> None:
    """The lines that the kit tells people to type answer as it says, here and there."""
    with laboratory(tmp_path) as built:
        built.start_site()
        for server in (SERVER, "127.0.0.1"):
            printed = built["site"].shell(f"nslookup -type=SOA privatelink.westeurope.azmk8s.io {server}")
            assert "origin = azureprivatedns.net" in printed
