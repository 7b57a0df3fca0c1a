"""A hub's pool of spoke address space: the next free block, and whether given blocks are taken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared.model import addressing, conditions
from shared.model.errors import Conflict

if TYPE_CHECKING:
    from shared.model.hub import Hub

Taken = Mapping[str, Iterable[str]]
"""Blocks by the spoke that holds them."""


def next_block(hub: Hub, taken: Taken) -> str:
    """Return the lowest free block of the hub's pool; raise Conflict where there is none."""
    pool, length = hub.spec.spoke_pool, hub.spec.spoke_prefix_length
    if pool is None:
        message = f"hub {hub.name} has no spokePool to take an address space from; give the spoke an addressSpace"
        raise Conflict(message, code=conditions.POOL_EXHAUSTED)
    held = [IPv4Network(block) for blocks in taken.values() for block in blocks]
    # A pool may lie around what Azure reserves, as 172.16.0.0/12 does.
    block = addressing.first_free([pool], length, [*held, *addressing.RESERVED])
    if block is None:
        message = f"the pool {pool} of hub {hub.name} has no free /{length} left; make it larger, or remove spokes"
        raise Conflict(message, code=conditions.POOL_EXHAUSTED)
    return str(block)


def conflict(wanted: list[str], taken: Taken) -> str | None:
    """Say which wanted block another spoke holds, or None."""
    for block in map(IPv4Network, wanted):
        for spoke, blocks in sorted(taken.items()):
            other = addressing.overlapping(block, map(IPv4Network, blocks))
            if other is not None:
                return f"{block} overlaps {other}, which spoke {spoke} holds; use another address space"
    return None
