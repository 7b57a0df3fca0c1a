"""Azure's events on the local stack: they come to the app by themselves, also after a restart, in both schemas."""

from __future__ import annotations

import json
import os
import signal
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from local.stack import Options, Stack
from tests.e2e.stage import Json, until
from tests.model.test_azure_events import cloud_event, event, with_data

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-somebody"


class Visitor:
    """Somebody beside Spokewright, who works with the simulated Azure, the webhooks and the queue directly."""

    def __init__(self, stack: Stack, http: aiohttp.ClientSession) -> None:
        self.stack = stack
        self._http = http

    @property
    def endpoints(self) -> Json:
        """Where everything is now."""
        return self.stack.endpoints

    async def simulator(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call the simulated Azure; return its text."""
        trust = ssl.create_default_context(cafile=self.endpoints["caBundle"])
        url = f"{self.endpoints['arm'].rstrip('/')}{path}"
        async with self._http.request(method, url, json=body, ssl=trust, headers=headers) as answer:
            text = await answer.text()
            assert answer.status < 300, text
            return text

    async def make_group(self) -> None:
        """Write a resource group, which sends an event."""
        query = {"resource": "https://management.azure.com", "api-version": "2019-08-01"}
        secret = {"X-IDENTITY-HEADER": self.endpoints["identityHeader"]}
        trust = ssl.create_default_context(cafile=self.endpoints["caBundle"])
        async with self._http.get(self.endpoints["identity"], params=query, headers=secret, ssl=trust) as answer:
            token = (await answer.json())["access_token"]
        path = f"{GROUP}?api-version=2025-04-01"
        await self.simulator("PUT", path, {"location": "westeurope"}, Authorization=f"Bearer {token}")

    async def delivered(self) -> int:
        """Return how many events were delivered."""
        lines = (await self.simulator("GET", "/_simulator/journal")).splitlines()
        return sum(1 for line in map(json.loads, lines) if line["entry"] == "delivery" and "delivered" in line.values())

    async def post(self, url: str, body: Any, **headers: str) -> int:
        """Deliver something to a webhook."""
        async with self._http.post(url, json=body, headers=headers) as answer:
            return answer.status

    async def malformed(self) -> int:
        """Return how many malformed events the app has counted."""
        headers = {"x-functions-key": self.endpoints["functionKey"]}
        async with self._http.get(f"{self.endpoints['functions']}/api/events", headers=headers) as answer:
            return sum(row["number"] for row in (await answer.json())["tallies"])

    async def wait_for_delivery(self) -> None:
        """Write something, and wait until its event was delivered."""
        before = await self.delivered()
        await self.make_group()

        async def came() -> bool:
            return await self.delivered() > before

        await until(came, 30)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visitor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitor]:
    """A visitor of a stack on which there is nothing yet."""
    options = Options(tmp_path_factory.mktemp("events"), 60.0)
    async with Stack(options) as stack, aiohttp.ClientSession() as http:
        yield Visitor(stack, http)


async def test_events_are_delivered_to_the_trigger(visitor: Visitor) -> None:
    """The simulator is subscribed from the start, and the app acknowledges what it sends."""
    await visitor.wait_for_delivery()
    assert json.loads(await visitor.simulator("GET", "/_simulator/webhooks")) == [visitor.endpoints["eventGrid"]]
    assert await visitor.malformed() == 0


@pytest.mark.parametrize("name", ["host", "simulator"])
async def test_events_come_after_a_restart(visitor: Visitor, name: str) -> None:
    """Whichever of the two dies, events come again; somebody else's webhook stays where it was."""
    other = {"url": "http://127.0.0.1:9/other", "schema": "cloudevents"}
    await visitor.simulator("PUT", "/_simulator/webhooks", [other, "http://127.0.0.1:9/runtime/webhooks/eventgrid?x=1"])
    before = visitor.stack.process_id(name)
    os.kill(before, signal.SIGKILL)

    async def subscribed() -> bool:
        try:
            told = json.loads(await visitor.simulator("GET", "/_simulator/webhooks"))
        except aiohttp.ClientError:
            return False  # It is starting.
        return bool(told == [other, visitor.endpoints["eventGrid"]])

    await until(subscribed, 30)
    assert visitor.stack.process_id(name) != before
    await visitor.wait_for_delivery()


async def test_the_doors_of_the_running_app(visitor: Visitor) -> None:
    """Trigger, webhook and queue take both schemas and count what is malformed, as the worker hands it to them."""
    trigger = visitor.endpoints["eventGrid"]
    webhook = f"{visitor.endpoints['functions']}/api/events?code={visitor.endpoints['functionKey']}"
    for body in (event(operation="Microsoft.Network/networkSecurityGroups/write"), cloud_event(type="Other.Thing")):
        assert await visitor.post(trigger, body, **{"aeg-event-type": "Notification"}) == 202
        assert await visitor.post(webhook, body) == 202
    before = await visitor.malformed()
    bad = with_data(resourceUri="nowhere")
    assert await visitor.post(trigger, [bad], **{"aeg-event-type": "Notification"}) == 202
    assert await visitor.post(webhook, [bad]) == 400
    async with (
        ServiceBusClient.from_connection_string(visitor.endpoints["serviceBus"]) as bus,
        bus.get_queue_sender("resource-events") as sender,
    ):
        await sender.send_messages(ServiceBusMessage(json.dumps([bad])))

    async def counted() -> bool:
        return await visitor.malformed() == before + 3

    await until(counted, 30)
