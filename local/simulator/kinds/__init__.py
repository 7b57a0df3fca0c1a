"""The kinds that the simulator serves: an explicit list, so that reading it says what is modelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kinds import (
    address_availability,
    agent_pool,
    aks_credentials,
    aks_offers,
    authorization,
    azure_firewall,
    bastion,
    compute,
    deployment,
    firewall_policy,
    identity,
    managed_cluster,
    network_interface,
    peering,
    private_dns_link,
    private_dns_record,
    private_dns_zone,
    private_endpoint,
    public_ip,
    resource_group,
    route_table,
    security_group,
    subnet,
    virtual_machine,
    virtual_network,
    vm_children,
)

if TYPE_CHECKING:
    from local.simulator.kind import Kind

KINDS: tuple[type[Kind], ...] = (
    resource_group.ResourceGroups,
    deployment.Deployments,
    virtual_network.VirtualNetworks,
    subnet.Subnets,
    peering.Peerings,
    address_availability.AddressAvailability,
    security_group.SecurityGroups,
    security_group.SecurityRules,
    route_table.RouteTables,
    route_table.Routes,
    public_ip.PublicAddresses,
    network_interface.Interfaces,
    firewall_policy.Policies,
    firewall_policy.Groups,
    firewall_policy.PolicyDrafts,
    firewall_policy.GroupDrafts,
    azure_firewall.Firewalls,
    bastion.Bastions,
    private_dns_zone.PrivateDnsZones,
    private_dns_link.PrivateDnsLinks,
    *private_dns_record.RECORD_KINDS,
    identity.UserAssignedIdentities,
    authorization.RoleAssignments,
    authorization.RoleDefinitions,
    private_endpoint.PrivateEndpoints,
    virtual_machine.VirtualMachines,
    vm_children.Extensions,
    vm_children.RunCommands,
    compute.Disks,
    managed_cluster.ManagedClusters,
    agent_pool.AgentPools,
    aks_credentials.CommandResults,
    aks_offers.KubernetesVersions,
    aks_offers.UpgradeProfiles,
)
