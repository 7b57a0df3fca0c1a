"""One connection as rules see it, and whether a rule's words cover it: yes, no, or cannot be told from what was read.

A service tag, a group of addresses, a source that is known by its subnet only: each may or may not be covered. What
cannot be told never becomes a blame.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from shared.plan.diagnosis import bodies
from shared.plan.dns.forwarding import AZURE_DNS

__all__ = ["AZURE_DNS"]

Protocol = Literal["TCP", "UDP"]
Truth = bool | None
"""None: it cannot be told."""

DNS, HTTPS = 53, 443
EVERYTHING = IPv4Network("0.0.0.0/0")
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Flow:
    """A connection; the source is as wide as little is known of it, `host` the name that it is for."""

    source: IPv4Network
    destination: IPv4Address
    port: int
    protocol: Protocol
    host: str = ""

    @property
    def words(self) -> str:
        """What it is called in a message: `UDP 53 from 10.0.1.4 to 10.0.2.4`."""
        return f"{self.protocol} {self.port} {self._ends}"

    @property
    def needed(self) -> str:
        """What has to be allowed for it: answers that are long come by TCP, also where questions go by UDP."""
        protocols = "UDP and TCP" if self.port == DNS else self.protocol
        return f"{protocols} {self.port} {self._ends}"

    @property
    def _ends(self) -> str:
        return f"from {source_words(self.source)} to {self.destination}"


def source_words(source: IPv4Network) -> str:
    """Write a source: an address without its 32 bits."""
    return str(source.network_address) if source.prefixlen == source.max_prefixlen else str(source)


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return whether one of them holds."""
    found: Truth = False
    for truth in truths:
        if truth:
            return True
        found = None if truth is None else found
    return found


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return whether all of them hold."""
    found: Truth = True
    for truth in truths:
        if truth is False:
            return False
        found = None if truth is None else found
    return found


def single(address: IPv4Address) -> IPv4Network:
    """Return an address as the range that holds it alone."""
    return IPv4Network((address, 32))


def range_covers(text: str, wanted: IPv4Network) -> Truth:
    """Say whether `*`, an address, a prefix or `10.0.0.4-10.0.0.9` covers a range; None where only a part of it.

    A text of another form, such as a service tag, covers nothing here.
    """
    if text == "*":
        return True
    bounds = _bounds(text)
    if bounds is None:
        return False
    low, high = int(wanted.network_address), int(wanted.broadcast_address)
    if bounds[0] <= low and high <= bounds[1]:
        return True
    return None if bounds[0] <= high and low <= bounds[1] else False


def _bounds(text: str) -> tuple[int, int] | None:
    low, dash, high = text.partition("-")
    if dash:
        first, last = bodies.address(low.strip()), bodies.address(high.strip())
        return (int(first), int(last)) if first is not None and last is not None else None
    whole = bodies.prefix(text)
    return (int(whole.network_address), int(whole.broadcast_address)) if whole is not None else None


def is_range(text: str) -> bool:
    """Say whether a text is a range of addresses (IPv6 too), and not a name or a tag."""
    return text == "*" or ":" in text or _bounds(text) is not None


def held_by(wanted: IPv4Network, prefixes: Iterable[IPv4Network]) -> Truth:
    """Say whether one of the prefixes holds a range; None where only a part of it."""
    return any_of(range_covers(str(prefix), wanted) for prefix in prefixes)


def port_covered(ranges: Iterable[str], port: int) -> bool:
    """Say whether `*`, `443` or `8000-8100` covers a port."""
    for text in ranges:
        low, _, high = text.partition("-")
        first = bodies.number(low.strip(), HIGHEST_PORT + 1)
        if text == "*" or first <= port <= bodies.number(high.strip(), first):
            return True
    return False
