"""A network in a dictionary: what topology reads, without a simulator around it."""

from __future__ import annotations

import base64
from ipaddress import IPv4Address, ip_network
from typing import Any

import yaml

from local.simulator.resource import Resource, ResourceId, resource_id
from local.simulator.topology import Seat, seat_in_subnet, seat_of_vm

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


class Landscape:
    """Resources by key; the methods add the pieces of a hub and spoke with as little as topology needs."""

    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}

    # --- the view --------------------------------------------------------------------------------------

    def get(self, wanted: str) -> Resource | None:
        """Get one resource."""
        return self.resources.get(wanted.lower())

    def of_type(self, resource_type: str) -> list[Resource]:
        """List the resources of a type."""
        return [r for r in self.resources.values() if r.id.type.lower() == resource_type.lower()]

    def children(self, parent: ResourceId, resource_type: str) -> list[Resource]:
        """List the nested resources of a type."""
        return [r for r in self.of_type(resource_type) if r.id.parent and r.id.parent.key == parent.key]

    # --- building --------------------------------------------------------------------------------------

    def add(self, kind: str, *names: str, **properties: Any) -> Resource:
        """Put a resource of Microsoft.Network (or of the namespace given) into group rg."""
        whole = kind if "." in kind.split("/", maxsplit=1)[0] else f"Microsoft.Network/{kind}"
        resource = Resource(resource_id(SUBSCRIPTION, "rg", whole, *names), {"properties": properties})
        self.resources[resource.key] = resource
        return resource

    def vnet(self, name: str, prefix: str, *servers: str, **subnets: str) -> None:
        """Add a VNet with subnets, and DNS servers of its own if given."""
        self.add(
            "virtualNetworks",
            name,
            addressSpace={"addressPrefixes": [prefix]},
            dhcpOptions={"dnsServers": list(servers)},
        )
        for subnet, inner in subnets.items():
            self.add("virtualNetworks/subnets", name, subnet, addressPrefix=inner)

    def subnet(self, vnet: str, name: str) -> Resource:
        """Get a subnet."""
        return self.resources[f"{self.vnet_id(vnet)}/subnets/{name}".lower()]

    @staticmethod
    def vnet_id(name: str) -> str:
        """The id of a VNet."""
        return str(resource_id(SUBSCRIPTION, "rg", "Microsoft.Network/virtualNetworks", name))

    def peer(self, one: str, other: str, **changes: Any) -> None:
        """Peer two VNets, both sides alike."""
        for of, to in ((one, other), (other, one)):
            remote = self.resources[self.vnet_id(to).lower()]
            properties = {
                "peeringState": "Connected",
                "allowVirtualNetworkAccess": True,
                "allowForwardedTraffic": True,
                "remoteVirtualNetwork": {"id": str(remote.id)},
                "remoteVirtualNetworkAddressSpace": remote.properties["addressSpace"],
                **changes,
            }
            self.add("virtualNetworks/virtualNetworkPeerings", of, f"to-{to}", **properties)

    def side(self, of: str, to: str) -> dict[str, Any]:
        """Get one side of a peering, to spoil it."""
        return self.resources[f"{self.vnet_id(of)}/virtualnetworkpeerings/to-{to}".lower()].properties

    def nic(self, name: str, vnet: str, subnet: str, address: str, **properties: Any) -> Resource:
        """Add an interface."""
        inside = {"privateIPAddress": address, "subnet": {"id": str(self.subnet(vnet, subnet).id)}}
        assert IPv4Address(address) in ip_network(self.subnet(vnet, subnet).properties["addressPrefix"])
        return self.add(
            "networkInterfaces", name, ipConfigurations=[{"name": "ip", "properties": inside}], **properties
        )

    def machine(self, name: str, vnet: str, subnet: str, address: str) -> Resource:
        """Add a machine with an interface."""
        nic = self.nic(f"{name}-nic", vnet, subnet, address)
        profile = {"networkInterfaces": [{"id": str(nic.id)}]}
        return self.add("Microsoft.Compute/virtualMachines", name, networkProfile=profile)

    def firewall(self, vnet: str, address: str, rules: list[dict[str, Any]], *, proxy: bool = False) -> None:
        """Add a firewall with one collection of rules that allow."""
        policy = self.add("firewallPolicies", "policy", dnsSettings={"enableProxy": proxy})
        collection = {"name": "allow", "priority": 100, "action": {"type": "Allow"}, "rules": rules}
        self.add("firewallPolicies/ruleCollectionGroups", "policy", "rules", priority=100, ruleCollections=[collection])
        inside = {"privateIPAddress": address, "subnet": {"id": str(self.subnet(vnet, "AzureFirewallSubnet").id)}}
        self.add(
            "azureFirewalls",
            "fw",
            provisioningState="Succeeded",
            firewallPolicy={"id": str(policy.id)},
            ipConfigurations=[{"name": "fw", "properties": inside}],
        )

    def route(self, vnet: str, subnet: str, prefix: str, hop: str, address: str = "") -> None:
        """Give a subnet a table with one route."""
        properties = {"addressPrefix": prefix, "nextHopType": hop, "nextHopIpAddress": address or None}
        table = self.add("routeTables", f"{vnet}-{subnet}", routes=[{"name": "r", "properties": properties}])
        self.subnet(vnet, subnet).properties["routeTable"] = {"id": str(table.id)}

    def guard(self, vnet: str, subnet: str, *rules: dict[str, Any]) -> None:
        """Give a subnet a security group."""
        items = [{"name": f"rule{at}", "properties": rule} for at, rule in enumerate(rules)]
        group = self.add("networkSecurityGroups", f"{vnet}-{subnet}", securityRules=items)
        self.subnet(vnet, subnet).properties["networkSecurityGroup"] = {"id": str(group.id)}

    def zone(self, name: str, records: dict[str, str], *linked: str, **properties: Any) -> None:
        """Add a private zone with A records, linked to VNets."""
        self.add("privateDnsZones", name)
        for label, address in records.items():
            self.add("privateDnsZones/A", name, label, aRecords=[{"ipv4Address": address}])
        for vnet in linked:
            self.add(
                "privateDnsZones/virtualNetworkLinks",
                name,
                f"to-{vnet}",
                virtualNetwork={"id": self.vnet_id(vnet)},
                **properties,
            )

    def cluster(self, name: str, address: str, vnet: str, subnet: str, **properties: Any) -> Resource:
        """Add a private cluster: its API server behind an endpoint's interface."""
        cluster = self.add(
            "Microsoft.ContainerService/managedClusters",
            name,
            powerState={"code": "Running"},
            apiServerAccessProfile={"enablePrivateCluster": True},
            **properties,
        )
        cluster.state["privateIp"] = address
        connection = {"properties": {"privateLinkServiceId": str(cluster.id)}}
        endpoint = self.add("privateEndpoints", name, privateLinkServiceConnections=[connection])
        self.nic(f"{name}-nic", vnet, subnet, address, privateEndpoint={"id": str(endpoint.id)})
        return cluster

    def inbound(self, vnet: str, subnet: str, address: str, *, name: str = "in") -> None:
        """Add an inbound endpoint of a DNS resolver."""
        place = {"subnet": {"id": str(self.subnet(vnet, subnet).id)}, "privateIpAddress": address}
        self.add("dnsResolvers/inboundEndpoints", f"{vnet}-resolver", name, ipConfigurations=[place])

    def ruleset(self, vnet: str, subnet: str, rules: dict[str, tuple[str, ...]], *linked: str) -> None:
        """Add an outbound endpoint and a ruleset of domains and servers, linked to VNets."""
        place = {"id": str(self.subnet(vnet, subnet).id)}
        endpoint = self.add("dnsResolvers/outboundEndpoints", f"{vnet}-resolver", "out", subnet=place)
        self.add("dnsForwardingRulesets", f"{vnet}-rules", dnsResolverOutboundEndpoints=[{"id": str(endpoint.id)}])
        for at, (domain, servers) in enumerate(rules.items()):
            targets = [{"ipAddress": server, "port": 53} for server in servers]
            self.add(
                "dnsForwardingRulesets/forwardingRules",
                f"{vnet}-rules",
                f"rule{at}",
                domainName=domain,
                targetDnsServers=targets,
            )
        for of in linked:
            network = {"id": self.vnet_id(of)}
            self.add("dnsForwardingRulesets/virtualNetworkLinks", f"{vnet}-rules", f"to-{of}", virtualNetwork=network)

    def dns_server(self, name: str, vnet: str, subnet: str, address: str, files: dict[str, str]) -> Resource:
        """Add a machine whose cloud-config writes files."""
        machine = self.machine(name, vnet, subnet, address)
        machine.state["customData"] = base64.b64encode(cloud_config(files).encode()).decode()
        return machine

    # --- seats -----------------------------------------------------------------------------------------

    def at(self, machine: str) -> Seat:
        """The seat of a machine."""
        found = self.get(str(resource_id(SUBSCRIPTION, "rg", "Microsoft.Compute/virtualMachines", machine)))
        seat = seat_of_vm(self, found) if found else None
        assert seat is not None
        return seat

    def node(self, vnet: str = "spoke", subnet: str = "nodes") -> Seat:
        """A seat in a subnet."""
        seat = seat_in_subnet(self, str(self.subnet(vnet, subnet).id))
        assert seat is not None
        return seat


