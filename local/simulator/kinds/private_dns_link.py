"""Virtual network links: which VNets a private zone answers in. One zone of a name per VNet, one link per pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import ArmError, Resource
from local.simulator.kinds.private_dns import LINK_TYPE, AcceptedFirst

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.resource import ResourceId
    from local.simulator.world import World


class PrivateDnsLinks(AcceptedFirst):
    """`Microsoft.Network/privateDnsZones/{zone}/virtualNetworkLinks/{name}`."""

    type = LINK_TYPE
    etag_format = '"{}"'

    def describe(self, request: Request) -> str:
        """Name the link and its zone."""
        zone, link = request.id.names
        return f"The Virtual Network link '{link}' for the Private DNS zone '{zone}'"

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A link needs a VNet, and keeps it; a locked node resource group takes none."""
        check_unlocked(world, request)
        target = vnet_of_link(request.body.get("properties"))
        if not target and existing is None:
            raise bad_request("The resource record is missing field 'virtualNetwork'.")
        if existing is not None and target and target.lower() != vnet_of_link(existing.properties).lower():
            raise bad_request(f"The virtual network of link '{existing.name}' cannot be changed.")
        if existing is None and world.find(target) is None:
            raise bad_request(f"The virtual network '{target}' was not found.")

    def refusal(self, world: World, request: Request, existing: Resource | None) -> ArmError | None:
        """What fails only in the operation: preconditions first, then other links of the same VNet."""
        refused = self.precondition(request, existing)
        if refused is not None:
            return refused
        properties = request.body.get("properties") or {}
        target = vnet_of_link(properties) or (vnet_of_link(existing.properties) if existing else "")
        zone = request.id.parent
        return find_overlap(world, zone, request.id, target, properties) if zone else None

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Add what a link has by default."""
        before = dict(existing.properties) if existing else {}
        resource = super().compose(world, request, existing)
        if "virtualNetwork" not in resource.properties and "virtualNetwork" in before:
            resource.properties["virtualNetwork"] = before["virtualNetwork"]
        resource.properties.setdefault("registrationEnabled", False)
        resource.properties["virtualNetworkLinkState"] = "InProgress" if existing is None else "Completed"
        if request.api_version >= "2024-06-01":
            resource.properties.setdefault("resolutionPolicy", "Default")
        resource.body.setdefault("location", "global")
        return resource

    def finish(self, world: World, resource: Resource) -> None:
        """From now on the zone answers in the VNet."""
        del world
        resource.properties["virtualNetworkLinkState"] = "Completed"


def check_unlocked(world: World, request: Request) -> None:
    """Refuse a write into a node resource group whose cluster keeps it read-only (deny assignment; unverified)."""
    group = world.find(request.id.group_id) if request.id.group_id else None
    cluster = world.find(str(group.body.get("managedBy", ""))) if group else None
    profile = (cluster.properties.get("nodeResourceGroupProfile") or {}) if cluster else {}
    if profile.get("restrictionLevel") == "ReadOnly":
        raise ArmError(
            403,
            "DenyAssignmentAuthorizationFailed",
            f"The client with object id '{request.caller.object_id}' has permission to perform action "
            f"'{LINK_TYPE}/write' on scope '{request.id}'; however, the access is denied because of the deny "
            "assignment with name 'AKS node resource group lockdown'.",
        )


def vnet_of_link(properties: object) -> str:
    """Read which VNet a link is for, empty where it says none."""
    if not isinstance(properties, dict):
        return ""
    return str((properties.get("virtualNetwork") or {}).get("id") or "")


def find_overlap(world: World, zone: ResourceId, link: ResourceId, vnet: str, properties: object) -> ArmError | None:
    """Refuse a second link of a pair, a second zone of the same name, and a second zone with registration."""
    registering = isinstance(properties, dict) and bool(properties.get("registrationEnabled"))
    for other in world.referrers(vnet, LINK_TYPE):
        other_zone = other.id.parent
        if other.key == link.key or other_zone is None or other.provisioning_state == "Deleting":
            continue
        if vnet_of_link(other.properties).lower() != vnet.lower():
            continue
        if other_zone.key == zone.key:
            message = f"Private zone '{zone.name}' is already linked to the virtual network '{vnet}'."
            return ArmError(409, "Conflict", message)
        if other_zone.name.lower() == zone.name.lower():
            return ArmError(
                400,
                "BadRequest",
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link "
                f"virtual network with '{zone.name}' and '{other_zone.name}' zones.",
            )
        if registering and other.properties.get("registrationEnabled"):
            return ArmError(
                409,
                "Conflict",
                f"Virtual network '{vnet}' is already linked to zone '{other_zone.name}' with registration enabled.",
            )
    return None


def bad_request(message: str) -> ArmError:
    """Build the provider's refusal of a malformed body."""
    return ArmError(400, "BadRequest", message)
