"""Virtual networks and subnets: PUT replaces, addresses are checked, references are shown both ways."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Azure, network, space, vnet


def subnet(name: str, of: str = "v") -> str:
    """The path of a subnet."""
    return network("virtualNetworks/subnets", of, name)


BAD: list[Any] = [
    pytest.param(space("10.0.0.0/24--no-wait"), "InvalidAddressPrefixFormat", id="no prefix"),
    pytest.param(space("10.0.0.1/24"), "InvalidCIDRNotation", id="host bits"),
    pytest.param(space("10.0.0.0/24", s="10.1.0.0/24"), "NetcfgInvalidSubnet", id="outside"),
    pytest.param(space("10.0.0.0/24", s="10.0.0.0/30"), "NetcfgInvalidSubnet", id="too small"),
    pytest.param(space("10.0.0.0/24", a="10.0.0.0/25", b="10.0.0.64/26"), "NetcfgSubnetRangesOverlap", id="overlap"),
    pytest.param({"addressSpace": {"addressPrefixes": []}}, "InvalidRequestFormat", id="no space"),
    pytest.param(
        {**space("10.0.0.0/24"), "dhcpOptions": {"dnsServers": ["ns1"]}}, "InvalidDnsServerIpAddress", id="dns"
    ),
]


@pytest.mark.parametrize(("properties", "code"), BAD)
async def test_bad_address_spaces_are_refused(azure: Azure, properties: dict[str, Any], code: str) -> None:
    """Each wrong prefix is refused with Azure's code."""
    answer = await azure.put(vnet("v"), {"location": "westeurope", "properties": properties})
    assert (answer.status, answer.code) == (400, code)


async def test_a_childs_change_changes_the_networks_etag(azure: Azure) -> None:
    """Network and subnets share one etag, and If-Match holds the line."""
    before = await azure.made(vnet("v"), space("10.0.0.0/16"))
    await azure.made(subnet("s"), {"addressPrefix": "10.0.0.0/24"}, location=None)
    after = await azure.get(vnet("v"))
    assert after.body["etag"] != before.body["etag"]
    assert after.body["etag"] == after.headers["etag"] == after.properties["subnets"][0]["etag"]
    body = {"location": "westeurope", "properties": space("10.0.0.0/16")}
    stale = await azure.put(vnet("v"), body, headers={"if-match": before.body["etag"]})
    assert (stale.status, stale.code) == (412, "PreconditionFailed")
    assert (await azure.put(vnet("v"), body, headers={"if-match": after.body["etag"]})).status == 200


@pytest.mark.parametrize(
    ("version", "subnets", "left"),
    [
        pytest.param("2024-07-01", None, ["s"], id="not mentioned: kept"),
        pytest.param("2022-01-01", None, [], id="not mentioned, old api-version: gone"),
        pytest.param("2024-07-01", [], [], id="empty list: gone"),
    ],
)
async def test_subnets_left_out_of_a_put(
    azure: Azure, version: str, subnets: list[Any] | None, left: list[str]
) -> None:
    """Since 2023-09-01 a PUT that does not mention subnets keeps them; an empty list removes them."""
    await azure.made(vnet("v"), space("10.0.0.0/16", s="10.0.0.0/24"))
    properties = {k: v for k, v in space("10.0.0.0/16").items() if k != "subnets"}
    if subnets is not None:
        properties["subnets"] = subnets
    await azure.put(vnet("v"), {"location": "westeurope", "properties": properties}, version=version)
    await azure.pass_time()
    assert [s["name"] for s in (await azure.get(vnet("v"))).properties["subnets"]] == left


