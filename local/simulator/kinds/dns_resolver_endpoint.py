"""Endpoints of a DNS resolver: one that listens in a subnet, one that asks others from a subnet.

A subnet serves one endpoint: /28 to /24, delegated, with nothing else in it, and outside of 10.0.1.0 to 10.0.16.255.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.addressing import check_address, free_address, subnet_prefixes
from local.simulator.kinds.dns_resolver import (
    DELEGATION,
    INBOUND_TYPE,
    OUTBOUND_TYPE,
    ResolverKind,
    reference,
    refuse,
)
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_SMALLEST, _LARGEST = 28, 24
# Documented with the service, and named in the error that users get.
_RESERVED = tuple(IPv4Network(f"10.0.{third}.0/24") for third in range(1, 17))
_NOT_USERS = ("microsoft.authorization/", "microsoft.resources/")
_RULESETS = "Microsoft.Network/dnsForwardingRulesets"


class _Endpoints(ResolverKind):
    """`Microsoft.Network/dnsResolvers/{name}/...Endpoints/{name}`."""

    direction: ClassVar[str]

    def subnets(self, properties: Json) -> list[str]:
        """List the subnets that the properties name."""
        return [reference(properties, "subnet")]

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """The subnet is there, in the resolver's network, and stays. The words are made up."""
        self.check_location(world, request)
        named = self.subnets(request.body.get("properties") or {})
        if len({name.lower() for name in named}) != 1:
            raise refuse(400, "BadRequest", f"The {self.direction} endpoint '{request.id.name}' needs one subnet.")
        subnet = world.find(named[0])
        resolver = world.find(request.id.root)
        network = reference(resolver.properties, "virtualNetwork") if resolver else ""
        if subnet is None or subnet.id.parent is None:
            raise refuse(400, "BadRequest", f"The subnet '{named[0]}' was not found.")
        if subnet.id.parent.key != network.lower():
            raise refuse(
                400,
                "BadRequest",
                f"The subnet '{subnet.id}' does not belong to the virtual network '{network}' of the DNS resolver.",
            )
        if existing is not None and self.subnets(existing.properties)[0].lower() != subnet.key:
            raise refuse(
                409, "Conflict", f"The subnet of the {self.direction} endpoint '{existing.name}' cannot be changed."
            )

    def check_location(self, world: World, request: Request) -> None:
        """An endpoint is where its resolver is."""
        resolver = world.find(request.id.root)
        given = str(request.body.get("location") or "").replace(" ", "").lower()
        if not given:
            raise refuse(400, "LocationRequired", "The location property is required for this definition.")
        if resolver is not None and given != resolver.location:
            raise refuse(
                400,
                "BadRequest",
                f"The {self.direction} endpoint '{request.id.name}' must be in the region of its DNS resolver.",
            )

    def refusal(self, world: World, resource: Resource) -> ArmError | None:
        """Refuse a subnet that cannot serve, in the words that users met."""
        subnet = world.find(self.subnets(resource.properties)[0])
        if subnet is not None and is_fit(world, subnet, resource):
            return None
        reserved = ";".join(str(prefix) for prefix in _RESERVED)
        return refuse(
            400,
            "BadRequest",
            f"The specified subnet {self.subnets(resource.properties)[0]} could not be used to provision the "
            f"{self.direction} endpoint. Please make sure you use a subnet of at least /28 and at most /24 size, which "
            "is not currently in use by any other DNS resolver endpoint or any other Azure service workloads, and does "
            f"not collide with the reserved subnet spaces of '{reserved}'.",
        )


