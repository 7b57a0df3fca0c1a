"""Private zones that exist already: used from another subscription and left there, and found before they collide."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import ELSEWHERE, HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.names import cluster, hub, rows, said, spoke
from tests.e2e.site import NO_SWEEP, Site, hub_group, hub_network
from tests.e2e.stage import Json, all_ready, condition, none_left, requests, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CENTRAL = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg-central-dns/providers/Microsoft.Network/privateDnsZones"
SHARED = f"{CENTRAL}/privatelink.westeurope.azmk8s.io"
TEAM = f"{CENTRAL}/team-b.privatelink.westeurope.azmk8s.io"
THEIRS = f"/subscriptions/{HOME}/resourceGroups/rg-theirs"


def documents() -> list[Json]:
    """Return a hub that uses a central zone, a cluster in it, and one in a central zone below it."""
    return [
        hub({"mode": "forwarder", "zoneId": SHARED}),
        spoke("shared"),
        cluster("shared", {"mode": "shared"}),
        spoke("subzone"),
        cluster("subzone", {"mode": "subzone", "subzone": "team-b", "zoneId": TEAM}),
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a stack with two subscriptions, in one of which somebody keeps all private zones, linked to a network."""
    options = Options(tmp_path_factory.mktemp("zones"), 150.0, settings=NO_SWEEP, subscriptions=(HOME, ELSEWHERE))
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await somebody.group("rg-central-dns", ELSEWHERE)
        group = await somebody.group("rg-theirs")
        network = await somebody.network(group, "theirs", ["10.200.0.0/24"])
        for zone in (SHARED, TEAM):
            await somebody.put(zone, {"location": "global"})
            await somebody.put(f"{zone}/virtualNetworkLinks/theirs", link(network))
        yield Site(stack, client, somebody)


def link(network: str) -> Json:
    """Return what a link is made with."""
    properties = {"virtualNetwork": {"id": network}, "registrationEnabled": False}
    return {"location": "global", "properties": properties}


async def links(site: Site, zone: str) -> list[str]:
    """Return the names of a zone's links."""
    return sorted(one["name"] for one in (await site.somebody.get(f"{zone}/virtualNetworkLinks"))["value"])


async def test_a_network_with_another_zone_of_the_name_is_found(site: Site) -> None:
    """The hub's network is linked to somebody's zone of the name: the plan says which, and Azure is not tried."""
    await site.somebody.group("rg-hub-weu")
    await site.somebody.network(hub_group(), "vnet-hub-weu", ["10.0.0.0/22"])
    rival = f"{THEIRS}/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
    await site.somebody.put(rival, {"location": "global"})
    await site.somebody.put(f"{rival}/virtualNetworkLinks/hub", link(hub_network()))
    await site.client.send({"documents": documents()}, message_id="zones")

    async def found() -> bool:
        return said(await site.client.api("hubs/weu"), "Ready") == ("False", "ZoneNameTaken")

    await until(found)
    message = condition(await site.client.api("hubs/weu"), "Ready")["message"]
    assert rival in message
    assert "dns.zoneId" in message
    tried = requests(await site.client.journal(), "PUT")
    assert [line["path"] for line in tried if line["path"].startswith(f"{SHARED}/virtualNetworkLinks/")] == []
    await site.somebody.delete(f"{rival}/virtualNetworkLinks/hub")
    await site.client.post("hubs/weu/retry")


async def test_zones_of_another_subscription_are_used(site: Site) -> None:
    """Both are linked to whoever has to resolve them, and everybody does; nothing else is put into them."""
    await until(lambda: all_ready(site.client, len(documents())))
    assert set(await links(site, SHARED)) >= {"theirs", "vnet-hub-weu"}
    assert set(await links(site, TEAM)) >= {"theirs", "vnet-hub-weu"}
    for name in ("shared", "subzone"):
        found = await rows(site.client, name)
        assert {row["resolves"] for row in found.values()} == {"True"}
    records = (await site.somebody.get(f"{SHARED}/A"))["value"]
    assert not [one["name"] for one in records if "spokewright" in one["name"]]


async def test_they_stay_when_the_documents_go(site: Site) -> None:
    """Our links go, and nothing else of the zones, nor of their links to others."""
    await site.client.send({"documents": documents()}, "delete", message_id="zones-away")
    await until(lambda: none_left(site.client))
    assert await site.somebody.get(SHARED) is not None
    assert await site.somebody.get(TEAM) is not None
    assert "theirs" in await links(site, SHARED)
    assert "vnet-hub-weu" not in await links(site, SHARED)