def cloud_config(files: dict[str, str]) -> str:
    """Write a cloud-config that puts files on a machine's disk."""
    entries = [{"path": path, "content": content} for path, content in files.items()]
    return "#cloud-config\n" + yaml.safe_dump({"packages": ["some"], "write_files": entries})


API = "10.64.0.8"
ZONE = "privatelink.westeurope.azmk8s.io"
NAME = f"payments.{ZONE}"
FIREWALL = "10.0.0.4"
ALLOW_AKS = {
    "ruleType": "ApplicationRule",
    "sourceAddresses": ["10.64.0.0/16"],
    "fqdnTags": ["AzureKubernetesService"],
    "protocols": [{"protocolType": "Https", "port": 443}],
}


def hub_and_spoke(*, linked: tuple[str, ...] = ("hub", "spoke"), proxy: bool = False) -> Landscape:
    """The product's scenario: jump server and firewall in the hub, API server in the spoke, zone, peering, route."""
    land = Landscape()
    land.vnet("hub", "10.0.0.0/22", AzureFirewallSubnet="10.0.0.0/26", jump="10.0.1.0/26", dns="10.0.2.0/26")
    land.vnet("spoke", "10.64.0.0/22", nodes="10.64.0.0/23")
    land.peer("hub", "spoke")
    land.firewall("hub", FIREWALL, [ALLOW_AKS], proxy=proxy)
    land.route("spoke", "nodes", "0.0.0.0/0", "VirtualAppliance", FIREWALL)
    land.machine("jump", "hub", "jump", "10.0.1.4")
    land.cluster("payments", API, "spoke", "nodes", fqdn="payments-1.hcp.westeurope.azmk8s.io")
    land.zone(ZONE, {"payments": API}, *linked)
    return land
