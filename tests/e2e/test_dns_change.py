"""A hub with ten spokes gets other DNS servers: no network is ever pointed at one that does not answer."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import Somebody
from local.stack import Options, Stack
from tests.e2e.names import THEIRS, hub, reach, said, servers, spoke
from tests.e2e.site import NO_SWEEP, Site
from tests.e2e.stage import Json, all_ready, condition, is_ready, requests, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SPOKES = [f"s{number}" for number in range(10)]
FORWARDERS = ["10.0.1.4", "10.0.1.5"]
NETWORK = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-dns/providers/Microsoft.Network/virtualNetworks/vnet-dns"  # noqa: E501 - one id
EXTERNAL = {"mode": "external", "customServers": list(THEIRS), "serverNetworks": [NETWORK]}
KEEPING = EXTERNAL | {"forwarder": {"count": 2}}
"""Servers of somebody else, with the forwarders that are there kept beside them."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a hub with forwarders and ten spokes that ask them, and somebody with two servers in reach of the hub."""
    options = Options(tmp_path_factory.mktemp("change"), 300.0, settings=NO_SWEEP)
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        wanted = [hub({"mode": "forwarder"}), *map(spoke, SPOKES)]
        await client.send({"documents": wanted}, message_id="before")
        network = await servers(somebody)
        await until(lambda: all_ready(client, len(wanted)))
        await reach(somebody, network)
        yield Site(stack, client, somebody)


def pointed(journal: list[Json]) -> list[tuple[str, list[str]]]:
    """Return each accepted write of one of our networks, with the DNS servers that it set."""
    found = []
    for line in requests(journal, "PUT"):
        network = str(line["path"]).rpartition("/virtualNetworks/")[2]
        options = (line.get("requestBody") or {}).get("properties", {}).get("dhcpOptions")
        if network.startswith("vnet-") and line["status"] < 400 and options is not None:
            found.append((network, options["dnsServers"]))
    return found


async def changed(site: Site, dns: Json, message: str) -> int:
    """Apply another DNS to the hub, and wait until it is stored; return where the journal was."""
    before, known = await site.mark(), await generation(site)
    await site.client.send(hub(dns), message_id=message)

    async def stored() -> bool:
        return await generation(site) > known

    await until(stored)
    return before


async def generation(site: Site) -> int:
    """Return which version of the hub's document is stored."""
    return int((await site.client.api("hubs/weu"))["metadata"]["generation"])


async def have(site: Site) -> dict[str, list[str]]:
    """Return the DNS servers that each spoke's network has in Azure."""
    found = {}
    for name in SPOKES:
        path = f"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-{name}/providers"
        body = await site.somebody.get(f"{path}/Microsoft.Network/virtualNetworks/vnet-{name}")
        found[name] = body["properties"].get("dhcpOptions", {}).get("dnsServers", [])
    return found


async def at_rest(site: Site) -> bool:
    """Say whether the hub is ready in its newest generation, and all spokes are."""
    return is_ready(await site.client.api("hubs/weu")) and await all_ready(site.client, len(SPOKES) + 1)


async def stopped(site: Site, name: str, action: str) -> None:
    """Stop or start one of somebody's DNS servers."""
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-dns"
    await site.somebody.act(f"{group}/providers/Microsoft.Compute/virtualMachines/{name}", action)


async def says(site: Site, status: str, reason: str) -> Json:
    """Wait until the hub says so of its DNS servers; return the condition."""

    async def so() -> bool:
        document = await site.client.api("hubs/weu")
        current = document["status"]["observedGeneration"] == document["metadata"]["generation"]
        return current and said(document, "DnsServersAnswer") == (status, reason)

    await until(so)
    return condition(await site.client.api("hubs/weu"), "DnsServersAnswer")


async def test_forwarders_are_made_anew_one_at_a_time(site: Site) -> None:
    """Their configuration changes: the second goes only when the first was made anew, and answered again."""
    further = {"mode": "forwarder", "forwardedZones": ["privatelink.vaultcore.azure.net"]}
    before = await changed(site, further, "zones")
    await until(lambda: at_rest(site))

    def what(line: Json) -> str:
        name = line["path"].rpartition("/virtualMachines/")[2]
        return "asked" if name.endswith("/runCommand") else f"{line['method']} {name.rpartition('-')[2]}"

    journal = requests(await site.client.journal(before), "PUT", "POST", "DELETE")
    seen = [what(line) for line in journal if "/virtualMachines/" in line["path"] and line["status"] < 400]
    steps = [step for at, step in enumerate(seen) if step != "asked" or seen[at - 1 : at] != ["asked"]]
    assert [step for step in steps if step != "asked"] == ["DELETE 1", "PUT 1", "DELETE 2", "PUT 2"]
    assert "asked" in steps[steps.index("PUT 1") : steps.index("DELETE 2")]
    await changed(site, {"mode": "forwarder"}, "zones-back")
    await until(lambda: at_rest(site))


