"""Peerings: one state machine over both virtual networks.

First side Initiated / RemoteNotInSync, then both Connected / FullyInSync. Removing one side leaves the other
Disconnected; recreating fails until that one is written or removed too. `remoteAddressSpace` is what was last
synchronised, `remoteVirtualNetworkAddressSpace` what is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.addressing import address_space, overlap
from local.simulator.kinds.network import NetworkKind, check_provisioned, invalid_reference
from local.simulator.kinds.virtual_network import PEERINGS
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_MOST = 500
_LEVELS = {
    (True, True): "FullyInSync",
    (False, True): "LocalNotInSync",
    (True, False): "RemoteNotInSync",
    (False, False): "LocalAndRemoteNotInSync",
}


class Peerings(NetworkKind):
    """`Microsoft.Network/virtualNetworks/virtualNetworkPeerings`."""

    type = PEERINGS
    located = False
    defaults: ClassVar[Json] = {
        "allowVirtualNetworkAccess": True,
        "allowForwardedTraffic": False,
        "allowGatewayTransit": False,
        "useRemoteGateways": False,
        "doNotVerifyRemoteGateways": False,
        "peerCompleteVnets": True,
        "routeServiceVips": {},
    }
    read_only = frozenset(
        {"peeringState", "peeringSyncLevel", "remoteAddressSpace", "remoteVirtualNetworkAddressSpace", "remoteGateways"}
    )

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check the remote side, its address space, and what state its peering is in."""
        local = world.find(request.id.root)
        remote = _remote(world, request)
        if local is None:
            return
        check_provisioned(world, remote, request.id)
        others = [p for p in world.children(local.id, PEERINGS) if p.key != request.id.key]
        if existing is None and len(others) >= _MOST:
            raise ArmError(400, "PeeringLimitReached", f"A virtual network has {_MOST} peerings at most.", details=[])
        for other in others:
            _check_other(world, request, other, remote)
        _check_spaces(request, local, remote)
        back = counterpart(world, local.id, remote.id)
        if back is not None and back.properties.get("peeringState") == "Disconnected" and existing is None:
            raise ArmError(
                400,
                "RemotePeeringIsDisconnected",
                f"Cannot create or update peering {request.id} because remote peering {back.id} referencing parent "
                f"virtual network {local.id} is in Disconnected state. Update or re-create the remote peering to "
                "get it "
                "back to Initiated state. Peering gets Disconnected when remote vnet or remote peering is deleted and "
                "re-created.",
                details=[],
            )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Move the state machine of both sides."""
        kept = dict(existing.properties) if existing is not None else {}
        resource = super().compose(world, request, existing)
        properties = resource.properties
        remote = world.find(properties["remoteVirtualNetwork"]["id"])
        local = world.find(resource.id.root)
        if remote is None or local is None:
            raise invalid_reference(resource.id, resource.id.root)
        properties["resourceGuid"] = _joint_guid(local, remote)
        synchronise = request.query.get("syncremoteaddressspace", "").lower() == "true" or not kept
        space = remote.properties.get("addressSpace")
        properties["remoteAddressSpace"] = space if synchronise else kept.get("remoteAddressSpace", space)
        properties["peeringState"] = self._meet(world, local.id, remote.id)
        return resource

    def _meet(self, world: World, local: ResourceId, remote: ResourceId) -> str:
        back = counterpart(world, local, remote)
        if back is None or back.properties.get("peeringState") == "Disconnected":
            return "Initiated"
        if back.properties["peeringState"] != "Connected":
            back.properties["peeringState"] = "Connected"
            world.save(back)
        return "Connected"

    def computed(self, world: World, resource: Resource) -> Json:
        """Show how far both sides know each other's address space."""
        remote_id = ResourceId.of(resource.properties["remoteVirtualNetwork"]["id"])
        remote, local = world.find(remote_id), world.find(resource.id.root)
        current = remote.properties.get("addressSpace") if remote else None
        known = resource.properties.get("remoteAddressSpace")
        back = counterpart(world, resource.id.root, remote_id)
        own = local.properties.get("addressSpace") if local else None
        there = back is not None and back.properties.get("remoteAddressSpace") == own
        return {
            "peeringSyncLevel": _LEVELS[current is None or current == known, there],
            "remoteVirtualNetworkAddressSpace": current or known,
        }

    def removed(self, world: World, resource: Resource) -> None:
        """Leave the other side Disconnected."""
        remote = ResourceId.parse(resource.properties["remoteVirtualNetwork"]["id"])
        back = counterpart(world, resource.id.root, remote) if remote else None
        if back is not None:
            back.properties["peeringState"] = "Disconnected"
            world.save(back)


def counterpart(world: World, local: ResourceId, remote: ResourceId) -> Resource | None:
    """Find the remote network's peering that points back."""
    for peering in world.between(remote, local, PEERINGS):
        if peering.properties["remoteVirtualNetwork"]["id"].lower() == local.key:
            return peering
    return None


def _remote(world: World, request: Request) -> Resource:
    given = (request.body.get("properties") or {}).get("remoteVirtualNetwork") or {}
    remote_id = ResourceId.parse(str(given.get("id", "")))
    if remote_id is None:
        detail = {"code": "MissingJsonReferenceId", "message": "properties.remoteVirtualNetwork.id is required."}
        raise ArmError(400, "InvalidRequestFormat", "Cannot parse the request.", details=[detail])
    remote = world.find(remote_id)
    if remote is None:
        raise invalid_reference(request.id, remote_id)
    return remote


def _check_other(world: World, request: Request, other: Resource, remote: Resource) -> None:
    other_remote = other.properties["remoteVirtualNetwork"]["id"]
    if other_remote.lower() == remote.key:
        raise ArmError(
            400,
            "AnotherPeeringAlreadyReferencesRemoteVnet",
            f"Peering {request.id} cannot have remote virtual network {remote.id} because peering {other.id} already "
            "references it.",
            details=[],
        )
    peered = world.find(other_remote)
    clash = overlap(address_space(remote), address_space(peered)) if peered else []
    if clash:
        raise ArmError(
            400,
            "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
            f"Cannot create or update peering {request.id}. Remote virtual network {remote.id} has an address "
            "space that "
            f"overlaps with the address space of already peered virtual network {other_remote}. Overlapping address "
            f"prefixes: {', '.join(clash)}.",
            details=[],
        )


def _check_spaces(request: Request, local: Resource, remote: Resource) -> None:
    clash = overlap(address_space(local), address_space(remote))
    if clash:
        raise ArmError(
            400,
            "VnetAddressSpacesOverlap",
            f"Cannot create or update peering {request.id}. Virtual networks {local.id} and {remote.id} cannot be "
            "peered "
            f"because their address spaces overlap. Overlapping address prefixes: {', '.join(clash)}.",
            details=[],
        )


def _joint_guid(local: Resource, remote: Resource) -> str:
    """Both sides of a peering show one resourceGuid: the exclusive or of both networks' (seen in recordings)."""
    left, right = (UUID(str(vnet.properties["resourceGuid"])) for vnet in (local, remote))
    return str(UUID(int=left.int ^ right.int))
