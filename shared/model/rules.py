"""Firewall rules as people write them, in a Hub or, for one cluster's egress, in a Cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.model.part import Fault, Part
from shared.model.values import Cidrs, Port, matching

RuleName = Annotated[
    str,
    matching(r"[A-Za-z0-9]([\w.-]*\w)?", "a rule name: use letters, digits and _ - . inside", longest=80),
]
Destination = Annotated[
    str,
    matching(
        r"\*|[A-Za-z][\w.]*|(\d{1,3}\.){3}\d{1,3}(/\d{1,2}|-(\d{1,3}\.){3}\d{1,3})?",
        "a destination; write an address, a range like 10.1.0.0/16, a service tag like AzureContainerRegistry, or *",
    ),
]
Fqdn = Annotated[
    str,
    matching(r"\*|(\*\.)?([A-Za-z0-9_-]+\.)+[A-Za-z0-9-]+", "a name such as mcr.microsoft.com or *.example.com"),
]
FqdnTag = Annotated[str, StringConstraints(min_length=1, pattern=r"^[A-Za-z0-9.]+$")]


class NetworkRule(Part):
    """Traffic let out by address, service tag or name."""

    name: RuleName
    sources: Cidrs = ()
    """Empty: the spokes."""
    destinations: tuple[Destination, ...] = ()
    """Addresses, ranges and service tags."""
    fqdns: tuple[Fqdn, ...] = ()
    """Names; they need `dnsProxy`."""
    ports: Annotated[tuple[Port, ...], Field(min_length=1)]
    """443, a range like 8000-8100, or `*`."""
    protocols: Annotated[tuple[Literal["TCP", "UDP", "ICMP", "Any"], ...], Field(min_length=1)] = ("TCP",)
    """One of them is enough."""

    def faults(self) -> Iterator[Fault]:
        """Judge that the rule goes either by address or by name."""
        if not self.destinations and not self.fqdns:
            yield (), "goes nowhere; add destinations (addresses, service tags) or fqdns"
        if self.destinations and self.fqdns:
            yield ("fqdns",), "a network rule has either destinations or fqdns; make two rules"


class ApplicationProtocol(Part):
    """A protocol and its port."""

    type: Literal["Http", "Https", "Mssql"]
    """What the firewall understands of it."""
    port: Annotated[int, Field(ge=1, le=64000)]
    """Where it listens."""


HTTPS = ApplicationProtocol(type="Https", port=443)


class ApplicationRule(Part):
    """Traffic let out by name or FQDN tag."""

    name: RuleName
    sources: Cidrs = ()
    """Empty: the spokes; of a cluster: its subnet."""
    fqdns: tuple[Fqdn, ...] = ()
    fqdn_tags: tuple[FqdnTag, ...] = ()
    """Azure's own lists of names, such as AzureKubernetesService."""
    protocols: Annotated[tuple[ApplicationProtocol, ...], Field(min_length=1)] = (HTTPS,)

    def faults(self) -> Iterator[Fault]:
        """Judge that the rule goes either by name or by tag."""
        if not self.fqdns and not self.fqdn_tags:
            yield (), "goes nowhere; add fqdns or fqdnTags"
        if self.fqdns and self.fqdn_tags:
            yield ("fqdnTags",), "an application rule has either fqdns or fqdnTags; make two rules"
