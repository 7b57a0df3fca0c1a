"""Scene 2: a network is made behind our back and asks to join by its tag; then the tag is taken off.

Its event is all that Spokewright gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.demo import narration
from local.demo.screen import condition
from local.demo.stage import check, in_sync, leads_to, peerings, table_of, until

if TYPE_CHECKING:
    from local.demo.stage import Stage

Json = dict[str, Any]

GROUP, NETWORK, SPACE = "rg-shop", "vnet-shop", "10.65.0.0/22"
SUBNETS = {"nodes": "10.65.0.0/24", "GatewaySubnet": "10.65.3.0/27"}
TAGS = {"spokewright-hub": "weu", "owner": "shop"}


async def play(stage: Stage) -> None:
    """Show a network that is wired by its event, and unwired when it no longer asks."""
    narration.scene(stage.console, 2, "a network that another team made is wired by its event")
    before = await stage.moment()
    network = await stage.team.make(GROUP, NETWORK, SPACE, SUBNETS, TAGS)
    narration.happened(stage.console, f"azure-mgmt-network: {NETWORK}, {SPACE}, tagged spokewright-hub=weu")
    await _wired(stage, network, before)
    before = await stage.moment()
    await stage.team.tag(GROUP, NETWORK, {"owner": "shop"})
    narration.happened(stage.console, "azure-mgmt-network: the tag spokewright-hub is taken off")
    await _unwired(stage, network, before)


async def _wired(stage: Stage, network: str, before: int) -> None:
    event = await stage.event_after(before, network, "virtualNetworks/write")
    spoke = await until(lambda: stage.attached(network), f"{NETWORK} is attached")
    narration.event(stage.console, event)
    narration.document(stage.console, spoke)
    narration.steps(stage.console, await stage.client.history(spoke))
    await show_wiring(stage, network, spoke, "nodes")
    there = await stage.team.network(GROUP, NETWORK)
    check(not table_of(there, "GatewaySubnet"), "GatewaySubnet is left alone")
    narration.holds(stage.console, "GatewaySubnet has no route table: reserved subnets are left alone")
    ready = condition(spoke, "Ready")["lastTransitionTime"]
    narration.took(stage.console, event, ready, "Ready", stage.speed)


async def show_wiring(stage: Stage, network: str, spoke: Json, subnet: str) -> None:
    """Check in Azure, not in the document, that a network is peered both ways and routed; print what is there."""
    place = network.split("/")
    there = await stage.team.network(place[4], place[-1])
    hub = next(iter((await stage.client.api("hubs"))["items"]))["status"]["outputs"]["virtualNetworkId"]
    for side in [*(side for side in peerings(there) if leads_to(side, hub)), *await stage.hub_sides(network)]:
        check(in_sync(side), f"{side['name']} is Connected and FullyInSync")
        narration.holds(stage.console, f"peering {side['name']}: Connected, FullyInSync")
    check(await stage.hub_sides(network) and peerings(there), "both sides of the peering are there")
    table = table_of(there, subnet)
    check(table, f"subnet {subnet} has a route table")
    hop = spoke["status"]["outputs"]["defaultRoute"]
    narration.holds(stage.console, f"subnet {subnet}: route table {table}, 0.0.0.0/0 to {hop}")


async def _unwired(stage: Stage, network: str, before: int) -> None:
    event = await stage.event_after(before, network, "/write")

    async def gone() -> bool:
        return await stage.gone(network)

    await until(gone, f"{NETWORK} is given back")
    there = await stage.team.network(GROUP, NETWORK)
    check(not peerings(there), "the network has no peering")
    check(not await stage.hub_sides(network), "the hub has no peering with it")
    check(not any(table_of(there, subnet) for subnet in SUBNETS), "no subnet has a route table")
    check(not await stage.team.tables(GROUP), "no route table of ours is left")
    narration.event(stage.console, event)
    narration.holds(stage.console, "the document is gone; no peering on either side, no route table is left")
    narration.holds(stage.console, f"{NETWORK} itself stays, with its owner's tag {there['tags']}")
    detached = [line for line in await stage.client.told() if line["event"]["type"].endswith(".Detached")]
    check(detached, "the topic was told that it is detached")
    narration.took(stage.console, event, detached[-1]["event"]["time"], "detached", stage.speed)
