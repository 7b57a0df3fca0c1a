"""How events reach a queue of Service Bus: as which message, in both schemas, and what waits while it is away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from azure.servicebus.aio import ServiceBusClient

from local.broker.server import Broker
from local.simulator.server import Simulator
from tests.simulator.conftest import Azure, group

if TYPE_CHECKING:
    from pathlib import Path

    from azure.servicebus import ServiceBusReceivedMessage

DOOR = "/_simulator/webhooks"
QUEUE = "resource-events"


@asynccontextmanager
async def running(state: Path) -> AsyncIterator[Broker]:
    """Run a broker; the same directory is the same namespace, at the same address."""
    broker = Broker(state)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def subscribe(azure: Azure, broker: Broker, schema: str, *others: Any) -> None:
    """Send events into the broker's queue, with a fast clock."""
    azure.simulator.clock.run(500)
    queue = {"queue": QUEUE, "connection": broker.connection_string, "schema": schema}
    answer = await azure.put(azure.simulator.base + DOOR, [queue, *others], version=None)
    assert (answer.status, answer.body[0]) == (200, queue)


async def messages(broker: Broker, count: int) -> list[ServiceBusReceivedMessage]:
    """Take so many messages out of the queue."""
    found: list[ServiceBusReceivedMessage] = []
    async with (
        ServiceBusClient.from_connection_string(broker.connection_string) as client,
        client.get_queue_receiver(QUEUE) as receiver,
        asyncio.timeout(30),
    ):
        while len(found) < count:
            for message in await receiver.receive_messages(max_message_count=count - len(found), max_wait_time=1):
                await receiver.complete_message(message)
                found.append(message)
    return found


async def journalled(azure: Azure, entry: str, count: int) -> list[dict[str, Any]]:
    """Read the journal until it has so many lines of a kind."""
    async with asyncio.timeout(30):
        while len(found := await azure.lines(entry)) < count:
            pass
    return found


@pytest.mark.parametrize(
    ("schema", "content_type", "kind", "version"),
    [
        ("eventgrid", "application/json", "eventType", "1"),
        ("cloudevents", "application/cloudevents+json", "type", "1.0"),
    ],
)
async def test_an_event_is_one_message(
    azure: Azure, tmp_path: Path, schema: str, content_type: str, kind: str, version: str
) -> None:
    """Its body is one JSON object in the subscription's schema, and its properties say what Event Grid says."""
    async with running(tmp_path / "broker") as broker:
        await subscribe(azure, broker, schema)
        await azure.put(group("other"), {"location": "westeurope"})
        [message] = await messages(broker, 1)
        [sent] = await journalled(azure, "delivery", 1)
    body = json.loads(str(message))
    assert body[kind] == "Microsoft.Resources.ResourceWriteSuccess"
    assert body["data"]["resourceUri"].endswith("/resourceGroups/other")
    assert message.content_type == content_type
    told = {str(name, "ascii"): str(value, "ascii") for name, value in (message.application_properties or {}).items()}
    assert told["aeg-event-type"] == "Notification"
    assert (told["aeg-delivery-count"], told["aeg-metadata-version"]) == ("0", version)
    assert told["aeg-output-event-id"] == body["id"] == sent["eventId"]
    assert (sent["result"], sent["url"]) == ("delivered", f"queue/{QUEUE}")


async def test_a_queue_needs_no_handshake_and_tells_no_key(azure: Azure, tmp_path: Path) -> None:
    """Events flow at once, and the journal names the queue without what opens it."""
    async with running(tmp_path / "broker") as broker:
        await subscribe(azure, broker, "eventgrid")
        await azure.put(group("other"), {"location": "westeurope"})
        await messages(broker, 1)
        await journalled(azure, "delivery", 1)
        text = (await azure.session.get(f"{azure.simulator.base}/_simulator/journal", ssl=False)).text
        assert broker.key.value not in await text()
    assert await azure.lines("handshake") == []


async def test_a_queue_that_is_away_loses_nothing(azure: Azure, tmp_path: Path) -> None:
    """What happens while the namespace is down is there when it is up again, each event once."""
    names = [f"group{number}" for number in range(12)]
    async with running(tmp_path / "broker") as broker:
        await subscribe(azure, broker, "cloudevents")
        await azure.put(group("before"), {"location": "westeurope"})
        await messages(broker, 1)
    for name in names:
        await azure.put(group(name), {"location": "westeurope"})
    await asyncio.sleep(0.5)
    assert len(await azure.lines("delivery")) == 1
    async with running(tmp_path / "broker") as broker:
        found = [json.loads(str(message)) for message in await messages(broker, len(names))]
        assert sorted(body["subject"].rpartition("/")[2] for body in found) == sorted(names)
        assert len({body["id"] for body in found}) == len(names)
        assert len(await journalled(azure, "delivery", 1 + len(names))) == 1 + len(names)


async def test_a_namespace_may_move(azure: Azure, tmp_path: Path) -> None:
    """Events that wait for a queue go to it also where its namespace has got another address."""
    async with running(tmp_path / "broker") as broker:
        await subscribe(azure, broker, "cloudevents")
    await azure.put(group("other"), {"location": "westeurope"})
    async with running(tmp_path / "elsewhere") as broker:
        await subscribe(azure, broker, "cloudevents")
        [message] = await messages(broker, 1)
    assert json.loads(str(message))["subject"].endswith("/resourceGroups/other")


async def test_a_restart_keeps_what_waits_for_a_queue(azure: Azure, tmp_path: Path) -> None:
    """The simulator takes up where it was: the subscription and the events are in its file."""
    async with running(tmp_path / "broker") as broker:
        await subscribe(azure, broker, "eventgrid")
    await azure.put(group("other"), {"location": "westeurope"})
    state = azure.simulator._state
    await azure.simulator.stop()
    async with running(tmp_path / "broker") as broker:
        again = Simulator(state, speed=500)
        await again.start()
        try:
            [message] = await messages(broker, 1)
        finally:
            await again.stop()
    assert json.loads(str(message))["subject"].endswith("/resourceGroups/other")


@pytest.mark.parametrize(
    "given",
    [
        [{"queue": QUEUE}],
        [{"queue": "", "connection": "Endpoint=sb://h"}],
        [{"queue": QUEUE, "connection": "http://h"}],
        [{"queue": QUEUE, "connection": "Endpoint=sb://h", "schema": "other"}],
        [{"queue": QUEUE, "connection": "Endpoint=sb://h"}, {"queue": QUEUE, "connection": "Endpoint=sb://i"}],
    ],
)
async def test_what_is_no_queue_is_refused(azure: Azure, given: Any) -> None:
    """A queue without a connection, with a strange one, in no schema, or twice, is answered 400."""
    assert (await azure.put(azure.simulator.base + DOOR, given, version=None)).status == 400
