"""The private profile: Azure's events come by the queue alone, and whatever is away for a while, none of them is lost.

Nothing sweeps here, so that only an event can make a network known.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from local.profile import PRIVATE, PUBLIC
from local.stack import Options, Stack
from tests.e2e.site import TAG, Json, Site, hub, open_site
from tests.e2e.stage import is_ready, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

QUEUE = "queue/resource-events"
AWAY = 2.0
"""Seconds for which the broker answers nobody: longer than an event takes to come."""

UNLOCKED = 100.0
"""Seconds after which a message that a dead host had taken was delivered again: its lock is for a minute."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a hub that takes in whatever asks, in the private profile."""

    def hubs(_: object) -> list[Json]:
        return [hub(rules=[{"addressWithin": "10.0.0.0/8", "action": "auto"}])]

    async with open_site(tmp_path_factory.mktemp("private"), hubs, profile=PRIVATE) as found:
        yield found


async def make(site: Site, number: int) -> str:
    """Make a network that asks to join, behind Spokewright's back."""
    group = await site.somebody.group("rg-theirs")
    subnets: Json = {"nodes": {"addressPrefix": f"10.64.{number}.0/24"}}
    return await site.somebody.network(group, f"vnet-{number}", [f"10.64.{number}.0/24"], subnets, {TAG: "weu"})


async def deliveries(site: Site) -> set[str]:
    """Return where events were delivered."""
    return {line["url"] for line in await site.client.journal() if line["entry"] == "delivery"}


async def test_a_network_joins_by_an_event_from_the_queue(site: Site) -> None:
    """It is attached without a sweep; every event went to the queue, and nobody shook hands with a webhook."""
    await site.attached(await make(site, 1))
    assert await deliveries(site) == {QUEUE}
    assert [line for line in await site.client.journal() if line["entry"] == "handshake"] == []


async def test_nobody_is_there_to_be_pushed_to(site: Site) -> None:
    """The trigger's webhook answers as for a function that does not exist, to whoever has its key."""
    endpoints = site.stack.endpoints
    url = f"{endpoints['functions']}/runtime/webhooks/eventgrid"
    query = {"functionName": "resource_events", "code": endpoints["eventGridKey"]}
    headers = {"aeg-event-type": "Notification"}
    async with aiohttp.ClientSession() as http, http.post(url, params=query, headers=headers, json=[]) as answer:
        assert (answer.status, await answer.text()) == (404, "cannot find function: 'resource_events'")
    assert endpoints["eventGrid"].startswith("sb://127.0.0.1:")
    assert "Key" not in endpoints["eventGrid"]


async def test_a_broker_that_does_not_answer_loses_no_event(site: Site) -> None:
    """Events that come while it hangs wait in Event Grid, and are in the queue once it answers again."""
    broker = site.stack.process_id("broker")
    os.kill(broker, signal.SIGSTOP)
    try:
        networks = [await make(site, number) for number in (2, 3)]
        await asyncio.sleep(AWAY)
        assert [await site.spoke(network) for network in networks] == [None, None]
    finally:
        os.kill(broker, signal.SIGCONT)
    for network in networks:
        await site.attached(network)


@pytest.mark.parametrize(("number", "name"), [(4, "broker"), (5, "host"), (6, "simulator")])
async def test_a_kill_loses_no_event(site: Site, number: int, name: str) -> None:
    """Whoever dies as a network is made comes again with what it had, and the network is attached."""
    network = await make(site, number)
    before = site.stack.process_id(name)
    os.kill(before, signal.SIGKILL)

    async def again() -> bool:
        try:
            return site.stack.process_id(name) != before and bool(await site.client.documents())
        except aiohttp.ClientError:
            return False

    await until(again, 40)
    await site.spoke_when(network, is_ready, UNLOCKED)
    assert await deliveries(site) == {QUEUE}


async def test_a_stack_changes_its_profile(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What was subscribed in one profile is not in the other: each event has one way."""
    directory = tmp_path_factory.mktemp("both")
    for profile, kind in ((PUBLIC, str), (PRIVATE, dict), (PUBLIC, str)):
        async with Stack(Options(directory, profile=profile)) as stack, aiohttp.ClientSession() as http:
            door = f"{stack.endpoints['arm']}/_simulator/webhooks"
            async with http.get(door, ssl=False) as answer:
                [subscribed] = await answer.json()
            assert isinstance(subscribed, kind)
            if kind is str:
                assert subscribed == stack.endpoints["eventGrid"]
