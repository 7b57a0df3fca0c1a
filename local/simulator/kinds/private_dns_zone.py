"""Private DNS zones: an SOA record of their own, counters, and no removal while a VNet is linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.private_dns import LINK_TYPE, ZONE_TYPE, AcceptedFirst

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.resource import ResourceId
    from local.simulator.world import World

_LIMITS = {
    "maxNumberOfRecordSets": 25000,
    "maxNumberOfVirtualNetworkLinks": 1000,
    "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
}
_SOA = {
    "email": "azureprivatedns-host.microsoft.com",
    "expireTime": 2419200,
    "host": "azureprivatedns.net",
    "minimumTtl": 10,
    "refreshTime": 3600,
    "retryTime": 300,
    "serialNumber": 1,
}


class PrivateDnsZones(AcceptedFirst):
    """`Microsoft.Network/privateDnsZones/{name}`; global."""

    type = ZONE_TYPE
    etag_format = "{}"

    def describe(self, request: Request) -> str:
        """Name the zone."""
        return f"The Zone {request.id.name}"

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A zone lives nowhere in particular."""
        del world, existing
        location = request.body.get("location")
        if location != "global":
            raise ArmError(
                400,
                "LocationNotAvailableForResourceType",
                f"The provided location '{location}' is not available for resource type "
                "'Microsoft.Network/privateDnsZones'. List of available regions for the resource type is 'global'.",
            )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Nothing of a zone's properties is the caller's."""
        resource = super().compose(world, request, existing)
        resource.body["properties"] = {}
        return resource

    def finish(self, world: World, resource: Resource) -> None:
        """Give a new zone its SOA record."""
        add_soa(world, resource.id)

    def render(self, world: World, resource: Resource) -> Json:
        """Show the zone with its counters."""
        document = super().render(world, resource)
        children = world.children(resource.id)
        links = [child for child in children if child.id.type == LINK_TYPE]
        registering = [link for link in links if link.properties.get("registrationEnabled")]
        document["properties"] = {
            **_LIMITS,
            "numberOfRecordSets": len(children) - len(links),
            "numberOfVirtualNetworkLinks": len(links),
            "numberOfVirtualNetworkLinksWithRegistration": len(registering),
            **resource.properties,
        }
        return document

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A zone goes after its links; a group takes both along."""
        links = [link for link in world.children(resource.id, LINK_TYPE) if link.key not in leaving]
        if links:
            path = f"Microsoft.Network/privateDnsZones/{resource.name}/virtualNetworkLinks/{links[0].name}"
            raise ArmError(
                409,
                "CannotDeleteResource",
                "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
                f"'{path}'. Please delete all nested resources before deleting this resource.",
            )


def add_soa(world: World, zone: ResourceId) -> None:
    """Make the SOA record set of a zone if it is missing."""
    soa = zone.child("SOA", "@")
    if world.find(soa) is None:
        world.save(Resource(soa, {"properties": {"ttl": 3600, "soaRecord": dict(_SOA)}}))
