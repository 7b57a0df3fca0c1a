"""What stands beside networks: NAT gateways, prefixes, application security groups, IP groups, default rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Azure, network, space, vnet

GATEWAY, ADDRESS = network("natGateways", "nat"), network("publicIPAddresses", "out")
PREFIX, NAMES, LIST = (
    network("publicIPPrefixes", "p"),
    network("applicationSecurityGroups", "a"),
    network("ipGroups", "i"),
)
GROUP, SUBNET = network("networkSecurityGroups", "g"), network("virtualNetworks/subnets", "v", "s")
STATIC = {"publicIPAllocationMethod": "Static"}
STANDARD = {"name": "Standard"}


async def test_a_gateway_is_held_by_its_subnets_and_holds_its_address(azure: Azure) -> None:
    """Gateway and address show who uses them, and neither goes before its user."""
    await azure.made(ADDRESS, STATIC, sku=STANDARD)
    made = await azure.made(GATEWAY, {"publicIpAddresses": [{"id": ADDRESS}]}, sku=STANDARD)
    assert made.properties["idleTimeoutInMinutes"] == 4
    await azure.made(vnet("v"), space("10.0.0.0/16", s="10.0.0.0/24"))
    await azure.made(SUBNET, {"addressPrefix": "10.0.0.0/24", "natGateway": {"id": GATEWAY}}, location=None)
    assert (await azure.get(GATEWAY)).properties["subnets"] == [{"id": SUBNET}]
    assert (await azure.get(ADDRESS)).properties["natGateway"] == {"id": GATEWAY}
    assert (await azure.delete(GATEWAY)).code == "InUseNatGatewayCannotBeDeleted"
    assert (await azure.delete(ADDRESS)).code == "PublicIPAddressCannotBeDeleted"
    await azure.made(SUBNET, {"addressPrefix": "10.0.0.0/24"}, location=None)
    await azure.removed(GATEWAY)
    await azure.removed(ADDRESS)


async def test_a_subnet_names_a_gateway_that_exists(azure: Azure) -> None:
    """A NAT gateway that is not there cannot be used."""
    subnet = {"name": "s", "properties": {"addressPrefix": "10.0.0.0/24", "natGateway": {"id": GATEWAY}}}
    properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet]}
    answer = await azure.put(vnet("v"), {"location": "westeurope", "properties": properties})
    assert (answer.status, answer.code) == (400, "InvalidResourceReference")


async def test_prefixes_do_not_overlap(azure: Azure) -> None:
    """Each prefix gets a range of its length, keeps it, and no two share one."""
    one = await azure.made(PREFIX, {"prefixLength": 30}, sku=STANDARD)
    two = await azure.made(PREFIX + "2", {"prefixLength": 28}, sku=STANDARD)
    assert [one.properties["ipPrefix"], two.properties["ipPrefix"]] == ["20.80.0.0/30", "20.80.1.0/28"]
    again = await azure.made(PREFIX, {"prefixLength": 30}, sku=STANDARD)
    assert again.properties["ipPrefix"] == "20.80.0.0/30"


@pytest.mark.parametrize(
    "properties", [{}, {"prefixLength": 8}, {"prefixLength": 30, "publicIPAddressVersion": "IPv6"}]
)
async def test_a_prefix_has_a_length_on_offer(azure: Azure, properties: dict[str, Any]) -> None:
    """Lengths that Azure does not hand out are refused."""
    answer = await azure.put(PREFIX, {"location": "westeurope", "properties": properties})
    assert answer.status == 400


async def test_a_prefix_in_use_stays_as_it_is(azure: Azure) -> None:
    """A prefix keeps its length, shows the addresses taken from it, and goes after them."""
    await azure.made(PREFIX, {"prefixLength": 30}, sku=STANDARD)
    await azure.made(ADDRESS, STATIC | {"publicIPPrefix": {"id": PREFIX}}, sku=STANDARD)
    assert (await azure.get(PREFIX)).properties["publicIPAddresses"] == [{"id": ADDRESS}]
    longer = await azure.put(PREFIX, {"location": "westeurope", "properties": {"prefixLength": 31}})
    assert longer.code == "PrefixLengthCannotBeChanged"
    assert (await azure.delete(PREFIX)).code == "PublicIPPrefixInUse"
    await azure.removed(ADDRESS)
    await azure.removed(PREFIX)


async def test_rules_hold_the_application_security_groups_that_they_name(azure: Azure) -> None:
    """A group that a rule names goes after the rule."""
    await azure.made(NAMES, {})
    rule = {
        "access": "Allow",
        "direction": "Inbound",
        "priority": 100,
        "protocol": "Tcp",
        "sourceApplicationSecurityGroups": [{"id": NAMES}],
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
    }
    await azure.made(GROUP, {"securityRules": [{"name": "r", "properties": rule}]})
    assert (await azure.delete(NAMES)).code == "InUseApplicationSecurityGroupCannotBeDeleted"
    await azure.removed(GROUP)
    await azure.removed(NAMES)


async def test_rules_hold_the_ip_groups_that_they_name(azure: Azure) -> None:
    """An IP group shows the policies whose rules name it, and goes at once when none does."""
    made = await azure.made(LIST, {"ipAddresses": ["10.0.0.0/24"]})
    assert (made.properties["ipAddresses"], made.properties["firewallPolicies"]) == (["10.0.0.0/24"], [])
    policy = network("firewallPolicies", "fp")
    await azure.made(policy, {})
    rule = {"ruleType": "NetworkRule", "name": "r", "ipProtocols": ["TCP"], "sourceIpGroups": [LIST]}
    rule |= {"destinationAddresses": ["*"], "destinationPorts": ["443"]}
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "c",
        "priority": 100,
        "action": {"type": "Allow"},
        "rules": [rule],
    }
    rules = network("firewallPolicies/ruleCollectionGroups", "fp", "g")
    await azure.made(rules, {"priority": 100, "ruleCollections": [collection]}, location=None)
    assert (await azure.get(LIST)).properties["firewallPolicies"] == [{"id": policy}]
    assert (await azure.delete(LIST)).code == "IpGroupsInUse"
    await azure.removed(policy)
    assert (await azure.delete(LIST)).status == 200
    assert (await azure.get(LIST)).status == 404


async def test_default_rules_can_be_read_by_themselves(azure: Azure) -> None:
    """The six default rules are listed and shown as in their group, and cannot be written."""
    group = await azure.made(GROUP, {})
    rules = f"{GROUP}/defaultSecurityRules"
    assert (await azure.get(rules)).body["value"] == group.properties["defaultSecurityRules"]
    one = await azure.get(f"{rules}/denyallinbound")
    assert (one.status, one.properties["priority"]) == (200, 65500)
    assert (await azure.get(f"{rules}/other")).status == 404
    assert (await azure.put(f"{rules}/mine", {"properties": {}})).status == 405
    assert (await azure.delete(f"{rules}/DenyAllInBound")).status == 405
