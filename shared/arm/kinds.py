"""The kinds of Azure resources that the door serves: one row each, and no kind is named anywhere else here.

A row says which client class and operations attribute of the azure-mgmt packages serve the kind. All of their methods
take the path's names positionally and in order, so that a resource id alone gives the arguments. The api-version is
the client's default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.model.errors import Invalid, Problem
from shared.model.resource_id import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

LONG_RUNNING = "begin_"
"""How the clients mark methods whose answer may be the beginning of an operation."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: who serves it, and by which methods. An empty method name: Azure has none, or we do not need it."""

    type: str
    client: str
    operations: str
    get: str = "get"
    put: str = "begin_create_or_update"
    delete: str = "begin_delete"
    list: str = "list"
    list_in_subscription: str = ""
    run: str = ""
    extension: bool = False
    """Lives on any other resource, whose id is then the first argument."""
    record_type: bool = False
    """The last part of the type is an argument of its own, as for record sets."""
    exists_code: str = ""
    """The refusal that means that what was asked for is there already."""

    def arguments(self, resource: ResourceId) -> tuple[str, ...]:
        """Return the path arguments of a method on one resource."""
        if self.extension:
            scope = str(resource).rpartition("/providers/")[0]
            return scope.lstrip("/"), resource.name
        names = [name for _, name in resource.segments]
        if self.record_type:
            names.insert(-1, self.type.rpartition("/")[2])
        return (resource.group, *names)

    def list_call(self, scope: str) -> tuple[str, tuple[str, ...]]:
        """Return the method, and its path arguments, that lists what is directly in a scope."""
        if self.extension:
            return self.list, (scope.strip("/"),)
        place = ResourceId.parse(scope)
        if not place.group and self.list_in_subscription:
            return self.list_in_subscription, ()
        if not (place.group and self.list) or place.type.lower() != self.parent_type.lower():
            raise Invalid([Problem("$", f"{self.type} cannot be listed in {scope[:300]}")])
        names = [name for _, name in place.segments]
        if self.record_type:
            names.append(self.type.rpartition("/")[2])
        return self.list, (place.group, *names)

    @property
    def parent_type(self) -> str:
        """The type of what this kind is listed in."""
        parent = self.type.rpartition("/")[0]
        return parent if "/" in parent else "Microsoft.Resources/resourceGroups"


NETWORK = "azure.mgmt.network.aio:NetworkManagementClient"
PRIVATE_DNS = "azure.mgmt.privatedns.aio:PrivateDnsManagementClient"
COMPUTE = "azure.mgmt.compute.aio:ComputeManagementClient"
CONTAINER_SERVICE = "azure.mgmt.containerservice.aio:ContainerServiceClient"
AUTHORIZATION = "azure.mgmt.authorization.aio:AuthorizationManagementClient"
IDENTITY = "azure.mgmt.msi.aio:ManagedServiceIdentityClient"
RESOURCES = "azure.mgmt.resource.resources.aio:ResourceManagementClient"

KINDS = (
    Kind(
        "Microsoft.Resources/resourceGroups",
        RESOURCES,
        "resource_groups",
        put="create_or_update",
        list="",
        list_in_subscription="list",
    ),
    # Everything in a group, whatever its kind, without properties.
    Kind(
        "Microsoft.Resources/resources",
        RESOURCES,
        "resources",
        get="",
        put="",
        delete="",
        list="list_by_resource_group",
    ),
    Kind("Microsoft.Network/virtualNetworks", NETWORK, "virtual_networks", list_in_subscription="list_all"),
    Kind("Microsoft.Network/virtualNetworks/subnets", NETWORK, "subnets"),
    Kind("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", NETWORK, "virtual_network_peerings"),
    Kind("Microsoft.Network/networkSecurityGroups", NETWORK, "network_security_groups"),
    Kind("Microsoft.Network/routeTables", NETWORK, "route_tables"),
    Kind("Microsoft.Network/routeTables/routes", NETWORK, "routes"),
    Kind("Microsoft.Network/publicIPAddresses", NETWORK, "public_ip_addresses"),
    Kind("Microsoft.Network/firewallPolicies", NETWORK, "firewall_policies"),
    Kind(
        "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        NETWORK,
        "firewall_policy_rule_collection_groups",
    ),
    Kind("Microsoft.Network/azureFirewalls", NETWORK, "azure_firewalls"),
    Kind("Microsoft.Network/networkInterfaces", NETWORK, "network_interfaces"),
    Kind("Microsoft.Network/bastionHosts", NETWORK, "bastion_hosts", list="list_by_resource_group"),
    Kind("Microsoft.Compute/virtualMachines", COMPUTE, "virtual_machines", run="begin_run_command"),
    Kind(
        "Microsoft.Network/privateDnsZones",
        PRIVATE_DNS,
        "private_zones",
        list="list_by_resource_group",
        list_in_subscription="list",
    ),
    Kind("Microsoft.Network/privateDnsZones/virtualNetworkLinks", PRIVATE_DNS, "virtual_network_links"),
    Kind(
        "Microsoft.Network/privateDnsZones/A",
        PRIVATE_DNS,
        "record_sets",
        put="",
        delete="",
        list="list_by_type",
        record_type=True,
    ),
    Kind(
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        IDENTITY,
        "user_assigned_identities",
        put="create_or_update",
        delete="delete",
        list="list_by_resource_group",
    ),
    Kind(
        "Microsoft.Authorization/roleAssignments",
        AUTHORIZATION,
        "role_assignments",
        put="create",
        delete="delete",
        list="list_for_scope",
        extension=True,
        exists_code="RoleAssignmentExists",
    ),
    Kind(
        "Microsoft.ContainerService/managedClusters",
        CONTAINER_SERVICE,
        "managed_clusters",
        list="list_by_resource_group",
        list_in_subscription="list",
    ),
)


def by_type(kinds: Iterable[Kind]) -> dict[str, Kind]:
    """Index kinds by their type in lower case."""
    return {kind.type.lower(): kind for kind in kinds}


_BY_TYPE = by_type(KINDS)


def find_kind(type_: str) -> Kind:
    """Return the row of a type, in any case; raise Invalid for one that the door does not serve."""
    kind = _BY_TYPE.get(type_.lower())
    if kind is None:
        known = ", ".join(sorted(kind.type for kind in KINDS))
        raise Invalid([Problem("$", f"'{type_[:200]}' is not a kind that Spokewright manages; known are {known}")])
    return kind
