"""What the scenes share: who is on it, and waiting for what has to come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from local.demo import screen

if TYPE_CHECKING:
    from rich.console import Console

    from local.demo.client import Client
    from local.demo.other_team import OtherTeam

Json = dict[str, Any]
Found = TypeVar("Found")

PATIENCE = 120.0
"""Seconds until a scene gives up; at the default speed what it waits for takes less than ten."""


class Failed(Exception):
    """Something on the stage was not as it should be; the message says what."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One run of the demo: where to print, whom to ask, who acts behind our back."""

    console: Console
    client: Client
    team: OtherTeam
    speed: float

    async def spoke_of(self, network: str) -> Json | None:
        """Return the spoke of a network that somebody else made; None while there is none."""
        items = (await self.client.api("spokes"))["items"]
        return next(
            (item for item in items if (item["spec"].get("virtualNetworkId") or "").lower() == network.lower()), None
        )

    async def attached(self, network: str) -> Json | None:
        """Return the spoke of a network once it is ready."""
        spoke = await self.spoke_of(network)
        return spoke if spoke is not None and is_ready(spoke) else None

    async def gone(self, network: str) -> bool:
        """Say whether a network has no spoke any more."""
        return await self.spoke_of(network) is None

    async def hub_sides(self, network: str) -> list[Json]:
        """Return the hub's peerings with a network."""
        hub = (await self.client.api("hubs"))["items"][0]["status"]["outputs"]["virtualNetworkId"].split("/")
        return [side for side in peerings(await self.team.network(hub[4], hub[-1])) if leads_to(side, network)]

    async def event_after(self, moment: int, path: str, change: str) -> Json:
        """Return the event of a write that Azure sent after a line of its journal."""

        async def sent() -> Json | None:
            lines = await self.client.journal(moment)
            events = (line for line in lines if line["entry"] == "event" and line["path"].lower() == path.lower())
            return next((line for line in events if change in line["event"]["data"]["operationName"]), None)

        return await until(sent, "an event of Azure")

    async def moment(self) -> int:
        """Return the number of the last line of Azure's journal."""
        return max((line["n"] for line in await self.client.journal()), default=0)


async def until(what: Callable[[], Awaitable[Found | None]], name: str) -> Found:
    """Wait until something is there (and not false), and return it."""
    limit = time.monotonic() + PATIENCE
    while True:
        found = await what()
        if found:
            return found
        if time.monotonic() > limit:
            raise Failed(f"{name}: not within {PATIENCE:.0f} s")
        await asyncio.sleep(0.2)


def is_ready(document: Json) -> bool:
    """Say whether a document is ready."""
    return bool(screen.condition(document, "Ready")["status"] == "True")


def check(holds: object, what: str) -> None:
    """Fail unless something holds."""
    if not holds:
        raise Failed(f"not so: {what}")


def peerings(network: Json) -> list[Json]:
    """Return a network's sides of its peerings."""
    return list(network["properties"].get("virtualNetworkPeerings") or ())


def leads_to(side: Json, network: str) -> bool:
    """Say whether a side of a peering leads to a network."""
    return bool(side["properties"]["remoteVirtualNetwork"]["id"].lower() == network.lower())


def in_sync(side: Json) -> bool:
    """Say whether a side of a peering is connected and knows the other network's addresses."""
    properties = side["properties"]
    return (properties["peeringState"], properties["peeringSyncLevel"]) == ("Connected", "FullyInSync")


def table_of(network: Json, subnet: str) -> str:
    """Return the name of a subnet's route table; empty where it has none."""
    found = next(each for each in network["properties"]["subnets"] if each["name"] == subnet)
    table = found["properties"].get("routeTable") or {}
    return str(table.get("id", "")).rpartition("/")[2]
