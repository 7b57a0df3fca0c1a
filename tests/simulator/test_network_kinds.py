"""Security groups, route tables, public addresses, firewall policies, firewalls and Bastion hosts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Azure, network, space, vnet

RULE = {
    "access": "Allow",
    "direction": "Inbound",
    "priority": 100,
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}
ROUTE = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.4"}
GROUP, TABLE = network("networkSecurityGroups", "g"), network("routeTables", "t")


def subnet_id(name: str) -> dict[str, str]:
    """A reference to a subnet of network v."""
    return {"id": network("virtualNetworks/subnets", "v", name)}


async def test_a_security_group_shows_six_default_rules(azure: Azure) -> None:
    """Default rules are shown beside the own ones, which are children with the group's etag."""
    made = await azure.made(GROUP, {"securityRules": [{"name": "ssh", "properties": RULE}]})
    assert [r["properties"]["priority"] for r in made.properties["defaultSecurityRules"]] == [65000, 65001, 65500] * 2
    rule = await azure.get(network("networkSecurityGroups/securityRules", "g", "ssh"))
    assert rule.body["etag"] == made.body["etag"]


async def test_rules_of_one_direction_have_different_priorities(azure: Azure) -> None:
    """A second rule of the same direction and priority is refused."""
    await azure.made(GROUP, {"securityRules": [{"name": "ssh", "properties": RULE}]})
    answer = await azure.put(network("networkSecurityGroups/securityRules", "g", "other"), {"properties": RULE})
    assert (answer.status, answer.code) == (400, "SecurityRuleConflict")


async def test_a_put_of_a_group_replaces_its_rules(azure: Azure) -> None:
    """Rules that a PUT of the group leaves out are gone."""
    await azure.made(GROUP, {"securityRules": [{"name": "ssh", "properties": RULE}]})
    assert (await azure.made(GROUP, {})).properties["securityRules"] == []


