"""A cluster in one subscription, its zone and who asks for its name in another."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from local.simulator.server import SUBSCRIPTION, Simulator
from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, group, network, space, vnet

OTHER = "11111111-1111-1111-1111-111111111111"


def there(path: str) -> str:
    """The same path in the other subscription."""
    return path.replace(SUBSCRIPTION, OTHER)


@pytest.fixture
async def two(spawn: Callable[..., Awaitable[Simulator]]) -> AsyncIterator[Azure]:
    """An Azure with two subscriptions, each with a group rg; hub, firewall and spoke lie in the first."""
    simulator = await spawn(speed=0, subscriptions={SUBSCRIPTION: "A", OTHER: "B"})
    context = ssl.create_default_context(cafile=simulator.endpoints["caBundle"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        azure = Azure(simulator, session)
        for path in (group("rg"), there(group("rg"))):
            await azure.put(path, {"location": "westeurope"})
        await land.build_networks(azure)
        yield azure


async def build_zone_there(azure: Azure) -> None:
    """The zone in the other subscription, linked to both networks here and to one there with a jump server."""
    await azure.made(there(vnet("ops")), space("10.9.0.0/24", jump="10.9.0.0/26"))
    await land.accepted(azure, there(land.ZONE), {"location": "global"})
    for name, target in (("hub", vnet("hub")), ("spoke", vnet("spoke")), ("ops", there(vnet("ops")))):
        properties = {"virtualNetwork": {"id": target}, "registrationEnabled": False}
        end = await land.accepted(azure, there(land.link(name)), {"location": "global", "properties": properties})
        assert end.body["status"] == "Succeeded", end.body
    nic = there(network("networkInterfaces", "jump"))
    place = {"subnet": {"id": there(network("virtualNetworks/subnets", "ops", "jump"))}}
    await azure.made(nic, {"ipConfigurations": [{"name": "ip", "properties": place}]})
    await azure.made(there(land.JUMP), land.machine(nic))


async def test_a_zone_of_another_subscription_serves_the_cluster(two: Azure) -> None:
    """The record is written there, AKS links nothing twice, and jump servers of both subscriptions resolve it."""
    await build_zone_there(two)
    principal = await land.build_identity(two)
    await land.assign(two, principal, there(land.ZONE), land.ZONE_CONTRIBUTOR)
    await two.pass_time(300)
    end, cluster = await land.create_cluster(two, privateDNSZone=there(land.ZONE))
    assert end.body["status"] == "Succeeded", end.body
    records = await land.records(two, there(land.ZONE))
    name = cluster.properties["privateFQDN"]
    assert [f"{record}.{land.ZONE_NAME}" for record in records] == [name]
    (address,) = records.values()
    for jump in (land.JUMP, there(land.JUMP)):
        assert f"Address: {address}" in await ask(two, jump, f"nslookup {name}")
    assert "succeeded!" in await ask(two, land.JUMP, f"nc -zvw 3 {name} 443")
    assert "timed out" in await ask(two, there(land.JUMP), f"nc -zvw 3 {name} 443")


async def test_without_a_role_there_the_cluster_is_refused(two: Azure) -> None:
    """The identity needs one on the zone, wherever that lies."""
    await build_zone_there(two)
    await land.build_identity(two)
    refused = await two.put(land.CLUSTER, land.cluster_body(privateDNSZone=there(land.ZONE)))
    assert (refused.status, refused.body["code"]) == (400, "CustomPrivateDNSZoneMissingPermissionError")


async def test_a_query_spans_subscriptions(two: Azure) -> None:
    """Resource Graph finds in all the subscriptions that are named, or in all where none is."""
    await build_zone_there(two)
    graph = "/providers/Microsoft.ResourceGraph/resources"
    query = "resources | where type =~ 'microsoft.network/virtualnetworks' | project name, subscriptionId"
    found = []
    for given in ({"subscriptions": [OTHER]}, {"subscriptions": [OTHER, SUBSCRIPTION]}, {}):
        answer = await two.send("POST", graph, {"query": query, **given}, version="2021-03-01")
        found.append([row["name"] for row in answer.body["data"]])
    assert found == [["ops"], ["ops", "hub", "spoke"], ["hub", "spoke", "ops"]]


async def ask(azure: Azure, machine: str, script: str) -> str:
    """Run a script on a jump server; what it printed."""
    answer = await azure.send("POST", f"{machine}/runCommand", {"commandId": "RunShellScript", "script": [script]})
    assert answer.status == 202, answer.body
    await azure.pass_time(300)
    end = await azure.get(answer.headers["azure-asyncoperation"])
    return str(end.properties["output"]["value"][0]["message"])
