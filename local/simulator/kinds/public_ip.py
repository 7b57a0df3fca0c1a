"""Public IP addresses: allocated when static; a dynamic one gets its address once something holds it."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.network import NetworkKind, ip_configurations, linked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.simulator.answer import Request
    from local.simulator.world import World

NAT_GATEWAYS = "Microsoft.Network/natGateways"
_FIRST = int(IPv4Address("20.50.0.1"))
_RANGE = 1 << 20


class PublicAddresses(NetworkKind):
    """`Microsoft.Network/publicIPAddresses`."""

    type = "Microsoft.Network/publicIPAddresses"
    guid = True
    retry_after: ClassVar[dict[str, int]] = {"PUT": 1, "DELETE": 10}
    defaults: ClassVar[Json] = {"publicIPAddressVersion": "IPv4", "idleTimeoutInMinutes": 4, "ipTags": []}
    read_only = frozenset({"ipAddress", "ipConfiguration", "natGateway"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A standard address is static; zones and SKU stay."""
        del world
        sku = (request.body.get("sku") or {}).get("name", "Basic")
        method = (request.body.get("properties") or {}).get("publicIPAllocationMethod") or "Dynamic"
        if sku == "Standard" and method != "Static":
            raise ArmError(
                400,
                "StandardSkuPublicIPAddressesMustBeStatic",
                f"Standard sku publicIp {request.id} must have AllocationMethod set to Static.",
                details=[],
            )
        if sku != "Standard" and (request.body.get("sku") or {}).get("tier") == "Global":
            raise ArmError(
                400,
                "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress",
                "Global publicIP addresses are only supported for standard SKU public IP addresses. Public IP address "
                f"{request.id} is not standard SKU.",
                details=[],
            )
        if existing is None:
            return
        if (existing.body.get("zones") or []) != (request.body.get("zones") or []):
            raise ArmError(
                400,
                "ResourceAvailabilityZonesCannotBeModified",
                f"Resource {request.id} has an existing availability zone constraint "
                f"{', '.join(existing.body.get('zones') or [])} and the request has availability zone constraint "
                f"{', '.join(request.body.get('zones') or [])}, which do not match. Zones cannot be "
                "added/updated/removed "
                "once the resource is created. The resource cannot be updated from regional to zonal or vice-versa.",
                details=[],
            )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Fill in SKU, allocation method and the name that a label gives."""
        address = existing.properties.get("ipAddress") if existing else None
        resource = super().compose(world, request, existing)
        resource.body.setdefault("sku", {}).setdefault("name", "Basic")
        resource.body["sku"].setdefault("tier", "Regional")
        properties = resource.properties
        properties.setdefault("publicIPAllocationMethod", "Dynamic")
        if address:
            properties["ipAddress"] = address
        if resource.body["sku"]["name"] == "Standard":
            properties.setdefault("ddosSettings", {"protectionMode": "VirtualNetworkInherited"})
        label = (properties.get("dnsSettings") or {}).get("domainNameLabel")
        if label:
            properties["dnsSettings"]["fqdn"] = f"{label}.{resource.location}.cloudapp.azure.com"
        return resource

    def finish(self, world: World, resource: Resource) -> None:
        """Allocate a static address."""
        if resource.properties["publicIPAllocationMethod"] == "Static":
            resource.properties.setdefault("ipAddress", _allocate(world, resource))

    def computed(self, world: World, resource: Resource) -> Json:
        """Show what holds the address."""
        for user in world.referrers(resource.id):
            for held in ip_configurations(user.body, "publicIPAddress", resource.key):
                computed: Json = {"ipConfiguration": {"id": held}}
                if resource.properties["publicIPAllocationMethod"] == "Dynamic":
                    computed["ipAddress"] = _address(resource.key)
                return computed
        gateway = next(iter(linked(world, resource, NAT_GATEWAYS)), None)
        return {"natGateway": gateway} if gateway else {}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """An address goes only when nothing holds it."""
        for user in world.referrers(resource.id):
            if user.key in leaving:
                continue
            for held in _holds(user, resource):
                raise ArmError(
                    400,
                    "PublicIPAddressCannotBeDeleted",
                    f"Public IP address {resource.id} can not be deleted since it is still allocated to resource "
                    f"{held}. "
                    "In order to delete the public IP, disassociate/detach the Public IP address from the resource. To "
                    "learn how to do this, see aka.ms/deletepublicip.",
                    details=[],
                )


def _holds(user: Resource, address: Resource) -> Iterator[str]:
    """Find by what a resource holds an address: its IP configurations, or itself where it is a NAT gateway."""
    if user.id.type == NAT_GATEWAYS:
        yield str(user.id)
    yield from ip_configurations(user.body, "publicIPAddress", address.key)


def _allocate(world: World, resource: Resource) -> str:
    scope = f"/subscriptions/{resource.id.subscription}"
    taken = {found.properties.get("ipAddress") for found in world.under(scope, PublicAddresses.type)}
    attempt = 0
    while (address := _address(f"{resource.key}|{attempt or ''}")) in taken:
        attempt += 1
    return address


def _address(seed: str) -> str:
    """Pick an address that looks like Azure's, the same for the same seed in every run."""
    number = 0
    for letter in seed:
        number = (number * 131 + ord(letter)) % _RANGE
    return str(IPv4Address(_FIRST + number))
