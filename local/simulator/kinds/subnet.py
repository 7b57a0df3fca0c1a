"""Subnets: a PUT replaces, so what it leaves out (route table, NSG) is gone. Reserved names have rules of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.addressing import overlap, read_prefix, subnet_prefixes
from local.simulator.kinds.dns_resolver_endpoint import endpoints_in, is_delegated
from local.simulator.kinds.network import NetworkKind, ip_configurations
from local.simulator.kinds.virtual_network import SUBNETS, check_in_space, invalid_subnet

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_SMALLEST = 29
_SMALLEST_RESERVED = 26
_NOT_USERS = ("microsoft.authorization/", "microsoft.resources/")


class Subnets(NetworkKind):
    """`Microsoft.Network/virtualNetworks/subnets`."""

    type = SUBNETS
    located = False
    retry_after: ClassVar[dict[str, int]] = {"PUT": 3, "DELETE": 10}
    defaults: ClassVar[Json] = {
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }
    read_only = frozenset({"ipConfigurations", "privateEndpoints", "purpose", "resourceNavigationLinks"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check the prefixes, and what a reserved subnet may carry."""
        properties = request.body.get("properties") or {}
        given = properties.get("addressPrefixes") or [properties.get("addressPrefix")]
        vnet = request.id.root.name
        if given == [None] and properties.get("ipamPoolPrefixAllocations"):
            given = []
        if given == [None]:
            raise invalid_subnet(request.id.name, vnet)
        for prefix in given:
            network = read_prefix(prefix, request.id)
            if network.version == 4 and network.prefixlen > _SMALLEST:  # noqa: PLR2004 - IPv4
                raise invalid_subnet(request.id.name, vnet)
        _check_reserved(request, properties)
        if existing is not None:
            _check_delegation(world, existing, properties)
            _check_resize(world, existing, [str(prefix) for prefix in given])

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete delegations and service endpoints as Azure shows them."""
        resource = super().compose(world, request, existing)
        base = str(resource.id)
        for delegation in resource.properties["delegations"]:
            delegation["id"] = f"{base}/delegations/{delegation.get('name', '')}"
            delegation["type"] = f"{SUBNETS}/delegations"
            delegation.setdefault("properties", {}).update({"provisioningState": "Succeeded"})
            actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
            delegation["properties"].setdefault("actions", actions)
        for endpoint in resource.properties.get("serviceEndpoints", []):
            endpoint.setdefault("locations", ["*"])
            endpoint["provisioningState"] = "Succeeded"
        return resource

    def check_whole(self, world: World, resource: Resource) -> None:
        """The subnet lies in its virtual network and beside the others."""
        vnet = world.find(resource.id.root)
        if vnet is not None:
            check_in_space(vnet, resource)
        _check_neighbours(world, resource)

    def compose_child(self, world: World, request: Request, parent: Resource, item: Json) -> Resource:
        """Build a subnet from a virtual network's body."""
        resource = super().compose_child(world, request, parent, item)
        _check_neighbours(world, resource)
        return resource

    def computed(self, world: World, resource: Resource) -> Json:
        """Show the IP configurations that sit in the subnet."""
        users = world.referrers(resource.id)
        found = [c for user in users for c in ip_configurations(user.body, "subnet", resource.key)]
        return {"ipConfigurations": [{"id": each} for each in found]} if found else {}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A subnet goes only when nothing sits in it."""
        for user in world.referrers(resource.id):
            if user.key in leaving or user.id.type.lower().startswith(_NOT_USERS):
                continue
            used_by = next(ip_configurations(user.body, "subnet", resource.key), _association(resource, user))
            raise ArmError(
                400,
                "InUseSubnetCannotBeDeleted",
                f"Subnet {resource.name} is in use by {used_by} and cannot be deleted. In order to delete the subnet, "
                "delete all the resources within the subnet. See aka.ms/deletesubnet.",
                details=[],
            )


def _check_neighbours(world: World, subnet: Resource) -> None:
    own = subnet_prefixes(subnet)
    for other in world.children(subnet.id.root, SUBNETS):
        if other.key != subnet.key and overlap(own, subnet_prefixes(other)):
            raise ArmError(
                400,
                "NetcfgSubnetRangesOverlap",
                f"Subnet '{subnet.name}' is not valid because its IP address range overlaps with that of an existing "
                f"subnet in virtual network '{subnet.id.root.name}'.",
                details=[],
            )


def _check_reserved(request: Request, properties: dict[str, Any]) -> None:
    name = request.id.name.lower()
    group = (properties.get("networkSecurityGroup") or {}).get("id")
    if group and name == "gatewaysubnet":
        raise ArmError(
            400,
            "NetworkSecurityGroupCannotBeAttachedToGatewaySubnet",
            f"The operation failed because the network security group {str(group).rsplit('/', 1)[-1]} can not be "
            "associated to the GatewaySubnet. Please remove the network security group associated to the "
            "GatewaySubnet.",
            details=[],
        )
    if group and name in {"azurefirewallsubnet", "azurefirewallmanagementsubnet"}:
        raise ArmError(
            400,
            "NetworkSecurityGroupCannotBeAttachedToAzureFirewallSubnet",
            f"The network security group {group} can not be associated to {request.id.name}.",
            details=[],
        )


def _association(subnet: Resource, user: Resource) -> str:
    """Name what holds a subnet; a resolver's endpoint holds it by a service association link (its name: made up)."""
    by_link = user.id.root.type.endswith("/dnsResolvers")
    return f"{subnet.id}/serviceAssociationLinks/dnsResolverLink" if by_link else str(user.id)


def _check_delegation(world: World, existing: Resource, properties: dict[str, Any]) -> None:
    """A subnet with a resolver's endpoint stays delegated."""
    if is_delegated(properties) or not endpoints_in(world, existing.id):
        return
    raise ArmError(
        400,
        "SubnetMissingRequiredDelegation",
        f"Subnet {existing.id} requires any of the following delegation(s) [Microsoft.Network/dnsResolvers] to "
        f"reference service association link {existing.id}/serviceAssociationLinks/dnsResolverLink.",
        details=[],
    )


def _check_resize(world: World, existing: Resource, given: list[str]) -> None:
    """A subnet that something sits in keeps its prefixes."""
    before = {str(prefix) for prefix in subnet_prefixes(existing)}
    if before == set(given):
        return
    users = world.referrers(existing.id)
    held = any(True for user in users for _ in ip_configurations(user.body, "subnet", existing.key))
    if held or endpoints_in(world, existing.id):
        gone = ", ".join(sorted(before - set(given))) or ", ".join(sorted(before))
        raise ArmError(
            400,
            "InUsePrefixCannotBeDeleted",
            f"IpPrefix {gone} on Subnet {existing.name} has active allocations and cannot be deleted.",
            details=[],
        )


def smallest_prefix(subnet: Resource) -> int:
    """Tell the longest prefix length of a subnet."""
    return max((prefix.prefixlen for prefix in subnet_prefixes(subnet)), default=0)


def is_large_enough(subnet: Resource) -> bool:
    """Whether a firewall or Bastion fits: /26 or larger."""
    return smallest_prefix(subnet) <= _SMALLEST_RESERVED
