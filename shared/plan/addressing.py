"""Where subnets lie, and which block of a hub's pool a spoke gets: decided by documents and what is taken alone.

Pure and deterministic, so that planning again finds the same addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared.model import addressing, conditions, naming
from shared.model.errors import Conflict
from shared.model.hub import SIZES

if TYPE_CHECKING:
    from shared.model.hub import Hub
    from shared.model.spoke import Spoke

SUBNETS = {
    "firewall": naming.FIREWALL_SUBNET,
    "firewall_management": naming.FIREWALL_MANAGEMENT_SUBNET,
    "bastion": naming.BASTION_SUBNET,
    "jump_server": naming.JUMP_SERVER_SUBNET,
}
"""Azure's names of the hub's subnets, by their field."""


def hub_subnets(hub: Hub) -> dict[str, IPv4Network]:
    """Return the prefixes of the subnets that the hub uses, by the subnets' names."""
    prefixes = {role: getattr(hub.spec.subnets, role) for role in SIZES if hub.spec.needs_subnet(role)}
    return {SUBNETS[role]: prefix for role, prefix in prefixes.items() if prefix is not None}


def spoke_space(spoke: Spoke) -> tuple[IPv4Network, ...]:
    """Return the spoke's address space: the given one, else the one that it was allocated; empty before that."""
    return tuple(IPv4Network(str(block)) for block in spoke.spec.address_space or spoke.status.address_space)


def spoke_subnets(spoke: Spoke) -> dict[str, IPv4Network]:
    """Return the prefixes of the spoke's own subnets by name; none for an adopted network or without a space."""
    space = spoke_space(spoke)
    if spoke.spec.adopted or not space:
        return {}
    placed = spoke.spec.layout(space).placed
    return {subnet.name: placed[subnet.name] for subnet in spoke.spec.subnets if subnet.name in placed}


def next_block(hub: Hub, taken: Mapping[str, Sequence[str]]) -> str:
    """Return the lowest free block of the hub's pool, given the others' blocks; raise Conflict where there is none."""
    pool, length = hub.spec.spoke_pool, hub.spec.spoke_prefix_length
    if pool is None:
        message = f"hub {hub.name} has no spokePool; give the spoke an addressSpace, or the hub a pool"
        raise Conflict(message, code=conditions.POOL_EXHAUSTED)
    occupied = [*hub.spec.address_space, *addressing.RESERVED, *_networks(taken)]
    block = addressing.first_free([pool], length, occupied)
    if block is None:
        message = f"the pool {pool} of hub {hub.name} has no free /{length}; delete spokes, or make the pool larger"
        raise Conflict(message, code=conditions.POOL_EXHAUSTED)
    return str(block)


def conflict(wanted: Iterable[str], taken: Mapping[str, Sequence[str]]) -> str | None:
    """Say which spoke holds what the wanted blocks overlap, or None where they are free."""
    for block in map(IPv4Network, wanted):
        for spoke, blocks in sorted(taken.items()):
            other = addressing.overlapping(block, map(IPv4Network, blocks))
            if other is not None:
                return f"{block} overlaps {other} of spoke {spoke}; use another address space"
    return None


def _networks(taken: Mapping[str, Sequence[str]]) -> list[IPv4Network]:
    return [IPv4Network(block) for blocks in taken.values() for block in blocks]
