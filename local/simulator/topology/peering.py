"""Which VNets a VNet reaches directly, and what a missing or half-made peering means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.simulator.resource import Json, ResourceId
from local.simulator.topology.view import PEERING, address_space, networks, reference

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from local.simulator.topology.view import View


@dataclass(frozen=True, slots=True)
class Peering:
    """One side of a peering; `usable` says whether both sides are Connected and let traffic in."""

    name: str
    vnet: str
    remote: str
    prefixes: tuple[IPv4Network, ...]
    allows_forwarded: bool
    usable: bool
    detail: str


def peerings_of(view: View, vnet: str) -> list[Peering]:
    """List the peerings of a VNet with what their other side says."""
    parsed = ResourceId.parse(vnet)
    if parsed is None:
        return []
    return [_read(view, vnet, child.name, child.properties) for child in view.children(parsed, PEERING)]


def peering_between(view: View, vnet: str, remote: str) -> Peering | None:
    """Find the side of a peering that lies in one VNet and points to the other."""
    return next((p for p in peerings_of(view, vnet) if p.remote == remote.lower()), None)


def _read(view: View, vnet: str, name: str, properties: Json) -> Peering:
    remote = reference(properties, "remoteVirtualNetwork").lower()
    space = properties.get("remoteVirtualNetworkAddressSpace") or properties.get("remoteAddressSpace") or {}
    prefixes = networks(space.get("addressPrefixes"))
    far = view.get(remote)
    if not prefixes and far is not None:
        prefixes = address_space(far)
    detail = _obstacle(view, vnet, remote, name, properties)
    return Peering(
        name=name,
        vnet=vnet,
        remote=remote,
        prefixes=tuple(prefixes),
        allows_forwarded=bool(properties.get("allowForwardedTraffic")),
        usable=not detail,
        detail=detail or f"peering '{name}' is Connected on both sides",
    )


def _obstacle(view: View, vnet: str, remote: str, name: str, properties: Json) -> str:
    state = properties.get("peeringState")
    if state != "Connected":
        return f"peering '{name}' is {state}, not Connected"
    if properties.get("allowVirtualNetworkAccess") is False:
        return f"peering '{name}' has allowVirtualNetworkAccess false"
    parsed = ResourceId.parse(remote)
    other_side = view.children(parsed, PEERING) if parsed else []
    for other in other_side:
        if reference(other.properties, "remoteVirtualNetwork").lower() == vnet.lower():
            if other.properties.get("peeringState") != "Connected":
                return f"the other side, '{other.name}', is {other.properties.get('peeringState')}"
            if other.properties.get("allowVirtualNetworkAccess") is False:
                return f"the other side, '{other.name}', has allowVirtualNetworkAccess false"
            return ""
    return f"peering '{name}' has no other side in {remote}"
