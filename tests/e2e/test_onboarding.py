"""Networks that ask to join by a tag: what is attached and how, what waits for a person, what is refused and why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from local.somebody import ELSEWHERE, HOME, Somebody
from tests.e2e.site import IN_SYNC, TAG, Site, hub, hub_network, open_site, plain, said, sides, tables
from tests.e2e.stage import Json, condition, is_ready

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

STRANGER = "8a3b8a4e-0000-0000-0000-000000000009"
KUBENET = "aks-agentpool-12345678-routetable"
DELEGATION = {"name": "theirs", "properties": {"serviceName": "Microsoft.ContainerInstance/containerGroups"}}


def rules(somebody: Somebody) -> list[Json]:
    """Return rules of every sort; the first one that fits decides."""
    return [
        {"tags": {"team": "banned"}, "action": "deny"},
        {"subscriptions": [ELSEWHERE], "action": "auto"},
        {"resourceGroups": ["rg-trusted"], "action": "auto"},
        {"locations": ["northeurope"], "action": "approve"},
        {"tags": {"asked-by": "me"}, "requesters": [somebody.object_id], "action": "auto"},
        {"tags": {"asked-by": "you"}, "requesters": [STRANGER], "action": "auto"},
        {"addressWithin": "10.65.0.0/16", "action": "approve"},
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a hub with rules, and a second one, in an Azure of two subscriptions."""

    def hubs(somebody: Somebody) -> list[Json]:
        return [hub(rules=rules(somebody), excludedSubnets=["keep-out"]), hub("second", 1)]

    async with open_site(tmp_path_factory.mktemp("onboarding"), hubs, subscriptions=(HOME, ELSEWHERE)) as found:
        yield found


def subnet(prefix: str, table: str = "", **properties: Any) -> Json:
    """Return a subnet's properties."""
    return {"addressPrefix": prefix, **({"routeTable": {"id": table}} if table else {}), **properties}


async def test_a_tagged_network_is_attached_and_nothing_else_of_it_changed(site: Site) -> None:
    """Eligible subnets get the route table, both peerings connect; everything else is as its owner made it."""
    somebody = site.somebody
    group = await somebody.group("rg-trusted")
    theirs, kubenet = await somebody.table(group, "theirs"), await somebody.table(group, KUBENET)
    members = {
        "plain": subnet("10.64.0.0/24"),
        "routed": subnet("10.64.1.0/24", theirs, serviceEndpoints=[{"service": "Microsoft.Storage"}]),
        "GatewaySubnet": subnet("10.64.2.0/24"),
        "delegated": subnet("10.64.3.0/25", delegations=[DELEGATION]),
        "keep-out": subnet("10.64.3.128/25", theirs),
        "pods": subnet("10.64.4.0/24", kubenet),
    }
    network = await somebody.network(group, "vnet-mixed", ["10.64.0.0/21"], members, {"owner": "them"})
    before, kept, stays = [await somebody.get(each) for each in (network, kubenet, theirs)]
    await somebody.tag(network, "Merge", {TAG: "weu"})
    name = (await site.attached(network))["metadata"]["name"]
    after = await somebody.get(network)

    assert tables(after) == {"plain": f"rt-{name}", "routed": f"rt-{name}", "keep-out": "theirs", "pods": KUBENET}
    assert after["tags"] == {"owner": "them", TAG: "weu"}
    for body in (before, after):
        for member in body["properties"]["subnets"]:
            if member["name"] in ("plain", "routed"):
                member["properties"].pop("routeTable", None)
    assert plain(after, tags=False) == plain(before, tags=False)
    assert sides(after) == {hub_network(): IN_SYNC}
    assert sides(await somebody.get(hub_network()))[network] == IN_SYNC
    hop = (await site.client.api("hubs/weu"))["status"]["outputs"]["firewallPrivateIp"]
    ours = await somebody.get(f"{group}/providers/Microsoft.Network/routeTables/rt-{name}")
    assert ways(ours) == {"default-to-firewall": hop}
    assert ways(await somebody.get(kubenet)) == ways(kept) | {"default-to-firewall": hop}
    assert ways(await somebody.get(theirs)) == ways(stays)


