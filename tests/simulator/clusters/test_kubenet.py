"""Kubenet's routes, public clusters, and a zone in another subscription."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import landscape as land
from tests.simulator.conftest import Answer, Azure, group, network, space, vnet

NODES = network("virtualNetworks/subnets", "plain", "nodes")
GROUPED = f"{land.NODE_GROUP}/providers/Microsoft.Network/routeTables"


def public_cluster(plugin: str, **access: Any) -> dict[str, Any]:
    """A public cluster whose nodes reach out through its load balancer."""
    return {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "payments",
            "agentPoolProfiles": [
                {"name": "system", "mode": "System", "count": 2, "vmSize": "Standard_D4s_v5", "vnetSubnetID": NODES}
            ],
            "networkProfile": {"networkPlugin": plugin, "outboundType": "loadBalancer", "serviceCidr": "172.16.0.0/16"},
            "apiServerAccessProfile": access,
        },
    }


async def create(azure: Azure, plugin: str = "kubenet", **access: Any) -> Answer:
    """Make the cluster in a subnet of a plain network."""
    begun = await azure.put(land.CLUSTER, public_cluster(plugin, **access))
    assert begun.status == 201, begun.body
    await azure.pass_time(6000)
    end = await azure.get(begun.headers["azure-asyncoperation"])
    assert end.body["status"] == "Succeeded", end.body
    return await azure.get(land.CLUSTER)


async def routes_of(azure: Azure, table: str) -> dict[str, tuple[str, str, str]]:
    """The routes of a table: prefix, kind and address of the next hop."""
    found = (await azure.get(f"{table}/routes")).body["value"]
    names = ("addressPrefix", "nextHopType", "nextHopIpAddress")
    return {route["name"]: tuple(route["properties"].get(name) for name in names) for route in found}


async def table_of_nodes(azure: Azure) -> str:
    """The id of the route table of the nodes' subnet, empty without one."""
    return str(((await azure.get(NODES)).properties.get("routeTable") or {}).get("id", ""))


@pytest.fixture
async def plain(azure: Azure) -> Azure:
    """A network with a subnet for nodes, which carries a security group."""
    await azure.made(network("networkSecurityGroups", "nsg"), {})
    await azure.made(vnet("plain"), space("10.8.0.0/16"))
    properties = {
        "addressPrefix": "10.8.0.0/24",
        "networkSecurityGroup": {"id": network("networkSecurityGroups", "nsg")},
    }
    await azure.made(NODES, properties, location=None)
    return azure


async def test_a_public_cluster_in_a_subnet(plain: Azure) -> None:
    """It has a public name and its authorized ranges, and nothing private."""
    cluster = await create(plain, "azure", authorizedIPRanges=["198.51.100.0/24"])
    assert cluster.properties["apiServerAccessProfile"] == {"authorizedIPRanges": ["198.51.100.0/24"]}
    assert cluster.properties["fqdn"].endswith(".hcp.westeurope.azmk8s.io")
    assert "privateFQDN" not in cluster.properties
    assert "privateLinkResources" not in cluster.properties
    assert await table_of_nodes(plain) == ""


async def test_kubenet_makes_a_table_with_a_route_per_node(plain: Azure) -> None:
    """The table lies in the node resource group and is put on the subnet, which keeps what it had."""
    await create(plain)
    table = await table_of_nodes(plain)
    number = table.rsplit("-", 2)[1]
    assert table == f"{GROUPED}/aks-agentpool-{number}-routetable"
    assert len(number) == 8
    assert await routes_of(plain, table) == {
        f"aks-system-{number}-vmss000000____102440024": ("10.244.0.0/24", "VirtualAppliance", "10.8.0.4"),
        f"aks-system-{number}-vmss000001____102441024": ("10.244.1.0/24", "VirtualAppliance", "10.8.0.5"),
    }
    assert (await plain.get(NODES)).properties["networkSecurityGroup"]
    told = [line["event"]["data"]["operationName"] for line in await plain.lines("event")]
    assert told.count("Microsoft.Network/routeTables/routes/write") == 2
    assert told[-3:].count("Microsoft.ContainerService/managedClusters/write") == 1


async def test_routes_follow_the_nodes(plain: Azure) -> None:
    """A larger pool adds routes, a smaller one takes the last ones away; what stays does not change."""
    await create(plain)
    table = await table_of_nodes(plain)
    before = await routes_of(plain, table)
    pool = f"{land.CLUSTER}/agentPools/system"
    for count in (4, 1):
        properties = {"count": count, "mode": "System", "vmSize": "Standard_D4s_v5", "vnetSubnetID": NODES}
        assert (await plain.put(pool, {"properties": properties})).status == 200
        await plain.pass_time()
        now = await routes_of(plain, table)
        assert len(now) == count
        assert all(before[name] == now[name] for name in before.keys() & now.keys())


async def test_deleting_the_cluster_frees_the_subnet(plain: Azure) -> None:
    """The table goes with the node resource group, and the subnet loses it first."""
    await create(plain)
    await plain.removed(land.CLUSTER)
    await plain.pass_time(6000)
    assert await table_of_nodes(plain) == ""
    assert (await plain.get(land.NODE_GROUP)).status == 404


async def test_deleting_its_group_frees_the_subnet_too(plain: Azure) -> None:
    """Also where the cluster goes with a group that its network is not in."""
    await plain.put(group("other"), {"location": "westeurope"})
    cluster = land.CLUSTER.replace("/resourceGroups/rg/", "/resourceGroups/other/")
    await plain.put(cluster, public_cluster("kubenet"))
    await plain.pass_time(6000)
    assert await table_of_nodes(plain)
    await plain.removed(group("other"))
    await plain.pass_time(6000)
    assert await table_of_nodes(plain) == ""


async def test_a_table_of_ones_own_gets_the_routes(plain: Azure) -> None:
    """Then no table is made; the routes of others stay, and prefixes that they use are passed over."""
    own = {"addressPrefix": "10.244.0.0/24", "nextHopType": "None"}
    await plain.made(land.TABLE, {"routes": [{"name": "mine", "properties": own}]})
    await plain.made(NODES, {"addressPrefix": "10.8.0.0/24", "routeTable": {"id": land.TABLE}}, location=None)
    await create(plain)
    found = await routes_of(plain, land.TABLE)
    assert [route[0] for route in found.values()] == ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"]
    assert (await plain.get(GROUPED)).body["value"] == []
    await plain.removed(land.CLUSTER)
    await plain.pass_time(6000)
    assert list(await routes_of(plain, land.TABLE)) == ["mine"]
    assert await table_of_nodes(plain) == land.TABLE


async def test_an_identity_without_a_role_on_the_table_is_refused(plain: Azure) -> None:
    """Kubenet has to write into it."""
    await plain.made(land.TABLE, {})
    await plain.made(NODES, {"addressPrefix": "10.8.0.0/24", "routeTable": {"id": land.TABLE}}, location=None)
    await plain.put(land.IDENTITY, {"location": "westeurope"})
    body = public_cluster("kubenet")
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {land.IDENTITY: {}}}
    refused = await plain.put(land.CLUSTER, body)
    assert (refused.status, refused.body["code"]) == (400, "CustomRouteTableMissingPermission")
