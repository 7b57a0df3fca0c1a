"""The sweep: lists of whole subscriptions, whatever the number of spokes; nothing is written where nothing differs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.somebody import HOME, Somebody
from orchestration.sweeping import Swept
from tests.e2e.at_rest import Landscape, open_landscape
from tests.e2e.damage import NO_EVENTS, short
from tests.e2e.site import TAG, Site, eventually, hub, hub_network, open_site
from tests.e2e.stage import Json, all_ready, is_ready, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

GROUP = f"/subscriptions/{HOME}/resourceGroups/rg-teams"
NETWORKS = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
MOST = 20
"""Calls to Azure that a sweep may cost."""

WITH_ONE_ZONE = Counter(
    {
        "GET virtualNetworks": 1,
        "GET routeTables": 1,
        "GET managedClusters": 1,
        "GET privateDnsZones": 1,
        "GET virtualNetworkLinks": 1,
    }
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a site whose hub takes in every network of the subscription that asks."""
    rules = [{"subscriptions": [HOME], "action": "auto"}]
    async with open_site(tmp_path_factory.mktemp("sweep"), lambda _: [hub(rules=rules)]) as site:
        await site.somebody.group("rg-teams")
        yield site


async def _attach(site: Site, numbers: range) -> None:
    """Let networks ask and be attached."""
    await asyncio.gather(*(_network(site.somebody, number) for number in numbers))
    await until(lambda: all_ready(site.client, 1 + numbers.stop), 60)


async def _network(somebody: Somebody, number: int) -> str:
    block = f"10.80.{number}"
    subnets = {"apps": {"addressPrefix": f"{block}.0/25"}}
    return await somebody.network(GROUP, f"vnet-{number}", [f"{block}.0/24"], subnets, {TAG: "weu"})


async def _sweep(site: Site) -> tuple[Json, Counter[str]]:
    """Sweep; return what was answered, and what Azure was asked, as `METHOD last part of the path`."""
    await site.quiet()
    mark = await site.mark()
    swept = await site.client.post("sweep")
    await site.quiet()
    lines = await site.ours(mark)
    return swept, Counter(f"{line['method']} {line['path'].rpartition('/')[2]}" for line in lines)


async def test_at_rest_it_lists_and_writes_nothing(site: Site) -> None:
    """Six spokes or twelve: one list of each kind, no single resource, no write, nobody woken."""
    await _attach(site, range(6))
    assert await _sweep(site) == ({"documents": 7, "woken": [], "found": []}, WITH_ONE_ZONE)
    await _attach(site, range(6, 12))
    assert await _sweep(site) == ({"documents": 13, "woken": [], "found": []}, WITH_ONE_ZONE)


async def test_what_leads_nowhere_is_removed(site: Site) -> None:
    """A peering of ours whose other network is gone, and a link to it, of which nobody knows any more."""
    somebody, network = site.somebody, hub_network()
    await site.client.break_azure([NO_EVENTS])
    lost = await somebody.network(GROUP, "vnet-lost", ["10.99.0.0/24"])
    side = await somebody.peer(network, "weu-to-lost", lost)
    await somebody.peer(lost, "lost-to-weu", network)
    zone = (await site.client.api("hubs/weu"))["status"]["outputs"]["privateDnsZoneId"]
    link = f"{zone}/virtualNetworkLinks/lost"
    properties = {"virtualNetwork": {"id": lost}, "registrationEnabled": False}
    await somebody.put(link, {"location": "global", "properties": properties})
    await somebody.delete(lost)
    await site.client.break_azure([])
    assert (await somebody.get(side))["properties"]["peeringState"] == "Disconnected"
    mark = await site.mark()
    assert (await site.client.post("sweep"))["woken"] == ["Hub/weu"]
    await eventually(lambda: _there(somebody, side, link), [False, False])
    await site.quiet()
    writes = await site.ours(mark, "PUT", "DELETE", "PATCH")
    assert sorted(f"{line['method']} {short(line['path'])}" for line in writes) == [
        "DELETE virtualNetworkLinks/lost",
        "DELETE virtualNetworkPeerings/weu-to-lost",
    ]


async def _there(somebody: Somebody, *paths: str) -> list[bool]:
    return [await somebody.get(path) is not None for path in paths]


async def test_links_of_several_zones_are_one_query(site: Site) -> None:
    """With a second zone, which AKS made, no zone is listed any more: Resource Graph has the links of all."""
    table = (await site.attached(f"{NETWORKS}/vnet-0"))["status"]["outputs"]["routeTableId"]
    identity = await site.somebody.identity(GROUP, "theirs", f"{NETWORKS}/vnet-0", table)
    access = {"enablePrivateCluster": True, "privateDNSZone": "system"}
    await site.somebody.cluster(GROUP, "theirs", f"{NETWORKS}/vnet-0/subnets/apps", identity, access)

    async def ready() -> bool:
        found = (await site.client.api("clusters"))["items"]
        return len(found) == 1 and is_ready(found[0])

    await until(ready, 40)
    swept, asked = await _sweep(site)
    assert (swept["documents"], swept["woken"], swept["found"]) == (14, [], [])
    further = Counter({"POST resources": 1, "GET networkInterfaces": 1})  # The second, where clusters' endpoints are.
    assert asked == WITH_ONE_ZONE - Counter({"GET virtualNetworkLinks": 1}) + further


# Two hundred spokes: the sweep in this process, on the real store and the real door, against the simulated Azure


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def landscape(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Landscape]:
    """Yield 200 spokes at rest, in the store and in Azure."""
    with pytest.MonkeyPatch.context() as environment:
        async with open_landscape(tmp_path_factory.mktemp("rest"), 200, environment.setenv) as landscape:
            yield landscape


async def test_two_hundred_spokes_cost_pages_only(landscape: Landscape) -> None:
    """Their networks come in three pages and their tables in two; nothing else grows, and nothing differs."""
    swept, asked = await landscape.sweep()
    assert swept == Swept(201, (), ())
    assert asked == WITH_ONE_ZONE + Counter({"GET virtualNetworks": 2, "GET routeTables": 1})
    assert asked.total() < MOST


async def test_one_of_two_hundred_is_found(landscape: Landscape) -> None:
    """A route that was removed on the last page wakes its document and no other."""
    document = landscape.documents[-1]
    await landscape.delete(f"{document['status']['outputs']['routeTableId']}/routes/default-to-firewall")
    swept, _ = await landscape.sweep()
    assert swept == Swept(201, (f"Spoke/{document['metadata']['name']}",), ())
    assert landscape.client.started == [swept.woken[0]]