def ways(table: Json) -> dict[str, str | None]:
    """Return where a route table's routes lead."""
    return {route["name"]: route["properties"].get("nextHopIpAddress") for route in table["properties"]["routes"]}


@dataclass(frozen=True, slots=True)
class Case:
    """A network that asks to join, and what the rules say to that."""

    space: str
    state: str
    rule: int | None
    group: str = "rg-any"
    subscription: str = HOME
    location: str = "westeurope"
    tags: Json = field(default_factory=dict)


CASES = {
    "subscription": Case("10.66.0.0/24", "approved", 1, subscription=ELSEWHERE),
    "group": Case("10.66.1.0/24", "approved", 2, group="rg-trusted"),
    "location": Case("10.66.2.0/24", "asked", 3, location="northeurope"),
    "requester": Case("10.66.3.0/24", "approved", 4, tags={"asked-by": "me"}),
    "other-requester": Case("10.66.4.0/24", "refused", None, tags={"asked-by": "you"}),
    "range": Case("10.65.5.0/24", "asked", 6),
    "partly-in-range": Case("10.64.0.0/15", "refused", None),
    "banned-though-trusted": Case("10.66.6.0/24", "refused", 0, group="rg-trusted", tags={"team": "banned"}),
    "nothing-fits": Case("10.66.7.0/24", "refused", None),
}
SETTLED = {"approved": is_ready, "asked": said("ApprovalNeeded"), "refused": said("Refused")}


@dataclass(frozen=True, slots=True)
class Asking:
    """The networks of all cases by name, each as it was made; `since` is where the journal was before."""

    networks: dict[str, str]
    made: dict[str, Json]
    since: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(site: Site) -> Asking:
    """Return the networks of all cases, made at once."""
    since = await site.mark()
    made = await asyncio.gather(*(_make(site.somebody, name, case) for name, case in CASES.items()))
    await site.quiet()
    return Asking({name: path for name, path, _ in made}, {name: body for name, _, body in made}, since)


async def _make(somebody: Somebody, name: str, case: Case) -> tuple[str, str, Json]:
    group = await somebody.group(case.group, case.subscription)
    tags, members = {TAG: "weu"} | case.tags, {"nodes": subnet(case.space.replace("/15", "/24"))}
    path = await somebody.network(group, f"vnet-{name}", [case.space], members, tags, case.location)
    return name, path, await somebody.get(path)


@pytest.mark.parametrize("name", CASES)
async def test_the_first_rule_that_fits_decides(site: Site, asking: Asking, name: str) -> None:
    """By subscription, group, location, requester, tags and range; what is not approved is not touched at all."""
    network, case = asking.networks[name], CASES[name]
    document = await site.spoke_when(network, SETTLED[case.state])
    approval = document["status"]["approval"]
    assert (approval["state"], approval["rule"]) == (case.state, case.rule)
    group = network.partition("/providers/")[0]
    ours = f"{group}/providers/Microsoft.Network/routeTables/rt-{document['metadata']['name']}"
    if case.state == "approved":
        assert sides(await site.somebody.get(network)) == {hub_network(): IN_SYNC}
        return
    assert await site.ours(asking.since, "PUT", "DELETE", about=network) == []
    assert await site.somebody.get(ours) is None
    assert network not in sides(await site.somebody.get(hub_network()))
    now = await site.somebody.get(network)
    assert plain(now) == plain(asking.made[name])
    assert sides(now) == {}
    expected = "rule 1 of hub weu denies it" if case.rule == 0 else "no onboarding rule of hub weu fits it"
    if case.state == "refused":
        assert expected in condition(document, "Approved")["message"]