class InboundEndpoints(_Endpoints):
    """`Microsoft.Network/dnsResolvers/{name}/inboundEndpoints/{name}`."""

    type = INBOUND_TYPE
    direction = "inbound"

    def subnets(self, properties: Json) -> list[str]:
        """List the subnet of each IP configuration; their properties are not nested, as they are elsewhere."""
        return [reference(each, "subnet") for each in properties.get("ipConfigurations") or ()]

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A static address is given, a dynamic one is not."""
        super().validate(world, request, existing)
        for configuration in request.body["properties"]["ipConfigurations"]:
            wanted = configuration.get("privateIpAddress")
            if _is_static(configuration) and not _is_address(wanted):
                raise refuse(400, "BadRequest", "A static IP configuration needs a valid privateIpAddress.")

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """A dynamic address is Azure's: the one it had stays."""
        held = _addresses(existing) if existing else []
        resource = super().compose(world, request, existing)
        for at, configuration in enumerate(resource.properties["ipConfigurations"]):
            configuration.setdefault("privateIpAllocationMethod", "Dynamic")
            if not _is_static(configuration):
                configuration.pop("privateIpAddress", None)
                if at < len(held) and held[at]:
                    configuration["privateIpAddress"] = held[at]
        return resource

    def refusal(self, world: World, resource: Resource) -> ArmError | None:
        """Judge the static address too."""
        refused = super().refusal(world, resource)
        if refused is not None:
            return refused
        for configuration in resource.properties["ipConfigurations"]:
            subnet = world.find(reference(configuration, "subnet"))
            if subnet is None or not _is_static(configuration):
                continue
            try:
                check_address(world, subnet, configuration["privateIpAddress"], resource.id)
            except ArmError as error:
                return error
        return None

    def finish(self, world: World, resource: Resource) -> None:
        """Give out the dynamic addresses."""
        super().finish(world, resource)
        for configuration in resource.properties["ipConfigurations"]:
            subnet = ResourceId.of(reference(configuration, "subnet"))
            if not configuration.get("privateIpAddress"):
                configuration["privateIpAddress"] = free_address(world, subnet)


class OutboundEndpoints(_Endpoints):
    """`Microsoft.Network/dnsResolvers/{name}/outboundEndpoints/{name}`."""

    type = OUTBOUND_TYPE
    direction = "outbound"

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """An outbound endpoint goes after the rulesets that use it (documented; the words are made up)."""
        for ruleset in world.referrers(resource.id, _RULESETS):
            if ruleset.key not in leaving and ruleset.provisioning_state != "Deleting":
                raise refuse(
                    409,
                    "Conflict",
                    f"The outbound endpoint '{resource.id}' is used by the DNS forwarding ruleset '{ruleset.id}' and "
                    "cannot be deleted.",
                )


def is_fit(world: World, subnet: Resource, endpoint: Resource) -> bool:
    """Whether a subnet can serve an endpoint; whether Azure insists on the delegation is contradictory [?]."""
    prefixes = subnet_prefixes(subnet)
    sized = len(prefixes) == 1 and _LARGEST <= prefixes[0].prefixlen <= _SMALLEST
    inside = any(isinstance(p, IPv4Network) and p.overlaps(r) for p in prefixes for r in _RESERVED)
    return sized and not inside and is_delegated(subnet.properties) and not _is_used(world, subnet, endpoint)


def is_delegated(properties: Json) -> bool:
    """Whether a subnet is delegated to DNS resolvers, and to them alone."""
    named = [str((d.get("properties") or {}).get("serviceName", "")) for d in properties.get("delegations") or ()]
    return bool(named) and all(name.lower() == DELEGATION.lower() for name in named)


def endpoints_in(world: World, subnet: ResourceId) -> list[Resource]:
    """List the endpoints that stand in a subnet."""
    found = [*world.referrers(subnet, INBOUND_TYPE), *world.referrers(subnet, OUTBOUND_TYPE)]
    return [endpoint for endpoint in found if endpoint.state.get("built")]


def _is_used(world: World, subnet: Resource, endpoint: Resource) -> bool:
    standing = {each.key for each in endpoints_in(world, subnet.id)}
    for user in world.referrers(subnet.id):
        mere = user.id.type.startswith(DELEGATION) and user.key not in standing
        if user.key != endpoint.key and not mere and not user.id.type.lower().startswith(_NOT_USERS):
            return True
    return False


def _addresses(endpoint: Resource) -> list[str]:
    return [str(each.get("privateIpAddress") or "") for each in endpoint.properties.get("ipConfigurations") or ()]


def _is_static(configuration: Json) -> bool:
    return str(configuration.get("privateIpAllocationMethod", "")).lower() == "static"


def _is_address(value: object) -> bool:
    try:
        return ip_address(str(value)).version == 4  # noqa: PLR2004 - IPv4
    except ValueError:
        return False