async def test_a_subnet_put_drops_what_it_leaves_out(azure: Azure) -> None:
    """A subnet PUT without route table takes the association away, on both sides."""
    await azure.made(vnet("v"), space("10.0.0.0/16"))
    table = network("routeTables", "t")
    await azure.made(table, {})
    with_table = await azure.made(
        subnet("s"), {"addressPrefix": "10.0.0.0/24", "routeTable": {"id": table}}, location=None
    )
    assert with_table.properties["routeTable"] == {"id": table}
    assert (await azure.get(table)).properties["subnets"] == [{"id": subnet("s")}]
    in_use = await azure.delete(table)
    assert (in_use.status, in_use.code) == (400, "InUseRouteTableCannotBeDeleted")
    without = await azure.made(subnet("s"), {"addressPrefix": "10.0.0.0/24"}, location=None)
    assert "routeTable" not in without.properties
    assert "subnets" not in (await azure.get(table)).properties
    assert (await azure.delete(table)).status == 202


async def test_interfaces_get_the_first_free_addresses(azure: Azure) -> None:
    """A NIC gets .4 at once, the next .5; the subnet shows both and is then in use."""
    await azure.made(vnet("v"), space("10.0.0.0/16", s="10.0.0.0/24"))
    for name, address in (("a", "10.0.0.4"), ("b", "10.0.0.5")):
        body = {"ipConfigurations": [{"name": "c", "properties": {"subnet": {"id": subnet("s")}}}]}
        answer = await azure.put(network("networkInterfaces", name), {"location": "westeurope", "properties": body})
        assert answer.properties["ipConfigurations"][0]["properties"]["privateIPAddress"] == address
    await azure.pass_time()
    shown = (await azure.get(subnet("s"))).properties["ipConfigurations"]
    assert [each["id"] for each in shown] == [
        network("networkInterfaces", name) + "/ipConfigurations/c" for name in ("a", "b")
    ]
    for path in (subnet("s"), vnet("v")):
        refused = await azure.delete(path)
        assert (refused.status, refused.code) == (400, "InUseSubnetCannotBeDeleted")
    free = await azure.get(vnet("v") + "/CheckIPAddressAvailability", ipAddress="10.0.0.4")
    assert free.body["availableIPAddresses"][0] == "10.0.0.6"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("10.0.9.4", "PrivateIPAddressNotInSubnet"),
        ("10.0.0.3", "PrivateIPAddressInReservedRange"),
        ("10.0.0.4", "PrivateIPAddressIsAllocated"),
    ],
)
async def test_static_addresses_are_checked(azure: Azure, address: str, code: str) -> None:
    """A static address must be in the subnet, not reserved and not taken."""
    await azure.made(vnet("v"), space("10.0.0.0/16", s="10.0.0.0/24"))
    inner: dict[str, Any] = {"subnet": {"id": subnet("s")}}
    body = {"ipConfigurations": [{"name": "c", "properties": inner}]}
    await azure.made(network("networkInterfaces", "a"), body)
    inner |= {"privateIPAllocationMethod": "Static", "privateIPAddress": address}
    answer = await azure.put(network("networkInterfaces", "b"), {"location": "westeurope", "properties": body})
    assert (answer.status, answer.code) == (400, code)


async def test_references_must_exist_in_the_same_region(azure: Azure) -> None:
    """A subnet refers only to a route table that is there, in its region."""
    await azure.made(vnet("v"), space("10.0.0.0/16"))
    await azure.made(network("routeTables", "far"), {}, location="eastus")
    for table in ("none", "far"):
        body = {"addressPrefix": "10.0.0.0/24", "routeTable": {"id": network("routeTables", table)}}
        answer = await azure.put(subnet("s"), {"properties": body})
        assert (answer.status, answer.code) == (400, "InvalidResourceReference")


async def test_a_gateway_subnet_takes_no_security_group(azure: Azure) -> None:
    """GatewaySubnet and AzureFirewallSubnet refuse an NSG."""
    await azure.made(vnet("v"), space("10.0.0.0/16"))
    await azure.made(network("networkSecurityGroups", "g"), {})
    for name in ("GatewaySubnet", "AzureFirewallSubnet"):
        body = {"addressPrefix": "10.0.0.0/26", "networkSecurityGroup": {"id": network("networkSecurityGroups", "g")}}
        answer = await azure.put(subnet(name), {"properties": body})
        assert answer.status == 400
        assert answer.code.startswith("NetworkSecurityGroupCannotBeAttachedTo")
