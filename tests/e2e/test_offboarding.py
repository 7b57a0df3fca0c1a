"""Networks that leave: deleted, untagged, sent away or moved, they leave nothing behind at the hub or in what stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import IPv4Network

import pytest
import pytest_asyncio

from tests.e2e.site import IN_SYNC, TAG, Site, eventually, hub, hub_group, hub_network, open_site, plain, sides, tables
from tests.e2e.stage import Json, is_ready

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

NETWORK = "providers/Microsoft.Network"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield two hubs that take in whatever asks."""
    hubs = [hub(name, number, rules=[{"action": "auto"}]) for number, name in enumerate(("weu", "second"))]
    async with open_site(tmp_path_factory.mktemp("offboarding"), lambda _: hubs) as found:
        yield found


async def make(site: Site, name: str, space: str) -> tuple[str, Json]:
    """Return an attached network, one of whose subnets had a route table before, and its body as it was made."""
    group = await site.somebody.group(f"rg-{name}")
    theirs = await site.somebody.table(group, "theirs")
    first, second, *_ = map(str, IPv4Network(space).subnets(new_prefix=24))
    members = {"plain": {"addressPrefix": first}, "routed": {"addressPrefix": second, "routeTable": {"id": theirs}}}
    network = await site.somebody.network(group, f"vnet-{name}", [space], members, {"owner": "them"})
    before = await site.somebody.get(network)
    await site.somebody.tag(network, "Merge", {TAG: "weu"})
    await site.attached(network)
    return network, before


async def traces(site: Site, network: str, space: str, hub_name: str = "weu") -> list[str]:
    """Return what is there because of a network: its hub's peering, the firewall's rules, a route table of ours."""
    somebody = site.somebody
    found = ["peering"] if network in sides(await somebody.get(hub_network(hub_name))) else []
    policy = f"{hub_group(hub_name)}/{NETWORK}/firewallPolicies/afwp-{hub_name}/ruleCollectionGroups"
    found += ["rules"] if space in str(await somebody.get(policy)) else []
    made = (await somebody.get(f"{network.partition('/providers/')[0]}/{NETWORK}/routeTables"))["value"]
    return found + [table["name"].rpartition("-")[0] for table in made if table["name"] != "theirs"]


async def leaves_nothing(site: Site, network: str, space: str) -> None:
    """Wait until a network's document is gone and its hub at rest; nothing of it is left then."""
    await site.gone(network)

    async def at_rest() -> bool:
        return is_ready(await site.client.api("hubs/weu"))

    async def left() -> list[str]:
        return await traces(site, network, space)

    await eventually(left, [])
    await eventually(at_rest, wanted=True)


async def test_a_network_is_deleted(site: Site) -> None:
    """The hub's side, the firewall's rules and our route table go; the table that was there before stays."""
    network, _ = await make(site, "deleted", "172.20.0.0/22")
    assert await traces(site, network, "172.20.0.0/22") == ["peering", "rules", "rt-vnet-deleted"]
    await site.somebody.delete(network)
    await leaves_nothing(site, network, "172.20.0.0/22")
    assert await site.somebody.get(f"{network.partition('/virtualNetworks/')[0]}/routeTables/theirs") is not None


async def test_the_tag_is_taken_off(site: Site) -> None:
    """The network is to the letter what it was before it joined, with the route table that it had."""
    network, before = await make(site, "untagged", "172.20.4.0/22")
    await site.somebody.tag(network, "Delete", {TAG: "weu"})
    await leaves_nothing(site, network, "172.20.4.0/22")
    after = await site.somebody.get(network)
    assert tables(after) == {"routed": "theirs"}
    assert plain(after) == plain(before)
    assert sides(after) == {}


async def test_the_document_is_deleted_and_stays_so_until_the_tag_is_set_anew(site: Site) -> None:
    """Neither a later event nor a sweep brings it back while the tag is the one that was sent away."""
    network, before = await make(site, "sent-away", "172.20.8.0/22")
    name = (await site.attached(network))["metadata"]["name"]
    assert (await site.client.ask("DELETE", f"spokes/{name}"))[0] == 202
    await leaves_nothing(site, network, "172.20.8.0/22")
    assert plain(await site.somebody.get(network), tags=False) == plain(before, tags=False)

    since = await site.mark()
    await site.somebody.tag(network, "Merge", {"an": "event"})
    await site.looked_at(network, since)
    assert await site.client.post("sweep") == {"documents": 2, "woken": [], "found": []}
    await site.quiet()
    assert await site.spoke(network) is None
    assert await site.ours(since, "PUT", "DELETE") == []

    since = await site.mark()
    await site.somebody.tag(network, "Delete", {TAG: "weu"})
    await site.looked_at(network, since)
    await site.somebody.tag(network, "Merge", {TAG: "weu"})
    await site.attached(network)
    assert sides(await site.somebody.get(network)) == {hub_network(): IN_SYNC}


async def test_the_tag_names_another_hub(site: Site) -> None:
    """The network is given back at the first hub before anything is written for the second."""
    network, _ = await make(site, "moved", "172.20.12.0/22")
    since = await site.mark()
    await site.somebody.tag(network, "Merge", {TAG: "second"})
    await site.spoke_when(network, lambda found: found["spec"]["hub"] == "second" and is_ready(found))
    after = await site.somebody.get(network)
    assert sides(after) == {hub_network("second"): IN_SYNC}
    assert tables(after).keys() == {"plain", "routed"}
    assert await traces(site, network, "172.20.12.0/22", "second") == ["peering", "rules", "rt-vnet-moved"]
    writes = await site.ours(since, "PUT", "DELETE")
    lines = [f"{line['method']} {line['path'].lower()}" for line in writes if line["status"] < 400]
    ends = [at for at, line in enumerate(lines) if line.startswith("DELETE") or "/vnet-hub-weu/" in line]
    begins = [at for at, line in enumerate(lines) if line.startswith("PUT") and "second" in line]
    assert ends
    assert begins
    assert max(ends) < min(begins), lines


async def test_a_cluster_leaves_with_its_network(site: Site) -> None:
    """The link that we made into the cluster's zone goes; the cluster, its zone and AKS's own link stay."""
    somebody = site.somebody
    network, _ = await make(site, "clustered", "172.20.16.0/22")
    group = network.partition("/providers/")[0]
    table = f"{group}/{NETWORK}/routeTables/rt-{(await site.attached(network))['metadata']['name']}"
    identity = await somebody.identity(group, "theirs", network, table)
    access = {"enablePrivateCluster": True, "privateDNSZone": "system"}
    cluster = await somebody.cluster(group, "aks-theirs", f"{network}/subnets/plain", identity, access)

    async def ours() -> bool:
        return "vnet-hub-weu" in await somebody.links(cluster)

    await eventually(ours, wanted=True)
    links, made = await somebody.links(cluster), await somebody.get(cluster)
    await somebody.tag(network, "Delete", {TAG: "weu"})
    await leaves_nothing(site, network, "172.20.16.0/22")
    assert await somebody.links(cluster) == [name for name in links if name != "vnet-hub-weu"]
    assert await somebody.get(cluster) == made
    assert (await site.client.api("clusters"))["items"] == []
