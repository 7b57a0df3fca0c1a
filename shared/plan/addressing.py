"""Where the subnets of a hub and of a spoke lie. Pure and deterministic: planning again finds the same addresses."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared.model import naming
from shared.model.hub import SIZES

if TYPE_CHECKING:
    from shared.model.hub import Hub
    from shared.model.spoke import Spoke

SUBNETS = {
    "firewall": naming.FIREWALL_SUBNET,
    "firewall_management": naming.FIREWALL_MANAGEMENT_SUBNET,
    "bastion": naming.BASTION_SUBNET,
    "jump_server": naming.JUMP_SERVER_SUBNET,
    "dns_forwarder": naming.DNS_FORWARDER_SUBNET,
    "dns_inbound": naming.DNS_INBOUND_SUBNET,
    "dns_outbound": naming.DNS_OUTBOUND_SUBNET,
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