async def test_a_group_in_use_stays(azure: Azure) -> None:
    """A group that a subnet uses shows it, and is not deleted."""
    await azure.made(GROUP, {})
    await azure.made(vnet("v"), space("10.0.0.0/16"))
    subnet = network("virtualNetworks/subnets", "v", "s")
    await azure.made(subnet, {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": GROUP}}, location=None)
    assert (await azure.get(GROUP)).properties["subnets"] == [{"id": subnet}]
    answer = await azure.delete(GROUP)
    assert (answer.status, answer.code) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")


@pytest.mark.parametrize(
    "route",
    [
        pytest.param({**ROUTE, "nextHopIpAddress": None}, id="appliance without address"),
        pytest.param({**ROUTE, "nextHopType": "Internet"}, id="address without appliance"),
        pytest.param({**ROUTE, "addressPrefix": "10.0.0.1/8"}, id="host bits"),
        pytest.param({**ROUTE, "nextHopType": "Moon"}, id="unknown hop"),
    ],
)
async def test_bad_routes_are_refused(azure: Azure, route: dict[str, Any]) -> None:
    """Each route that says nonsense is refused."""
    await azure.made(TABLE, {})
    assert (await azure.put(network("routeTables/routes", "t", "r"), {"properties": route})).status == 400


async def test_routes_are_children_and_inline(azure: Azure) -> None:
    """A route of the body is a child; a second route for its prefix is refused."""
    made = await azure.made(TABLE, {"routes": [{"name": "default", "properties": ROUTE}]})
    assert made.properties["routes"][0]["id"] == network("routeTables/routes", "t", "default")
    answer = await azure.put(network("routeTables/routes", "t", "again"), {"properties": ROUTE})
    assert (answer.status, answer.code) == (400, "RouteConflict")
    conflict = "Route: again conflicts with Route: default. Routes cannot have the same AddressPrefix."
    assert answer.body["error"]["message"] == conflict
    both = [{"name": name, "properties": ROUTE} for name in ("default", "again")]
    refused = await azure.put(TABLE, {"location": "westeurope", "properties": {"routes": both}})
    assert (refused.status, refused.code) == (400, "RouteConflict")
    assert [route["name"] for route in (await azure.get(f"{TABLE}/routes")).body["value"]] == ["default"]


async def test_public_addresses(azure: Azure) -> None:
    """A standard address is static, allocated at the end of its operation, and keeps address and zones."""
    path, standard = network("publicIPAddresses", "ip"), {"sku": {"name": "Standard"}, "zones": ["1"]}
    body = {"location": "westeurope", "properties": {"publicIPAllocationMethod": "Static"}, **standard}
    refused = await azure.put(path, {**body, "properties": {}})
    assert refused.code == "StandardSkuPublicIPAddressesMustBeStatic"
    assert "ipAddress" not in (await azure.put(path, body)).properties
    await azure.pass_time()
    address = (await azure.get(path)).properties["ipAddress"]
    assert (await azure.made(path, body["properties"], **standard)).properties["ipAddress"] == address  # type: ignore[arg-type]
    moved = await azure.put(path, {**body, "zones": ["2"]})
    assert moved.code == "ResourceAvailabilityZonesCannotBeModified"


async def prepare_firewall(azure: Azure) -> dict[str, Any]:
    """Make what a firewall needs; answer its properties."""
    await azure.made(vnet("v"), space("10.0.0.0/22", AzureFirewallSubnet="10.0.0.0/26", tiny="10.0.1.0/27"))
    address = network("publicIPAddresses", "ip")
    await azure.made(address, {"publicIPAllocationMethod": "Static"}, sku={"name": "Standard"})
    await azure.made(network("firewallPolicies", "p"), {})
    inner = {"subnet": subnet_id("AzureFirewallSubnet"), "publicIPAddress": {"id": address}}
    return {
        "firewallPolicy": {"id": network("firewallPolicies", "p")},
        "ipConfigurations": [{"name": "c", "properties": inner}],
    }


async def test_a_firewall_gets_its_private_address_when_deployed(azure: Azure) -> None:
    """It takes minutes; then it has the subnet's first address, and policy and public address show it."""
    properties = await prepare_firewall(azure)
    path = network("azureFirewalls", "f")
    answer = await azure.put(path, {"location": "westeurope", "properties": properties})
    await azure.pass_time(240)
    assert (await azure.get(answer.headers["azure-asyncoperation"])).body["status"] == "InProgress"
    assert "privateIPAddress" not in (await azure.get(path)).properties["ipConfigurations"][0]["properties"]
    await azure.pass_time()
    configuration = (await azure.get(path)).properties["ipConfigurations"][0]
    assert configuration["properties"]["privateIPAddress"] == "10.0.0.4"
    assert (await azure.get(network("firewallPolicies", "p"))).properties["firewalls"] == [{"id": path}]
    held = (await azure.get(network("publicIPAddresses", "ip"))).properties["ipConfiguration"]
    assert held == {"id": configuration["id"]}
    inner = {"subnet": subnet_id("tiny"), "publicIPAddress": {"id": network("publicIPAddresses", "ip")}}
    nic = {"location": "westeurope", "properties": {"ipConfigurations": [{"name": "c", "properties": inner}]}}
    assert (await azure.put(network("networkInterfaces", "n"), nic)).code == "PublicIPAddressInUse"
    assert (await azure.delete(network("publicIPAddresses", "ip"))).code == "PublicIPAddressCannotBeDeleted"
    assert (await azure.delete(network("firewallPolicies", "p"))).status == 400
    assert (await azure.delete(network("virtualNetworks/subnets", "v", "AzureFirewallSubnet"))).status == 400


async def test_a_firewall_needs_its_own_subnet(azure: Azure) -> None:
    """Another subnet than AzureFirewallSubnet is refused."""
    properties = await prepare_firewall(azure)
    properties["ipConfigurations"][0]["properties"]["subnet"] = subnet_id("tiny")
    answer = await azure.put(network("azureFirewalls", "f"), {"location": "westeurope", "properties": properties})
    assert answer.status == 400


async def test_a_live_policys_groups_take_minutes(azure: Azure) -> None:
    """A group written while no firewall runs the policy takes seconds, afterwards minutes."""
    properties = await prepare_firewall(azure)
    path = network("firewallPolicies/ruleCollectionGroups", "p", "g")
    await azure.put(path, {"properties": {"priority": 200}})
    await azure.pass_time(60)
    assert (await azure.get(path)).properties["provisioningState"] == "Succeeded"
    await azure.made(network("azureFirewalls", "f"), properties)
    await azure.put(path, {"properties": {"priority": 300}})
    await azure.pass_time(60)
    assert (await azure.get(path)).properties["provisioningState"] == "Updating"
    await azure.pass_time()
    assert (await azure.get(path)).properties["priority"] == 300


async def test_a_policy_goes_at_once_with_its_groups(azure: Azure) -> None:
    """DELETE of a policy answers 200 without operation, and its groups are gone."""
    await azure.made(network("firewallPolicies", "p"), {})
    group = network("firewallPolicies/ruleCollectionGroups", "p", "g")
    rules = [{"ruleType": "NetworkRule", "name": "dns", "ipProtocols": ["UDP"]}]
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "c",
        "priority": 1,
        "rules": rules,
    }
    made = await azure.made(group, {"priority": 200, "ruleCollections": [collection]}, location=None)
    assert made.properties["ruleCollections"][0]["rules"][0]["destinationFqdns"] == []
    answer = await azure.delete(network("firewallPolicies", "p"))
    assert (answer.status, answer.headers.get("azure-asyncoperation")) == (200, None)
    assert (await azure.get(group)).status == 404


async def test_a_developer_bastion_needs_a_network_only(azure: Azure) -> None:
    """The SKU Developer has neither subnet nor address of its own; it names the network."""
    await azure.made(vnet("v"), space("10.0.0.0/22"))
    body = {"location": "westeurope", "sku": {"name": "Developer"}, "properties": {}}
    assert (await azure.put(network("bastionHosts", "b"), body)).code == "BastionHostVirtualNetworkRequired"
    body["properties"] = {"virtualNetwork": {"id": vnet("v")}}
    assert (await azure.put(network("bastionHosts", "b"), body)).status == 201
    await azure.pass_time(6000)
    shown = await azure.get(network("bastionHosts", "b"))
    assert (shown.body["sku"]["name"], shown.properties["provisioningState"]) == ("Developer", "Succeeded")


async def test_a_bastion_needs_its_own_large_subnet(azure: Azure) -> None:
    """AzureBastionSubnet of /26 is taken, /27 refused."""
    await azure.made(vnet("v"), space("10.0.0.0/22", AzureBastionSubnet="10.0.0.0/27"))
    body = {
        "location": "westeurope",
        "properties": {"ipConfigurations": [{"name": "c", "properties": {"subnet": subnet_id("AzureBastionSubnet")}}]},
    }
    assert (await azure.put(network("bastionHosts", "b"), body)).status == 400
    await azure.made(vnet("v"), space("10.0.0.0/22", AzureBastionSubnet="10.0.0.0/26"))
    answer = await azure.put(network("bastionHosts", "b"), body)
    assert answer.status == 201
    assert answer.properties["dnsName"].endswith(".bastion.azure.com")


async def test_a_deployment_writes_its_templates_resources(azure: Azure) -> None:
    """A template's resources are written in the order of their dependencies, expressions evaluated."""
    resources = [
        {
            "type": "Microsoft.Network/networkInterfaces",
            "name": "n",
            "apiVersion": "2022-01-01",
            "location": "westeurope",
            "dependsOn": ["[resourceId('Microsoft.Network/virtualNetworks', 'v')]"],
            "properties": {"ipConfigurations": [{"name": "c", "properties": {"subnet": subnet_id("s")}}]},
        },
        {
            "type": "Microsoft.Network/virtualNetworks",
            "name": "[parameters('name')]",
            "apiVersion": "2022-01-01",
            "location": "westeurope",
            "properties": space("10.0.0.0/16", s="10.0.0.0/24"),
        },
    ]
    template = {"parameters": {"name": {"type": "string"}}, "resources": resources}
    path = network("virtualNetworks").replace("Microsoft.Network/virtualNetworks", "Microsoft.Resources/deployments/d")
    body = {"properties": {"mode": "Incremental", "template": template, "parameters": {"name": {"value": "v"}}}}
    answer = await azure.put(path, body, version="2022-09-01")
    assert answer.status == 201
    nic = await azure.get(network("networkInterfaces", "n"))
    assert nic.properties["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.0.4"
    await azure.pass_time()
    assert (await azure.get(path, version="2022-09-01")).properties["provisioningState"] == "Succeeded"
