"""The hub and spoke of the product's scenario, built over the simulator's own wire, piece by piece."""

from __future__ import annotations

import uuid
from typing import Any

from local.simulator.server import SUBSCRIPTION
from tests.simulator.conftest import Answer, Azure, group, network, peering_to, space, vnet

NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
ZONE_CONTRIBUTOR = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"
ZONE_NAME = "privatelink.westeurope.azmk8s.io"
ZONE = network("privateDnsZones", ZONE_NAME)
FIREWALL = network("azureFirewalls", "fw")
POLICY = network("firewallPolicies", "policy")
TABLE = network("routeTables", "egress")
NODES = network("virtualNetworks/subnets", "spoke", "nodes")
JUMP = f"{group('rg')}/providers/Microsoft.Compute/virtualMachines/jump"
IDENTITY = f"{group('rg')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/aks"
CLUSTER = f"{group('rg')}/providers/Microsoft.ContainerService/managedClusters/payments"
NODE_GROUP = group("MC_rg_payments_westeurope")
FIREWALL_IP = "10.0.0.4"
AKS_RULE = {
    "ruleType": "ApplicationRule",
    "name": "aks",
    "sourceAddresses": ["*"],
    "fqdnTags": ["AzureKubernetesService"],
    "protocols": [{"protocolType": "Https", "port": 443}],
}


def link(of: str) -> str:
    """The path of the link of a VNet to the shared zone."""
    return f"{ZONE}/virtualNetworkLinks/{of}"


async def build_networks(azure: Azure, *, rules: list[dict[str, Any]] | None = None) -> None:
    """Hub with firewall and jump server, spoke with nodes subnet behind the firewall, peered."""
    await azure.made(vnet("hub"), space("10.0.0.0/22", AzureFirewallSubnet="10.0.0.0/26", jump="10.0.1.0/26"))
    await azure.made(vnet("spoke"), space("10.64.0.0/22", nodes="10.64.0.0/23"))
    await build_firewall(azure, [AKS_RULE] if rules is None else rules)
    await azure.made(vnet_peering("hub", "spoke"), peering_to(vnet("spoke")), location=None)
    await azure.made(vnet_peering("spoke", "hub"), peering_to(vnet("hub"), allowForwardedTraffic=True), location=None)
    route = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": FIREWALL_IP}
    await azure.made(TABLE, {"routes": [{"name": "default", "properties": route}]})
    await put_nodes(azure, routeTable={"id": TABLE})
    await build_jump_server(azure)


def vnet_peering(of: str, to: str) -> str:
    """The path of one side of a peering."""
    return network("virtualNetworks/virtualNetworkPeerings", of, f"to-{to}")


async def put_nodes(azure: Azure, **properties: Any) -> Answer:
    """Write the subnet of the nodes."""
    return await azure.made(NODES, {"addressPrefix": "10.64.0.0/23", **properties}, location=None)


async def build_firewall(azure: Azure, rules: list[dict[str, Any]]) -> None:
    """A firewall with a policy that holds the given application or network rules."""
    address = network("publicIPAddresses", "fw")
    await azure.made(address, {"publicIPAllocationMethod": "Static"}, sku={"name": "Standard"})
    await azure.made(POLICY, {"sku": {"tier": "Standard"}, "dnsSettings": {"enableProxy": True}})
    await put_rules(azure, rules)
    configuration = {
        "subnet": {"id": network("virtualNetworks/subnets", "hub", "AzureFirewallSubnet")},
        "publicIPAddress": {"id": address},
    }
    await azure.made(
        FIREWALL,
        {
            "sku": {"name": "AZFW_VNet", "tier": "Standard"},
            "firewallPolicy": {"id": POLICY},
            "ipConfigurations": [{"name": "fw", "properties": configuration}],
        },
    )


async def put_rules(azure: Azure, rules: list[dict[str, Any]]) -> None:
    """Replace the rules of the firewall's policy."""
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "allow",
        "priority": 200,
        "action": {"type": "Allow"},
        "rules": rules,
    }
    collections = [collection] if rules else []
    group_path = f"{POLICY}/ruleCollectionGroups/default"
    await azure.made(group_path, {"priority": 300, "ruleCollections": collections}, location=None)


async def build_jump_server(azure: Azure, *, subnet: str = "jump") -> Answer:
    """A Debian machine in the hub."""
    nic = network("networkInterfaces", "jump")
    place = {"subnet": {"id": network("virtualNetworks/subnets", "hub", subnet)}}
    await azure.made(nic, {"ipConfigurations": [{"name": "ip", "properties": place}]})
    return await azure.made(JUMP, machine(nic))


