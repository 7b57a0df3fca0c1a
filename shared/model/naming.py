"""What every Azure resource of a document is called, and so its id: said here and nowhere else.

Pure. Document names have at most 40 characters, which keeps all names within Azure's limits; the two made of two
documents' names are cut where needed, with a hash of the whole instead of the rest.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from shared.model.resource_id import ResourceId, key

if TYPE_CHECKING:
    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.spoke import Spoke

NETWORK = "Microsoft.Network/"
FIREWALL_SUBNET = "AzureFirewallSubnet"
FIREWALL_MANAGEMENT_SUBNET = "AzureFirewallManagementSubnet"
BASTION_SUBNET = "AzureBastionSubnet"
JUMP_SERVER_SUBNET = "jump-server"
DNS_FORWARDER_SUBNET = "dns-forwarder"
DNS_INBOUND_SUBNET = "dns-inbound"
DNS_OUTBOUND_SUBNET = "dns-outbound"
NAME_LIMIT = 80
HASH_LENGTH = 8
ONBOARDED_LENGTH, ONBOARDED_HASH_LENGTH = 33, 6


def hub_group(hub: Hub) -> ResourceId:
    """Return the hub's resource group."""
    return ResourceId.of_group(hub.spec.subscription_id, hub.spec.resource_group)


def hub_network(hub: Hub) -> ResourceId:
    """Return the hub's virtual network."""
    return _of_hub(hub, "virtualNetworks", f"vnet-hub-{hub.name}")


def hub_subnet(hub: Hub, name: str) -> ResourceId:
    """Return a subnet of the hub."""
    return hub_network(hub).child("subnets", name)


def firewall(hub: Hub) -> ResourceId:
    """Return the firewall."""
    return _of_hub(hub, "azureFirewalls", f"afw-{hub.name}")


def firewall_policy(hub: Hub) -> ResourceId:
    """Return the firewall's policy."""
    return _of_hub(hub, "firewallPolicies", f"afwp-{hub.name}")


def firewall_public_ip(hub: Hub) -> ResourceId:
    """Return the firewall's public address."""
    return _of_hub(hub, "publicIPAddresses", hub.spec.firewall.public_ip.name or f"pip-afw-{hub.name}")


def firewall_management_public_ip(hub: Hub) -> ResourceId:
    """Return the second public address that a Basic firewall needs."""
    return _of_hub(hub, "publicIPAddresses", f"pip-afw-management-{hub.name}")


def bastion(hub: Hub) -> ResourceId:
    """Return the Bastion host."""
    return _of_hub(hub, "bastionHosts", f"bas-{hub.name}")


def bastion_public_ip(hub: Hub) -> ResourceId:
    """Return the Bastion host's public address."""
    return _of_hub(hub, "publicIPAddresses", f"pip-bas-{hub.name}")


def jump_server(hub: Hub) -> ResourceId:
    """Return the jump server."""
    return hub_group(hub).resource("Microsoft.Compute/virtualMachines", f"vm-jump-{hub.name}")


def jump_server_interface(hub: Hub) -> ResourceId:
    """Return the jump server's network interface."""
    return _of_hub(hub, "networkInterfaces", f"nic-jump-{hub.name}")


def jump_server_security_group(hub: Hub) -> ResourceId:
    """Return the network security group of the jump server's subnet."""
    return _of_hub(hub, "networkSecurityGroups", f"nsg-jump-{hub.name}")


def hub_route_table(hub: Hub) -> ResourceId:
    """Return the route table of the hub's machines, which leads to the firewall."""
    return _of_hub(hub, "routeTables", f"rt-hub-{hub.name}")


def forwarder(hub: Hub, number: int) -> ResourceId:
    """Return a DNS forwarder's machine; numbers begin with 1."""
    return hub_group(hub).resource("Microsoft.Compute/virtualMachines", f"vm-dns-{hub.name}-{number}")


def forwarder_interface(hub: Hub, number: int) -> ResourceId:
    """Return a DNS forwarder's network interface."""
    return _of_hub(hub, "networkInterfaces", f"nic-dns-{hub.name}-{number}")


def forwarder_availability_set(hub: Hub) -> ResourceId:
    """Return the availability set of the DNS forwarders."""
    return hub_group(hub).resource("Microsoft.Compute/availabilitySets", f"avail-dns-{hub.name}")


def forwarder_security_group(hub: Hub) -> ResourceId:
    """Return the network security group of the DNS forwarders' subnet."""
    return _of_hub(hub, "networkSecurityGroups", f"nsg-dns-{hub.name}")


def dns_resolver(hub: Hub) -> ResourceId:
    """Return the DNS Private Resolver."""
    return _of_hub(hub, "dnsResolvers", f"dnspr-{hub.name}")


def forwarding_ruleset(hub: Hub) -> ResourceId:
    """Return the resolver's rules for domains on-premises."""
    return _of_hub(hub, "dnsForwardingRulesets", f"dnsfrs-{hub.name}")


def private_dns_zone_name(location: str) -> str:
    """Return the name that the private zone of a region's API servers must have."""
    return f"privatelink.{location}.azmk8s.io"


def private_dns_zone(hub: Hub) -> ResourceId:
    """Return the private DNS zone that clusters of the hub's region share: the hub's own, or a given one."""
    if hub.spec.dns.zone_id is not None:
        return ResourceId.parse(hub.spec.dns.zone_id)
    return _of_hub(hub, "privateDnsZones", private_dns_zone_name(hub.spec.location))