async def refused(site: Site, network: str, *words: str) -> Json:
    """Tag a network, and see that it is refused for a reason and not touched; return its document."""
    before, since = await site.somebody.get(network), await site.mark()
    await site.somebody.tag(network, "Merge", {TAG: "weu"})
    document = await site.spoke_when(network, said("Refused"))
    message = condition(document, "Approved")["message"]
    assert [word for word in words if word not in message] == [], message
    await site.quiet()
    assert await site.ours(since, "PUT", "DELETE", about=network) == []
    after = await site.somebody.get(network)
    assert plain(after, tags=False) == plain(before, tags=False)
    assert sides(after) == sides(before)
    return document


async def free(site: Site, name: str, space: str) -> str:
    """Return a network in the group whose networks the rules trust; it does not ask yet."""
    group = await site.somebody.group("rg-trusted")
    return await site.somebody.network(group, f"vnet-{name}", [space], {"nodes": subnet(space)})


async def test_a_range_that_another_spoke_has_is_refused(site: Site, asking: Asking) -> None:
    """The reason names the range and the spoke that has it."""
    holder = (await site.attached(asking.networks["group"]))["metadata"]["name"]
    await refused(site, await free(site, "same", "10.66.1.0/24"), "10.66.1.0/24", holder)


async def test_a_range_of_the_hub_is_refused(site: Site) -> None:
    """Also one that lies only partly in it."""
    await refused(site, await free(site, "of-hub", "10.0.1.0/24"), "10.0.1.0/24 overlaps 10.0.0.0/22 of hub weu")


async def test_a_network_of_another_hub_is_refused(site: Site) -> None:
    """Whoever is peered with one hub is detached there first."""
    network = await free(site, "of-second", "10.67.0.0/24")
    await site.somebody.peer(network, "to-second", hub_network("second"))
    await refused(site, network, "peered with hub second", "to-second")


async def test_a_network_of_the_network_manager_is_refused(site: Site) -> None:
    """Azure Virtual Network Manager would undo what we do."""
    network = await free(site, "managed", "10.67.1.0/24")
    other = await free(site, "beside", "10.67.2.0/24")
    await site.somebody.peer(network, "ANM_5B2C", other)
    await refused(site, network, "Azure Virtual Network Manager", "ANM_5B2C")


async def test_without_the_permission_nothing_is_begun_and_a_grant_is_enough(site: Site) -> None:
    """The reason names the action and the role; with it, asking anew attaches the network."""
    network = await free(site, "locked", "10.67.3.0/24")
    lacking = "Microsoft.Network/virtualNetworks/peer/action"
    await site.somebody.simulator("PUT", "denials", [{"scope": network, "actions": [lacking]}])
    document = await refused(site, network, f"may not {lacking}", "Network Contributor")
    await site.somebody.simulator("PUT", "denials", [])
    assert (await site.client.ask("POST", f"spokes/{document['metadata']['name']}/retry"))[0] == 202
    await site.attached(network)
    assert sides(await site.somebody.get(network)) == {hub_network(): IN_SYNC}


async def test_new_rules_are_looked_at_by_whoever_may_not_join_yet(site: Site, asking: Asking) -> None:
    """Without another event, and without anybody asking anew; what the new ones refuse stays out."""
    waiting, banned = asking.networks["range"], asking.networks["banned-though-trusted"]
    since = await site.mark()
    changed = hub(rules=[*rules(site.somebody)[:-1], {"addressWithin": "10.65.5.0/24", "action": "auto"}])
    assert (await site.client.ask("PUT", "hubs/weu", changed))[0] == 202
    document = await site.attached(waiting)
    assert condition(document, "Approved")["reason"] == "ApprovedByRule"
    await site.quiet()
    await site.spoke_when(banned, said("Refused"))
    assert await site.ours(since, "PUT", "DELETE", about=banned) == []
