"""What keeps traffic from crossing the peering of two networks: it needs both sides, connected, open and in sync."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from shared.plan import words
from shared.plan.diagnosis.link import BrokenLink, Diagnosis

if TYPE_CHECKING:
    from shared.plan.diagnosis.networks import Network, Peering

DISCONNECTED = "disconnected"


def usable(one: Network, other: Network | None, side: Peering) -> bool:
    """Say whether traffic crosses by this side of a peering, whose other network may not have been read."""
    if not side.connected:
        return False
    back = other.towards(one.id) if other is not None else None
    return other is None or (back is not None and back.connected)


def obstacle(one: Network, other: Network, address: IPv4Address) -> Diagnosis | None:
    """Return what keeps traffic from `one` network from crossing to an address in the `other` that is peered."""
    sides = [(one, other, one.towards(other.id)), (other, one, other.towards(one.id))]
    standing = [side for _, _, side in sides if side is not None]
    if not standing:
        return _missing(one, other)
    for side in standing:
        if side.state not in {"connected", ""}:
            return _not_connected(one, other, side)
    for near, far, found in sides:
        if found is None:
            return _half(near, far)
    for side in standing:
        if not side.access:
            return _closed(side)
    return _out_of_sync(one, other, address)


def _missing(one: Network, other: Network) -> Diagnosis:
    return Diagnosis(
        BrokenLink.PEERING_MISSING,
        f"{one.words} and {other.words} are not peered",
        f"add a peering on both: on {one.id.name} to {other.id.name}, and on {other.id.name} to {one.id.name}",
    )


def _not_connected(one: Network, other: Network, side: Peering) -> Diagnosis:
    near, far = (one, other) if side.remote.key == other.id.key else (other, one)
    where = f"{words.name(side.id)} of {near.words}"
    if side.state == DISCONNECTED:
        return Diagnosis(
            BrokenLink.PEERING_NOT_CONNECTED,
            f"{where} is Disconnected: its other side, on {far.words}, was deleted",
            f"delete {where}, then make both sides anew",
        )
    return Diagnosis(
        BrokenLink.PEERING_NOT_CONNECTED,
        f"{where} is {side.state.capitalize()}, not Connected: its other side, on {far.words}, is not there yet",
        f"add a peering on {far.words} to {near.words}",
    )


def _half(near: Network, far: Network) -> Diagnosis:
    return Diagnosis(
        BrokenLink.PEERING_NOT_CONNECTED,
        f"{near.words} has no peering to {far.words}, which has one of its own",
        f"delete the peering on {far.words}, then make both sides anew",
    )


def _closed(side: Peering) -> Diagnosis:
    return Diagnosis(
        BrokenLink.PEERING_CLOSED,
        f"{words.name(side.id)} of virtual network {side.id.parent.name} has allowVirtualNetworkAccess off, "
        "so nothing passes it",
        f"set allowVirtualNetworkAccess to true on {words.name(side.id)}",
    )


def _out_of_sync(one: Network, other: Network, address: IPv4Address) -> Diagnosis | None:
    """The routes of a peering are made from the address space that was synchronised, not from the present one."""
    side = one.towards(other.id)
    if side is None or not side.known or any(address in prefix for prefix in side.known) or not other.holds(address):
        return None
    return Diagnosis(
        BrokenLink.PEERING_NOT_IN_SYNC,
        f"{words.name(side.id)} of {one.words} does not know the present address space of {other.words}, "
        f"in which {address} is",
        f"synchronise {words.name(side.id)}: write it again with syncRemoteAddressSpace=true",
    )


def refuses_forwarded(middle: Network, target: Network) -> Diagnosis | None:
    """Return that a network takes nothing which the network in the `middle` only passes on."""
    side = target.towards(middle.id)
    if side is None or side.forwarded:
        return None
    return Diagnosis(
        BrokenLink.PEERING_REFUSES_FORWARDED,
        f"{words.name(side.id)} of {target.words} has allowForwardedTraffic off, so {target.id.name} refuses what the "
        f"firewall in {middle.id.name} passes on",
        f"set allowForwardedTraffic to true on {words.name(side.id)}",
    )
