"""What a DNS server answers, with the chain of evidence that leads to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from local.simulator.topology.evidence import Chain

AZURE_DNS = IPv4Address("168.63.129.16")

Status = Literal["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "TIMEOUT"]
_NEXT_SERVER: frozenset[Status] = frozenset({"TIMEOUT", "SERVFAIL", "REFUSED"})


@dataclass(frozen=True, slots=True)
class Resolution:
    """A server's answer: addresses (NOERROR without any: the name has no A record), aliases on the way, evidence.

    `error` says how a server did not answer: nothing came back, or its machine said that nobody listens.
    """

    status: Status
    name: str
    server: IPv4Address = AZURE_DNS
    addresses: tuple[IPv4Address, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    chain: Chain = field(default=())
    error: Literal["timed out", "connection refused"] = "timed out"

    @property
    def found(self) -> bool:
        """Whether there is an address."""
        return bool(self.addresses)

    @property
    def failed(self) -> bool:
        """Whether whoever asked goes on to the next server."""
        return self.status in _NEXT_SERVER

    def through(self, server: IPv4Address, chain: Chain) -> Resolution:
        """Hand the answer on as another server's; of one that did not answer only a failure is left."""
        status: Status = "SERVFAIL" if self.status in {"TIMEOUT", "REFUSED"} else self.status
        return replace(self, status=status, server=server, chain=(*chain, *self.chain), error="timed out")


def inside(name: str, zone: str) -> bool:
    """Whether a name lies in a zone; every name lies in the root."""
    name, zone = name.lower().rstrip("."), zone.lower().rstrip(".")
    return not zone or name == zone or name.endswith("." + zone)
