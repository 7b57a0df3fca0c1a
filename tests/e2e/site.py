"""A local stack with hubs that take networks in, and somebody who makes networks there behind Spokewright's back."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from local.demo.client import Client
from local.profile import PUBLIC
from local.somebody import HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.stage import Json, condition, example, is_ready, last, requests, until

NO_SWEEP = {"SPOKEWRIGHT_SWEEP_MINUTES": "10000", "SPOKEWRIGHT_LOOK_HOURS": "10000"}
"""Settings with which nothing but events, and what a test asks for, makes the app look."""

SPEED = 500.0
METHODS = ("GET", "PUT", "DELETE", "POST", "PATCH")
TAG = "spokewright-hub"
QUIET = 6
"""Looks at the journal, ten a second, between which nothing may have come."""


def hub(name: str = "weu", number: int = 0, **onboarding: Any) -> Json:
    """Return a hub without a jump server that takes networks in; each number has addresses of its own."""
    document = example()[0]
    document["metadata"]["name"] = name
    spec = document["spec"]
    del spec["jumpServer"]
    spec |= {"resourceGroup": f"rg-hub-{name}", "addressSpace": [f"10.{number}.0.0/22"], "onboarding": onboarding}
    spec["spokePool"] = ("10.64.0.0/10", "10.128.0.0/10")[number]
    return document


def hub_group(name: str = "weu") -> str:
    """Return the id of a hub's resource group."""
    return f"/subscriptions/{HOME}/resourceGroups/rg-hub-{name}"


def hub_network(name: str = "weu") -> str:
    """Return the id of a hub's virtual network."""
    return f"{hub_group(name)}/providers/Microsoft.Network/virtualNetworks/vnet-hub-{name}"


@dataclass(frozen=True, slots=True)
class Site:
    """The stack, a client of the app, and somebody else in the same Azure."""

    stack: Stack
    client: Client
    somebody: Somebody

    async def spoke(self, network: str) -> Json | None:
        """Return the document of a network; None where it has none."""
        found = (await self.client.api("spokes?limit=1000"))["items"]
        return next((one for one in found if one["spec"].get("virtualNetworkId") == network), None)

    async def spoke_when(self, network: str, holds: Callable[[Json], bool], seconds: float = 40) -> Json:
        """Return the document of a network as soon as something holds of it."""
        seen: list[Json | None] = [None]

        async def found() -> bool:
            seen[0] = await self.spoke(network)
            return seen[0] is not None and holds(seen[0])

        try:
            await until(found, seconds)
        except AssertionError as late:
            shown = None if seen[0] is None else seen[0]["status"].get("conditions")
            raise AssertionError(f"{network.rpartition('/')[2]}: {late}: {shown}") from None
        assert seen[0] is not None
        return seen[0]

    async def attached(self, network: str) -> Json:
        """Return the document of a network once it is attached."""
        return await self.spoke_when(network, is_ready)

    async def asked(self, network: str) -> Json:
        """Return the document of a network once an approval is asked for."""
        return await self.spoke_when(network, said("ApprovalNeeded"))

    async def gone(self, network: str) -> None:
        """Wait until a network has no document any more."""

        async def left() -> bool:
            return await self.spoke(network) is None

        await until(left, 40)

    async def mark(self) -> int:
        """Return where the journal ends now."""
        return last(await self.client.journal())

    async def ours(self, since: int, *methods: str, about: str = "") -> list[Json]:
        """Return our own requests since a mark: of some methods or any, about a resource and what is in it or all."""
        found = requests(await self.client.journal(since), *(methods or METHODS))
        return [line for line in found if line["path"].lower().startswith(about.lower())]

    async def looked_at(self, network: str, since: int) -> None:
        """Wait until we read a network, or a part of it, after a mark."""

        async def read() -> bool:
            return bool(await self.ours(since, "GET", about=network))

        await until(read, 20)

    async def quiet(self) -> None:
        """Wait until nothing of ours has come to Azure for half a second."""
        seen: list[int] = []

        async def silent() -> bool:
            seen.append(len(requests(await self.client.journal(), *METHODS)))
            return len(seen) > QUIET and len(set(seen[-QUIET:])) == 1

        await until(silent, 40, pause=0.1)

    async def restart(self) -> None:
        """Let the host die, and come again with the settings and the time that hold now."""
        before = self.stack.process_id("host")
        os.kill(before, signal.SIGKILL)

        async def again() -> bool:
            try:
                return self.stack.process_id("host") != before and bool(await self.client.documents())
            except aiohttp.ClientError:
                return False

        await until(again, 40)


@asynccontextmanager
async def open_site(
    directory: Path,
    hubs: Callable[[Somebody], Sequence[Json]],
    *,
    settings: Mapping[str, str] = NO_SWEEP,
    subscriptions: tuple[str, ...] = (),
    speed: float = SPEED,
    profile: str = PUBLIC,
) -> AsyncIterator[Site]:
    """Start a stack and yield it as soon as its hubs are ready."""
    options = Options(directory, speed, settings=settings, subscriptions=subscriptions, profile=profile)
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        documents = list(hubs(somebody))
        await client.send({"documents": documents}, message_id="hubs")

        async def ready() -> bool:
            found = await client.documents()
            return len(found) == len(documents) and all(map(is_ready, found))

        await until(ready)
        yield Site(stack, client, somebody)


def said(reason: str) -> Callable[[Json], bool]:
    """Return the question whether a document may not join for a reason, and has come to rest with it."""

    def holds(document: Json) -> bool:
        return all(condition(document, type_)["reason"] == reason for type_ in ("Approved", "Ready"))

    return holds


def plain(network: Json, *, tags: bool = True) -> Json:
    """Return what is its owner's of a network's body: without versions, states and peerings."""
    bag = {key: value for key, value in network["properties"].items() if key != "virtualNetworkPeerings"}
    body: Json = network | {"properties": bag}
    if not tags:
        body = {key: value for key, value in body.items() if key != "tags"}
    return dict(_without(body, "etag", "provisioningState"))


def _without(value: Any, *names: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, *names) for key, item in value.items() if key not in names}
    return [_without(item, *names) for item in value] if isinstance(value, list) else value


def tables(network: Json) -> dict[str, str]:
    """Return the name of the route table of each subnet that has one."""
    found = {member["name"]: member["properties"].get("routeTable") for member in network["properties"]["subnets"]}
    return {name: table["id"].rpartition("/")[2] for name, table in found.items() if table}


def sides(network: Json) -> dict[str, tuple[str, str]]:
    """Return of each peering of a network, by the other network's id, the state and how far it is in sync."""
    return {
        side["properties"]["remoteVirtualNetwork"]["id"]: (
            side["properties"]["peeringState"],
            side["properties"]["peeringSyncLevel"],
        )
        for side in network["properties"].get("virtualNetworkPeerings", [])
    }


IN_SYNC = ("Connected", "FullyInSync")


async def eventually(what: Callable[[], Awaitable[Any]], wanted: Any, seconds: float = 40) -> None:
    """Wait until a question is answered as wanted; say the last answer where it is not."""
    answers: list[Any] = []

    async def so() -> bool:
        answers[:] = [await what()]
        return bool(answers[0] == wanted)

    try:
        await until(so, seconds)
    except AssertionError as late:
        raise AssertionError(f"{late}: {answers} is not {wanted}") from None
