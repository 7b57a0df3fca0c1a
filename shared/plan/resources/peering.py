"""Peerings: one side each. Both sides are needed, and a side whose other half was deleted has to be made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired, link
from shared.plan.observed import properties as properties_of

if TYPE_CHECKING:
    from azure.mgmt.network.types import VirtualNetworkPeeringPropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json, Wait

TYPE = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"


def desired(
    peering: ResourceId,
    remote: ResourceId,
    have: Json | None,
    *,
    tells: tuple[str, ...] = (),
    blocked: Wait | None = None,
    follow: bool = True,
) -> Desired:
    """Return one side; `have` is what is there, because its state decides beside its members.

    `follow`: whether the side may learn of the remote network's present address space.
    """
    properties: VirtualNetworkPeeringPropertiesFormat = {
        "allowVirtualNetworkAccess": True,
        "allowForwardedTraffic": True,
        "allowGatewayTransit": False,
        "useRemoteGateways": False,
        "remoteVirtualNetwork": link(remote),
    }
    if follow and have is not None and sync_level(have) in OUT_OF_SYNC:
        # A member that is never so: it makes the difference that leads to a PUT, and every peering PUT syncs.
        properties["peeringSyncLevel"] = "FullyInSync"
    return Desired(
        peering,
        {"name": peering.name, "properties": properties},
        lock=peering.parent,
        tells=tells,
        broken=_broken(peering, have),
        blocked=blocked,
    )


OUT_OF_SYNC = ("localnotinsync", "localandremotenotinsync")


def sync_level(have: Json) -> str:
    """Return the peeringSyncLevel in lower case."""
    return str(properties_of(have).get("peeringSyncLevel", "")).lower()


def remote_space(have: Json) -> list[str]:
    """Return the remote network's present address space, as this side sees it."""
    bag = properties_of(have)
    space = bag.get("remoteVirtualNetworkAddressSpace") or bag.get("remoteAddressSpace") or {}
    return list(map(str, space.get("addressPrefixes") or ()))


def connected(have: Json | None) -> bool:
    """Say whether both sides stand and know each other's present address space."""
    if have is None:
        return False
    return str(properties_of(have).get("peeringState", "")).lower() == "connected" and sync_level(have) == "fullyinsync"


def disconnected(have: Json | None) -> bool:
    """Say whether the other side was deleted."""
    return have is not None and str(properties_of(have).get("peeringState", "")).lower() == "disconnected"


def _broken(peering: ResourceId, have: Json | None) -> str:
    if not disconnected(have):
        return ""
    return f"peering {peering.name} is Disconnected: its other side was deleted, so both have to be made anew"
