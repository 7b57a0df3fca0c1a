"""Arithmetic of address ranges: what is reserved, what overlaps, what is free, how subnets lie in a network.

Pure and deterministic: the same ranges in, the same answer out, whatever their order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

AKS_RESERVED = tuple(map(IPv4Network, ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")))
"""AKS uses them inside: neither pods nor services nor the networks that a cluster sees may have them."""

PLATFORM_RESERVED = tuple(
    map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4"))
)
"""No virtual network may have them: the loopback, Azure's own resolver, multicast, and what is no address at all."""

RESOLVER_RESERVED = (*(IPv4Network((f"10.0.{third}.0", 24)) for third in range(1, 16 + 1)),)
"""Where Azure's DNS Private Resolver can have no endpoint. Source: its documentation on subnets (read 2026-11)."""

RESERVED = (*AKS_RESERVED, *PLATFORM_RESERVED)

AZURE_KEEPS = 5
"""Addresses of each subnet that Azure keeps for itself."""


def reserved(network: IPv4Network) -> IPv4Network | None:
    """Return the reserved range that the network overlaps, if it does."""
    return next((range_ for range_ in RESERVED if range_.overlaps(network)), None)


def overlapping(network: IPv4Network, others: Iterable[IPv4Network]) -> IPv4Network | None:
    """Return the first of the others that overlaps the network, if one does."""
    return next((other for other in others if other.overlaps(network)), None)


def contains(space: Iterable[IPv4Network], network: IPv4Network) -> bool:
    """Say whether one range of the space holds the whole network."""
    return any(network.subnet_of(range_) for range_ in space)


def holds(space: Iterable[IPv4Network], address: IPv4Address) -> bool:
    """Say whether an address lies in a space."""
    return any(address in range_ for range_ in space)


def usable(subnet: IPv4Network) -> int:
    """Return how many addresses of a subnet are for its users."""
    return max(0, subnet.num_addresses - AZURE_KEEPS)


def first_free(space: Iterable[IPv4Network], length: int, taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """Return the lowest block of this prefix length, range by range of the space, that overlaps nothing taken."""
    occupied = sorted(taken)
    return next((block for range_ in space if (block := _first_free_in(range_, length, occupied))), None)


def _first_free_in(range_: IPv4Network, length: int, occupied: Sequence[IPv4Network]) -> IPv4Network | None:
    if length < range_.prefixlen:
        return None
    size = 1 << (32 - length)
    start, end = int(range_.network_address), int(range_.broadcast_address)
    for other in occupied:
        if int(other.broadcast_address) < start:
            continue
        if int(other.network_address) >= start + size:
            break
        start = -(-(int(other.broadcast_address) + 1) // size) * size
    return IPv4Network((IPv4Address(start), length)) if start + size - 1 <= end else None


@dataclass(frozen=True, slots=True)
class Want:
    """A subnet that should lie in a network: at this prefix, or anywhere with this length."""

    name: str
    prefix: IPv4Network | None = None
    length: int = 32
    required: bool = True
    """Whether it is a fault if there is no room."""
    avoid: tuple[IPv4Network, ...] = ()
    """Ranges in which it must not lie."""
    label: str = ""
    """What people call it; empty: its name."""


@dataclass(slots=True)
class Layout:
    """Where subnets lie, and by name what is wrong with those that cannot."""

    placed: dict[str, IPv4Network] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def lay_out(space: Sequence[IPv4Network], wants: Sequence[Want]) -> Layout:
    """Place subnets in an address space: the given prefixes first, then the others in their order, first fit."""
    layout = Layout()
    for want in wants:
        if want.prefix is not None:
            _fix(layout, space, want, want.prefix)
    for want in wants:
        if want.prefix is None:
            _find(layout, space, want)
    return layout


def text(networks: Iterable[IPv4Network]) -> str:
    """Return ranges as people read them."""
    return ", ".join(map(str, networks))


def _fix(layout: Layout, space: Sequence[IPv4Network], want: Want, prefix: IPv4Network) -> None:
    name, kept = want.name, overlapping(prefix, want.avoid)
    neighbour = next((other for other, place in layout.placed.items() if place.overlaps(prefix)), None)
    if not contains(space, prefix):
        layout.faults[name] = f"{prefix} does not lie in the address space {text(space)}"
    elif neighbour is not None:
        layout.faults[name] = f"{prefix} overlaps {layout.placed[neighbour]} of subnet {neighbour}"
    elif kept is not None and want.required:
        layout.faults[name] = f"{prefix} overlaps {kept}, which Azure keeps from such subnets"
    else:
        layout.placed[name] = prefix


def _find(layout: Layout, space: Sequence[IPv4Network], want: Want) -> None:
    block = first_free(space, want.length, (*layout.placed.values(), *want.avoid))
    if block is not None:
        layout.placed[want.name] = block
    elif want.required:
        kept = f" outside of {want.avoid[0]} to {want.avoid[-1]}, which Azure keeps," if want.avoid else ""
        what = f"subnet {want.label or want.name} (/{want.length})"
        layout.faults[want.name] = f"the address space {text(space)} has no room{kept} for {what}; make it larger"
