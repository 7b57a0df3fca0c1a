"""The jump server's proof: what real programs say, how it is read, and that the simulator would have said the same."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.simulator.topology import run_script
from local.simulator.topology.commands import Machine
from shared.plan import probe
from shared.plan.cloud_init.forwarder import forwarder
from shared.plan.probe import Connection, Probe, Resolution
from tests.namespaces.laboratory import (
    ENDPOINT,
    FORWARDING,
    HUB,
    INTERNET,
    NAME,
    SERVER,
    SPOKE,
    UNCONDITIONAL,
    Laboratory,
    laboratory,
)
from tests.simulator.topology.world import Landscape, hub_and_spoke

if TYPE_CHECKING:
    from shared.plan.dns.forwarding import Forwarding

PUBLIC = IPv4Address("9.9.9.9")
SHORT = {"seconds": 1}
"""Where nobody will answer."""


def _nothing(_: object) -> None:
    """Break nothing."""


@dataclass(frozen=True)
class Case:
    """One thing that is wrong: made so with real programs, made so in the simulator, and what the proof says."""

    resolution: Resolution
    connection: Connection
    words: str
    real: Callable[[Laboratory], object] = _nothing
    simulated: Callable[[Landscape], object] = _nothing
    built: dict[str, Any] = field(default_factory=dict)
    forwarding: Forwarding = FORWARDING
    linked: tuple[str, ...] = ("hub", "spoke")


def _power_off(land: Landscape) -> None:
    next(m for m in land.of_type("Microsoft.Compute/virtualMachines") if m.name == "dns").state["power"] = "deallocated"


def _no_server(land: Landscape) -> None:
    next(m for m in land.of_type("Microsoft.Compute/virtualMachines") if m.name == "dns").state.pop("customData")


def _closed(land: Landscape, subnet: str, direction: str, protocol: str, port: str) -> None:
    rule = {"priority": 100, "direction": direction, "access": "Deny", "protocol": protocol}
    anywhere = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": port}
    land.guard("hub", subnet, rule | anywhere)


CASES = {
    "all is well": Case(Resolution.RESOLVED, Connection.OPEN, "answers the jump server"),
    "the hub is not linked": Case(
        Resolution.NO_SUCH_NAME,
        Connection.NO_NAME,
        "link the private DNS zone to the virtual network of its DNS server",
        built={"linked": (SPOKE,)},
        linked=("spoke",),
    ),
    "the forwarder is off": Case(
        Resolution.NO_SERVER,
        Connection.NO_NAME,
        "no DNS server answered",
        built=SHORT,
        real=lambda laboratory: laboratory["dns"].off(),
        simulated=_power_off,
    ),
    "unbound is not running": Case(
        Resolution.NO_SERVER,
        Connection.NO_NAME,
        "no DNS server answered",
        built=SHORT | {"forwards": False},
        simulated=_no_server,
    ),
    "no route to the forwarder": Case(
        Resolution.NO_SERVER,
        Connection.NO_NAME,
        "no DNS server answered",
        built=SHORT,
        real=lambda laboratory: laboratory.cable.black_hole(f"{SERVER}/32"),
        simulated=lambda land: land.route("hub", "jump", f"{SERVER}/32", "None"),
    ),
    "port 53 is closed": Case(
        Resolution.NO_SERVER,
        Connection.NO_NAME,
        "no DNS server answered",
        built=SHORT,
        real=lambda laboratory: laboratory.cable.filter(f"ip daddr {SERVER} udp dport 53"),
        simulated=lambda land: _closed(land, "dns", "Inbound", "Udp", "53"),
    ),
    "who asks is not allowed": Case(
        Resolution.REFUSED,
        Connection.NO_NAME,
        "refuses to answer this network",
        forwarding=replace(FORWARDING, allowed=(IPv4Network(SPOKE),)),
    ),
    "the server forwards nothing to Azure": Case(
        Resolution.NO_SUCH_NAME, Connection.NO_NAME, "is not known there", forwarding=UNCONDITIONAL
    ),
    "no route to the cluster": Case(
        Resolution.RESOLVED,
        Connection.TIMED_OUT,
        "look at the peering, the routes and the network security groups",
        real=lambda laboratory: laboratory.cable.black_hole(SPOKE),
        simulated=lambda land: land.route("hub", "jump", f"{ENDPOINT}/32", "None"),
    ),
    "port 443 is closed": Case(
        Resolution.RESOLVED,
        Connection.TIMED_OUT,
        "look at the peering, the routes and the network security groups",
        real=lambda laboratory: laboratory.cable.filter("tcp dport 443"),
        simulated=lambda land: _closed(land, "jump", "Outbound", "Tcp", "443"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_proof_says_what_is_wrong(case: Case, tmp_path: Path) -> None:
    """Real programs' words are read as what was done, the message names it, and the simulator agrees."""
    with laboratory(tmp_path, forwarding=case.forwarding, **case.built) as built:
        case.real(built)
        seen = probe.read(built["jump"].shell(*probe.script(NAME)))
    assert (seen.resolution, seen.connection) == (case.resolution, case.connection), seen.evidence
    assert case.words in judged(seen)
    assert outcome(seen) == outcome(simulated(case))


def test_nothing_listens(tmp_path: Path) -> None:
    """A port without a listener refuses, which is not a time-out."""
    with laboratory(tmp_path, listens=False) as built:
        seen = probe.read(built["jump"].shell(*probe.script(NAME)))
    assert (seen.resolution, seen.connection) == (Resolution.RESOLVED, Connection.REFUSED)
    assert "refuses connections" in judged(seen)


def test_a_machine_without_a_listener_refuses_in_the_simulator_too(tmp_path: Path) -> None:
    """Port 443 of the forwarder, on which nothing listens, ends alike for both."""
    line = f"nc -z -v -w 5 {SERVER} 443 2>&1"
    with laboratory(tmp_path) as built:
        printed = built["jump"].shell(line)
    land = landscape(CASES["all is well"])
    assert run_script(Machine(land, land.at("jump"), stub=False), [line]).stdout == printed


def judged(seen: Probe) -> str:
    """Return the words of the first finding that does not hold, else of the last."""
    resolvable = probe.resolvable(seen, NAME, ENDPOINT)
    return resolvable.message if not resolvable.holds else probe.reachable(seen, NAME).message


def outcome(seen: Probe) -> tuple[object, ...]:
    """Return what has to be equal, whoever saw it."""
    return seen.resolution, seen.addresses, seen.resolver, seen.connection


def landscape(case: Case) -> Landscape:
    """Return the simulated hub and spoke with the forwarder, its custom data as it would be in Azure."""
    land = hub_and_spoke(linked=case.linked)
    # The simulator knows real public resolvers only, and a test asks none of those, not even in a namespace.
    upstream = tuple(PUBLIC if server == INTERNET else server for server in case.forwarding.upstream)
    custom_data = forwarder(replace(case.forwarding, upstream=upstream), SERVER)
    land.machine("dns", "hub", "dns", str(SERVER)).state["customData"] = base64.b64encode(custom_data.encode()).decode()
    hub = land.resources[land.vnet_id("hub").lower()].properties
    assert hub["addressSpace"]["addressPrefixes"] == [HUB]
    hub["dhcpOptions"] = {"dnsServers": [str(SERVER)]}
    return land


def simulated(case: Case) -> Probe:
    """Return what the simulated jump server sees."""
    land = landscape(case)
    case.simulated(land)
    output = run_script(Machine(land, land.at("jump"), stub=False), probe.script(NAME))
    return probe.read(output.stdout + output.stderr)
