"""Which azure-mgmt client and operations serve each resource type: one declarative table, no imports of them."""

from __future__ import annotations

from dataclasses import dataclass

from shared.arm.credentials import Duty
from shared.model.errors import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Client:
    """An azure-mgmt aio client class, by module and name, so that it is imported when first used."""

    module: str
    name: str
    per_subscription: bool = True
    duty: Duty = Duty.NETWORK
    """Whose identity writes by it; everything is read by the reader's."""


NETWORK = Client("azure.mgmt.network.aio", "NetworkManagementClient")
DNS = Client("azure.mgmt.privatedns.aio", "PrivateDnsManagementClient")
RESOLVERS = Client("azure.mgmt.dnsresolver.aio", "DnsResolverManagementClient")
COMPUTE = Client("azure.mgmt.compute.aio", "ComputeManagementClient")
CONTAINERS = Client("azure.mgmt.containerservice.aio", "ContainerServiceClient", duty=Duty.CLUSTERS)
IDENTITY = Client("azure.mgmt.msi.aio", "ManagedServiceIdentityClient", duty=Duty.CLUSTERS)
AUTHORIZATION = Client("azure.mgmt.authorization.aio", "AuthorizationManagementClient", duty=Duty.CLUSTERS)
RESOURCES = Client("azure.mgmt.resource.resources.aio", "ResourceManagementClient")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one resource type is read and written: the client's attribute, and its methods' names.

    An empty name: Azure has no such method, or nobody needs it. All methods take the names in the path in its order,
    so that a resource id alone gives their arguments. The api-version is the client's default.
    """

    client: Client
    operations: str
    list: str = "list"
    put: str = "begin_create_or_update"
    delete: str = "begin_delete"
    get: str = "get"
    run: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """Arguments that every PUT has."""
    list_options: tuple[tuple[str, str], ...] = ()
    """Arguments that every list has."""
    everywhere: str = ""
    """The method that lists a whole subscription."""
    everywhere_options: tuple[tuple[str, int], ...] = ()
    """Arguments of that one."""
    constant: tuple[str, ...] = ()
    """Path arguments that stand before the name: the type of a record set."""
    extension: bool = False
    """Lives on any other resource, whose id is its first path argument."""
    present: str = ""
    """The refusal that means that what was asked for is there already."""


KINDS = {
    type_.lower(): kind
    for type_, kind in {
        "Microsoft.Resources/resourceGroups": Kind(
            RESOURCES,
            "resource_groups",
            list="",
            put="create_or_update",
            everywhere="list",
            everywhere_options=(("top", 1000),),
        ),
        # Everything in a group, whatever its kind, without its properties.
        "Microsoft.Resources/resources": Kind(
            RESOURCES, "resources", list="list_by_resource_group", get="", put="", delete=""
        ),
        "Microsoft.Network/virtualNetworks": Kind(NETWORK, "virtual_networks", everywhere="list_all"),
        "Microsoft.Network/virtualNetworks/subnets": Kind(NETWORK, "subnets"),
        # Every PUT of a peering syncs: it costs nothing where the address spaces are known already.
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings": Kind(
            NETWORK, "virtual_network_peerings", options=(("sync_remote_address_space", "true"),)
        ),
        "Microsoft.Network/networkSecurityGroups": Kind(NETWORK, "network_security_groups", everywhere="list_all"),
        "Microsoft.Network/routeTables": Kind(NETWORK, "route_tables", everywhere="list_all"),
        "Microsoft.Network/routeTables/routes": Kind(NETWORK, "routes"),
        "Microsoft.Network/publicIPAddresses": Kind(NETWORK, "public_ip_addresses", everywhere="list_all"),
        "Microsoft.Network/firewallPolicies": Kind(NETWORK, "firewall_policies", everywhere="list_all"),
        "Microsoft.Network/firewallPolicies/ruleCollectionGroups": Kind(
            NETWORK, "firewall_policy_rule_collection_groups"
        ),
        "Microsoft.Network/azureFirewalls": Kind(NETWORK, "azure_firewalls", everywhere="list_all"),
        "Microsoft.Network/networkInterfaces": Kind(NETWORK, "network_interfaces", everywhere="list_all"),
        "Microsoft.Network/bastionHosts": Kind(
            NETWORK, "bastion_hosts", list="list_by_resource_group", everywhere="list"
        ),
        "Microsoft.Network/privateDnsZones": Kind(
            DNS, "private_zones", list="list_by_resource_group", everywhere="list"
        ),
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks": Kind(DNS, "virtual_network_links"),
        "Microsoft.Network/privateDnsZones/A": Kind(
            DNS, "record_sets", list="list_by_type", put="create_or_update", delete="delete", constant=("A",)
        ),
        "Microsoft.Network/dnsResolvers": Kind(
            RESOLVERS, "dns_resolvers", list="list_by_resource_group", everywhere="list"
        ),
        "Microsoft.Network/dnsResolvers/inboundEndpoints": Kind(RESOLVERS, "inbound_endpoints"),
        "Microsoft.Network/dnsResolvers/outboundEndpoints": Kind(RESOLVERS, "outbound_endpoints"),
        "Microsoft.Network/dnsForwardingRulesets": Kind(
            RESOLVERS, "dns_forwarding_rulesets", list="list_by_resource_group", everywhere="list"
        ),
        "Microsoft.Network/dnsForwardingRulesets/forwardingRules": Kind(
            RESOLVERS, "forwarding_rules", put="create_or_update", delete="delete"
        ),
        "Microsoft.Network/dnsForwardingRulesets/virtualNetworkLinks": Kind(RESOLVERS, "virtual_network_links"),
        "Microsoft.Compute/virtualMachines": Kind(
            COMPUTE, "virtual_machines", run="begin_run_command", everywhere="list_all"
        ),
        "Microsoft.Compute/virtualMachines/extensions": Kind(COMPUTE, "virtual_machine_extensions"),
        "Microsoft.Compute/availabilitySets": Kind(
            COMPUTE, "availability_sets", put="create_or_update", delete="delete", everywhere="list_by_subscription"
        ),
        "Microsoft.ManagedIdentity/userAssignedIdentities": Kind(
            IDENTITY,
            "user_assigned_identities",
            list="list_by_resource_group",
            put="create_or_update",
            delete="delete",
            everywhere="list_by_subscription",
        ),
        "Microsoft.Authorization/roleAssignments": Kind(
            AUTHORIZATION,
            "role_assignments",
            list="list_for_scope",
            put="create",
            delete="delete",
            # Without it the assignments of everything below come too.
            list_options=(("filter", "atScope()"),),
            extension=True,
            present="RoleAssignmentExists",
        ),
        "Microsoft.ContainerService/managedClusters": Kind(
            CONTAINERS, "managed_clusters", list="list_by_resource_group", everywhere="list"
        ),
    }.items()
}


def kind_of(type_: str) -> Kind:
    """Return how a resource type is served; raise Invalid for one that is not."""
    kind = KINDS.get(type_.lower())
    if kind is None:
        raise Invalid([Problem("$", f"resource type '{type_[:100]}' is not one that Spokewright reads or writes")])
    return kind