def dns_probe_record(hub: Hub) -> ResourceId:
    """Return the record in the hub's own zone by which DNS servers prove that they forward, before any cluster."""
    return private_dns_zone(hub).child("A", "spokewright-probe")


def hub_peering(hub: Hub, spoke: Spoke) -> ResourceId:
    """Return the hub's side of the peering with a spoke."""
    return hub_network(hub).child("virtualNetworkPeerings", fitted(_hub_prefix(hub) + spoke.name))


def is_hub_peering(hub: Hub, name: str) -> bool:
    """Say whether a peering of this name on the hub's network is one that we made."""
    return name.lower().startswith(_hub_prefix(hub))


def spoke_location(spoke: Spoke, hub: Hub) -> str:
    """Return the spoke's region, its clusters' too: given, that of the adopted network, or the hub's."""
    return spoke.spec.location or spoke.status.outputs.get("location") or hub.spec.location


def spoke_group(spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the resource group of what the spoke owns; for an adopted network by default the network's."""
    spec = spoke.spec
    if spec.virtual_network_id is not None:
        home = ResourceId.parse(spec.virtual_network_id)
        return ResourceId.of_group(spec.subscription_id or home.subscription, spec.resource_group or home.group)
    subscription = spec.subscription_id or hub.spec.subscription_id
    return ResourceId.of_group(subscription, spec.resource_group or f"rg-{spoke.name}")


def spoke_network(spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the spoke's virtual network, its own or the adopted one."""
    if spoke.spec.virtual_network_id is not None:
        return ResourceId.parse(spoke.spec.virtual_network_id)
    return _of_spoke(spoke, hub, "virtualNetworks", f"vnet-{spoke.name}")


def spoke_subnet(spoke: Spoke, hub: Hub, name: str) -> ResourceId:
    """Return a subnet of the spoke."""
    return spoke_network(spoke, hub).child("subnets", name)


def spoke_route_table(spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the route table that leads to the firewall."""
    return _of_spoke(spoke, hub, "routeTables", f"rt-{spoke.name}")


def spoke_security_group(spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the network security group of the spoke's subnets."""
    return _of_spoke(spoke, hub, "networkSecurityGroups", f"nsg-{spoke.name}")


def spoke_peering(spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the spoke's side of the peering with its hub."""
    return spoke_network(spoke, hub).child("virtualNetworkPeerings", fitted(f"{spoke.name}-to-{hub.name}"))


def cluster_group(cluster: Cluster, spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the resource group of what the cluster owns, by default the spoke's; of an attached one, its own."""
    if cluster.spec.managed_cluster_id is not None:
        return ResourceId.parse(cluster.spec.managed_cluster_id).resource_group
    home = spoke_group(spoke, hub)
    return ResourceId.of_group(home.subscription, cluster.spec.resource_group or home.group)


def managed_cluster(cluster: Cluster, spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the managed cluster, ours or the attached one."""
    given = cluster.spec.managed_cluster_id
    name = f"aks-{cluster.name}" if given is None else ResourceId.parse(given).name
    return cluster_group(cluster, spoke, hub).resource("Microsoft.ContainerService/managedClusters", name)


def cluster_identity(cluster: Cluster, spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the cluster's user-assigned identity."""
    name = cluster.spec.identity.name or f"id-{cluster.name}"
    return cluster_group(cluster, spoke, hub).resource("Microsoft.ManagedIdentity/userAssignedIdentities", name)


def node_group(cluster: Cluster, spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the resource group that AKS makes for the nodes."""
    name = cluster.spec.node_resource_group.name or f"rg-{cluster.name}-nodes"
    return ResourceId.of_group(cluster_group(cluster, spoke, hub).subscription, name)


def private_dns_subzone(cluster: Cluster, spoke: Spoke, hub: Hub) -> ResourceId:
    """Return the zone below its region's that only this cluster uses, or a given one; only with mode `subzone`."""
    if cluster.spec.private_dns.zone_id is not None:
        return ResourceId.parse(cluster.spec.private_dns.zone_id)
    name = f"{cluster.spec.private_dns.subzone}.{private_dns_zone_name(spoke_location(spoke, hub))}"
    return cluster_group(cluster, spoke, hub).resource(f"{NETWORK}privateDnsZones", name)


def onboarded_name(resource_id: str) -> str:
    """Return the name of the document for a resource that was found in Azure: the same for every spelling of its id.

    The hash keeps two resources of one name apart; together they are within a document name's 40 characters.
    """
    found = key(resource_id)
    plain = re.sub(r"[^a-z0-9]+", "-", found.rpartition("/")[2]).lstrip("-")
    digest = hashlib.sha256(found.encode()).hexdigest()[:ONBOARDED_HASH_LENGTH]
    return f"{plain[:ONBOARDED_LENGTH].rstrip('-') or 'found'}-{digest}"


def _of_hub(hub: Hub, kind: str, name: str) -> ResourceId:
    return hub_group(hub).resource(NETWORK + kind, name)


def _of_spoke(spoke: Spoke, hub: Hub, kind: str, name: str) -> ResourceId:
    return spoke_group(spoke, hub).resource(NETWORK + kind, name)


def _hub_prefix(hub: Hub) -> str:
    return f"{hub.name}-to-"


def fitted(name: str) -> str:
    """Cut a name of a network's part to Azure's limit; the hash keeps two long names apart."""
    if len(name) <= NAME_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH]
    return f"{name[: NAME_LIMIT - HASH_LENGTH - 1]}-{digest}"