def machine(nic: str, *, custom_data: str = "") -> dict[str, Any]:
    """The properties of a machine with one interface."""
    profile = {"computerName": "jump", "adminUsername": "azureuser"}
    return {
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {
            "imageReference": {"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
            "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
        },
        "osProfile": {**profile, **({"customData": custom_data} if custom_data else {})},
        "networkProfile": {"networkInterfaces": [{"id": nic}]},
    }


async def accepted(azure: Azure, url: str, body: dict[str, Any], **options: Any) -> Answer:
    """PUT to a provider that answers 202, let it end, and give the end of the operation."""
    answer = await azure.put(url, body, **options)
    assert answer.status == 202, answer.body
    await azure.pass_time()
    return await azure.get(answer.headers["azure-asyncoperation"])


async def build_zone(azure: Azure, *linked: str) -> None:
    """The shared zone, linked to VNets."""
    await accepted(azure, ZONE, {"location": "global"})
    for name in linked:
        await put_link(azure, name)


async def put_link(azure: Azure, of: str) -> Answer:
    """Link the shared zone to a VNet."""
    properties = {"virtualNetwork": {"id": vnet(of)}, "registrationEnabled": False}
    return await accepted(azure, link(of), {"location": "global", "properties": properties})


async def build_identity(azure: Azure) -> str:
    """The cluster's identity with all the roles that it needs; its principal."""
    answer = await azure.put(IDENTITY, {"location": "westeurope"})
    principal = str(answer.properties["principalId"])
    for scope in (vnet("spoke"), TABLE):
        await assign(azure, principal, scope, NETWORK_CONTRIBUTOR)
    await assign(azure, principal, ZONE, ZONE_CONTRIBUTOR)
    await azure.pass_time(300)
    return principal


async def assign(azure: Azure, principal: str, scope: str, role: str, **more: Any) -> Answer:
    """Assign a role; the name of the assignment follows from what it says."""
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"principalId": principal, "roleDefinitionId": definition, "principalType": "ServicePrincipal", **more}
    name = more.get("name") or uuid.uuid5(uuid.NAMESPACE_URL, f"{principal}{scope}{role}")
    url = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return await azure.put(url, {"properties": {k: v for k, v in properties.items() if v is not None and k != "name"}})


def cluster_body(**access: Any) -> dict[str, Any]:
    """A private cluster with overlay networking, egress by the firewall, and the shared zone."""
    return {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {
            "dnsPrefix": "payments",
            "kubernetesVersion": "1.33",
            "agentPoolProfiles": [
                {"name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D4s_v5", "vnetSubnetID": NODES}
            ],
            "networkProfile": {
                "networkPlugin": "azure",
                "networkPluginMode": "overlay",
                "podCidr": "192.168.0.0/16",
                "serviceCidr": "172.16.0.0/16",
                "dnsServiceIP": "172.16.0.10",
                "outboundType": "userDefinedRouting",
            },
            "apiServerAccessProfile": {"enablePrivateCluster": True, "privateDNSZone": ZONE, **access},
        },
    }


async def create_cluster(azure: Azure, **access: Any) -> tuple[Answer, Answer]:
    """PUT the cluster and let its operation end: the end of the operation, and the cluster."""
    answer = await azure.put(CLUSTER, cluster_body(**access))
    assert answer.status == 201, answer.body
    await azure.pass_time(6000)
    return await azure.get(answer.headers["azure-asyncoperation"]), await azure.get(CLUSTER)


async def run_on_jump_server(azure: Azure, *script: str) -> str:
    """Run a script on the jump server; the message of the run command."""
    body = {"commandId": "RunShellScript", "script": list(script)}
    answer = await azure.send("POST", f"{JUMP}/runCommand", body)
    assert answer.status == 202, answer.body
    assert {"azure-asyncoperation", "location"} <= set(answer.headers)
    await azure.pass_time(300)
    end = await azure.get(answer.headers["azure-asyncoperation"])
    assert end.body["status"] == "Succeeded"
    message: str = end.properties["output"]["value"][0]["message"]
    return message


async def records(azure: Azure, zone: str) -> dict[str, str]:
    """The A records of a zone."""
    listed = (await azure.get(f"{zone}/A")).body["value"]
    return {r["name"]: r["properties"]["aRecords"][0]["ipv4Address"] for r in listed}


async def use_firewall_dns(azure: Azure) -> None:
    """Let the spoke ask the firewall's DNS proxy."""
    await azure.made(
        vnet("spoke"),
        {"addressSpace": {"addressPrefixes": ["10.64.0.0/22"]}, "dhcpOptions": {"dnsServers": [FIREWALL_IP]}},
    )
