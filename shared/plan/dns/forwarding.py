"""What a forwarder in the hub does with a name: private zones to Azure, on-premises domains home, the rest upstream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from shared.model.errors import Invalid, Problem
from shared.plan.dns.domains import domains

AZURE_DNS = IPv4Address("168.63.129.16")
"""Azure's own resolver. It answers inside a virtual network only, from the zones linked to that network."""

ROOT = "."
"""Every other name."""


@dataclass(frozen=True, slots=True)
class Route:
    """The servers that are asked for a domain and all below it; the longest domain wins."""

    domain: str
    servers: tuple[IPv4Address, ...]


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What a forwarder is told. Equal content gives equal configuration, byte by byte."""

    private_zones: tuple[str, ...]
    """To Azure's resolver: azmk8s.io, or the zones below it, and other private zones."""
    upstream: tuple[IPv4Address, ...]
    """For everything else; empty: Azure's resolver."""
    on_premises_domains: tuple[str, ...]
    on_premises_servers: tuple[IPv4Address, ...]
    allowed: tuple[IPv4Network, ...]
    """Who may ask."""


def routes(forwarding: Forwarding, address: IPv4Address) -> tuple[Route, ...]:
    """Return which servers the forwarder at `address` asks for what, the root last; refuse what cannot work."""
    zones = domains(forwarding.private_zones, "$.privateZones")
    homes = domains(forwarding.on_premises_domains, "$.onPremisesDomains")
    problems = list(_problems(forwarding, address, set(zones) & set(homes)))
    if problems:
        raise Invalid(problems)
    return (
        *(Route(zone, (AZURE_DNS,)) for zone in zones),
        *(Route(home, _once(forwarding.on_premises_servers)) for home in homes),
        Route(ROOT, _once(forwarding.upstream) or (AZURE_DNS,)),
    )


def _problems(forwarding: Forwarding, address: IPv4Address, both: set[str]) -> Iterator[Problem]:
    for name in sorted(both):
        yield Problem("$.onPremisesDomains", f"{name} is a private zone too; name it in one place")
    if forwarding.on_premises_domains and not forwarding.on_premises_servers:
        yield Problem("$.onPremisesServers", "is required with domains on-premises; name the servers that answer them")
    for path, servers in (("upstream", forwarding.upstream), ("onPremisesServers", forwarding.on_premises_servers)):
        if address in servers:
            yield Problem(f"$.{path}", f"{address} is the forwarder itself: names would go round in a circle")


def _once(servers: tuple[IPv4Address, ...]) -> tuple[IPv4Address, ...]:
    return tuple(dict.fromkeys(servers))