async def test_servers_that_do_not_answer_change_nothing(site: Site) -> None:
    """One of the new servers is down: nobody is pointed anywhere, and the hub says which one and what it does."""
    await stopped(site, "dns-2", "deallocate")
    before = await changed(site, KEEPING, "dead")
    told = await says(site, "False", "DnsServerFails")
    assert "10.9.0.5 does not answer" in told["message"]
    assert "no network is pointed there" in told["message"]
    assert condition(await site.client.api("hubs/weu"), "Ready")["reason"] == "DnsServerFails"
    assert await have(site) == dict.fromkeys(SPOKES, FORWARDERS)
    assert pointed(await site.client.journal(before, bodies=True)) == []


async def test_networks_change_one_after_the_other(site: Site) -> None:
    """The server is up again: the hub's network goes first, then each spoke, and the servers are asked in between."""
    before = await site.mark()
    await stopped(site, "dns-2", "start")
    await site.client.post("hubs/weu/retry")
    await until(lambda: at_rest(site))
    journal = await site.client.journal(before, bodies=True)
    assert pointed(journal) == [("vnet-hub-weu", list(THEIRS)), *((f"vnet-{name}", list(THEIRS)) for name in SPOKES)]
    assert await have(site) == {key: list(THEIRS) for key in SPOKES}
    asked_between(journal)


def asked_between(journal: list[Json]) -> None:
    """See that between any two networks that were changed the servers were asked again."""
    events = []
    for line in requests(journal, "PUT", "POST"):
        if line["path"].lower().endswith("/runcommand") and line["status"] < 400:
            events.append("asked")
        elif pointed([line]):
            events.append("changed")
    changes = [at for at, event in enumerate(events) if event == "changed"]
    assert all("asked" in events[one:other] for one, other in itertools.pairwise(changes))


async def test_a_server_that_falls_silent_sends_everybody_back(site: Site) -> None:
    """On the way to the forwarders one of them stops: those that changed get back what they had, which answers."""
    before = await site.mark()
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-hub-weu"
    await changed(site, {"mode": "forwarder"}, "back-to-forwarders")

    async def some_moved() -> bool:
        return sum(servers == FORWARDERS for servers in (await have(site)).values()) >= 3

    await until(some_moved, pause=0.02)
    await site.somebody.act(f"{group}/providers/Microsoft.Compute/virtualMachines/vm-dns-weu-2", "deallocate")

    async def all_back() -> bool:
        return await have(site) == {key: list(THEIRS) for key in SPOKES}

    await until(all_back)
    told = await says(site, "False", "DnsServerFails")
    assert "10.0.1.5" in told["message"]
    moves: dict[str, list[Any]] = {}
    for network, chosen in pointed(await site.client.journal(before, bodies=True)):
        moves.setdefault(network, []).append(chosen)
    assert len([network for network, chosen in moves.items() if FORWARDERS in chosen]) < len(SPOKES), "it went on"
    assert all(chosen[-1] == list(THEIRS) for chosen in moves.values())


async def test_forwarders_go_when_nobody_asks_them(site: Site) -> None:
    """Without their part in the document the machines go, and not while a network is pointed at them."""
    await changed(site, EXTERNAL, "without-forwarders")
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-hub-weu"

    async def gone() -> bool:
        machines = await site.somebody.get(f"{group}/providers/Microsoft.Compute/virtualMachines")
        return [one["name"] for one in machines["value"]] == ["vm-jump-weu"]

    await until(gone)
    await until(lambda: at_rest(site))
    assert await have(site) == {key: list(THEIRS) for key in SPOKES}


async def test_everybody_goes_back_to_azure(site: Site) -> None:
    """Mode azure takes the servers away again, one network after the other."""
    await changed(site, {"mode": "azure"}, "azure")
    await until(lambda: at_rest(site))
    assert await have(site) == {key: [] for key in SPOKES}

    async def forgotten() -> bool:
        return "dns" not in (await site.client.api("hubs/weu"))["status"]["outputs"]

    await until(forgotten)
