"""Every zone mode with every DNS mode: all of it ready, everybody's resolution measured, and all of it gone again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import Somebody
from local.stack import Options, Stack
from tests.e2e.names import THEIRS, ZONES, cluster, hub, reach, rows, servers, spoke
from tests.e2e.site import NO_SWEEP, Site
from tests.e2e.stage import Json, all_ready, condition, none_left, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HUBS: dict[str, Json] = {
    "azure": {"mode": "azure"},
    "forwarder": {"mode": "forwarder"},
    "resolver": {"mode": "resolver"},
    "external": {"mode": "external", "customServers": list(THEIRS)},
    "proxied": {"mode": "forwarder", "viaFirewall": True},
}
ADDRESSES: dict[str, tuple[str, ...]] = {
    "azure": (),
    "forwarder": ("10.0.1.4", "10.0.1.5"),
    "resolver": ("10.0.0.100",),
    "external": THEIRS,
    "proxied": ("10.0.1.4", "10.0.1.5"),
}
"""The servers that each mode has."""


def documents(dns: Json) -> list[Json]:
    """Return the hub, a spoke with a cluster for each zone mode, and a spoke that is to resolve all of them."""
    found = [hub(dns), spoke("agents", dns={"resolvesClusters": True})]
    for name, private_dns in ZONES.items():
        # One spoke is to resolve all clusters and has one itself, whose zone AKS links to it too.
        asks = {"dns": {"resolvesClusters": True}} if name == "shared" else {}
        found += [spoke(name, **asks), cluster(name, private_dns)]
    return found


@pytest_asyncio.fixture(params=HUBS, scope="module", loop_scope="module")
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, Site, list[Json]]]:
    """Yield a stack on which all of it is ready, with the DNS mode's name."""
    mode, dns = request.param, dict(HUBS[request.param])
    options = Options(tmp_path_factory.mktemp(mode), 90.0, settings=NO_SWEEP)
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        if mode == "external":
            dns["serverNetworks"] = [await servers(somebody)]
        wanted = documents(dns)
        await client.send({"documents": wanted}, message_id="names")
        if mode == "external":
            await until(lambda: _has_network(client))
            await reach(somebody, dns["serverNetworks"][0])
        await until(lambda: all_ready(client, len(wanted)))
        yield mode, Site(stack, client, somebody), wanted


async def _has_network(client: Client) -> bool:
    return "virtualNetworkId" in (await client.api("hubs/weu"))["status"]["outputs"]


@pytest.mark.parametrize("zone", ZONES)
async def test_everybody_resolves_every_cluster(place: tuple[str, Site, list[Json]], zone: str) -> None:
    """Whichever zone holds the name, whoever is to resolve it was asked, and has the endpoint's address."""
    mode, site, _ = place
    found = await rows(site.client, zone)
    expected = {"hub", "spoke/agents", "spoke/shared", *(f"dns/{address}" for address in ADDRESSES[mode])}
    assert found.keys() == expected | ({"on-premises"} if ADDRESSES[mode] else set())
    address = (await site.client.api(f"clusters/{zone}"))["status"]["outputs"]["verification"]["endpointAddress"]
    asked = {name: row for name, row in found.items() if row["machine"] is not None}
    assert {name: (row["resolves"], row["addresses"]) for name, row in asked.items()} == {
        name: ("True", [address]) for name in asked
    }
    assert found["hub"]["answers"] == "True"
    assert set(found) - set(asked) == ({"spoke/agents", "spoke/shared"} if mode == "azure" else set())


async def test_every_network_has_the_servers(place: tuple[str, Site, list[Json]]) -> None:
    """The hub and its spokes ask the mode's servers, or the firewall in front of them; each of them was proven."""
    mode, site, _ = place
    shown = (await site.client.api("hubs/weu"))["status"]
    servers = list(ADDRESSES[mode])
    of_spokes = [shown["outputs"]["firewallPrivateIp"]] if mode == "proxied" else servers
    spokes = (await site.client.api("spokes"))["items"]
    assert {one["metadata"]["name"]: one["status"]["outputs"]["dnsServers"] for one in spokes} == dict.fromkeys(
        ["agents", *ZONES], of_spokes
    )
    if servers:
        assert shown["outputs"]["dnsServers"] == ([] if mode == "resolver" else servers)
        assert condition({"status": shown}, "DnsServersAnswer")["status"] == "True"


async def test_nothing_is_left_to_do(place: tuple[str, Site, list[Json]]) -> None:
    """Every plan is empty, and nobody waits."""
    _, site, wanted = place
    names = [(one["kind"].lower() + "s", one["metadata"]["name"]) for one in wanted]
    plans = await asyncio.gather(*(site.client.api(f"{kind}/{name}/plan") for kind, name in names))
    assert [(plan["document"], plan["steps"], plan["waits"]) for plan in plans if plan["steps"] or plan["waits"]] == []


async def test_all_of_it_goes(place: tuple[str, Site, list[Json]]) -> None:
    """One message takes everything down, whatever servers, zones and links there were."""
    _, site, wanted = place
    await site.client.send({"documents": wanted}, "delete", message_id="names-away")
    await until(lambda: none_left(site.client))
