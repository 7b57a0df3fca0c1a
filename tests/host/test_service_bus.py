"""Service Bus triggers against the local broker, with the real client on both sides."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient
from azure.servicebus.amqp import AmqpAnnotatedMessage

from local.broker import Broker, Entities, Queue, Topic
from tests.host.running import Running, eventually, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from types import ModuleType


ENTITIES = Entities(
    queues=(Queue("orders", lock_seconds=2.0, max_deliveries=3), Queue("batches"), Queue("slow", lock_seconds=4.0)),
    topics=(Topic("news", (Queue("first"), Queue("second"))),),
)


@asynccontextmanager
async def broker_at(state: Path, port: int = 0) -> AsyncIterator[Broker]:
    """A broker that runs."""
    broker = Broker(state, port=port, entities=ENTITIES)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@asynccontextmanager
async def serving(tmp_path: Path, broker: Broker, at_once: int = 16) -> AsyncIterator[Running]:
    """A host with the parcels app on a broker."""
    settings = {"BUS": broker.connection_string, "BATCHES": "batches"}
    host_json = tmp_path / "host.json"
    host_json.write_text(json.dumps({"extensions": {"serviceBus": {"maxConcurrentCalls": at_once}}}))
    async with running(tmp_path / "host", "parcels", settings=settings, host_json=host_json) as host:
        yield host


async def send(
    broker: Broker, *messages: ServiceBusMessage | AmqpAnnotatedMessage, topic: str = "", queue: str = "orders"
) -> None:
    """Send messages with the real client."""
    async with (
        ServiceBusClient.from_connection_string(broker.connection_string) as client,
        client.get_topic_sender(topic) if topic else client.get_queue_sender(queue) as sender,
    ):
        await sender.send_messages(list(messages))


def bodies(app: ModuleType) -> list[str]:
    """The bodies that the queue's function saw."""
    return [message.get_body().decode() for message in app.seen.get("orders", [])]


async def test_messages_reach_their_functions(tmp_path: Path) -> None:
    """Queue, subscription and batch functions get their messages, with all that came with them."""
    sent = datetime.now(UTC)
    async with broker_at(tmp_path) as broker, serving(tmp_path, broker) as host:
        full = ServiceBusMessage(
            b'{"n": 1}',
            message_id="m1",
            correlation_id="c1",
            reply_to="reply-me",
            subject="order",
            content_type="application/json",
            to="somebody",
            time_to_live=timedelta(hours=30),
            application_properties={"operation": "apply", b"count": 3},
        )
        await asyncio.gather(
            send(broker, full),
            send(broker, ServiceBusMessage("read all about it"), topic="news"),
            send(broker, AmqpAnnotatedMessage(value_body={"a": ["b", 1]}), queue="slow"),
            send(broker, *(ServiceBusMessage(f"b{n}", message_id=str(n)) for n in range(5)), queue="batches"),
        )
        await eventually(lambda: len(host.app.seen) == 4)
        await eventually(lambda: sum(len(batch) for batch in host.app.seen["batches"]) == 5)
    (message,) = host.app.seen["orders"]
    assert message.get_body() == b'{"n": 1}'
    assert (message.message_id, message.correlation_id, message.reply_to) == ("m1", "c1", "reply-me")
    assert (message.subject, message.content_type, message.to) == ("order", "application/json", "somebody")
    assert message.application_properties == {"operation": "apply", "count": 3}
    assert message.user_properties == message.application_properties
    assert message.delivery_count == 1
    assert message.sequence_number > 0
    assert sent - timedelta(seconds=1) <= message.enqueued_time_utc <= datetime.now(UTC)
    assert [json.loads(body) for body in host.app.seen["slow"]] == [{"a": ["b", 1]}]
    assert host.app.seen["news"] == ["read all about it"]
    assert sorted(each for batch in host.app.seen["batches"] for each in batch) == [(str(n), f"b{n}") for n in range(5)]


async def test_failures_are_delivered_again_and_then_dead_lettered(tmp_path: Path) -> None:
    """A function that raises gets the message again; after the last delivery it is a dead letter."""
    async with broker_at(tmp_path) as broker, serving(tmp_path, broker) as host:
        second_try = ServiceBusMessage("second", application_properties={"deliveries": 2})
        never = ServiceBusMessage("never", application_properties={"deliveries": 99})
        await send(broker, second_try, never)
        await eventually(lambda: len(host.app.seen.get("orders", [])) == 5)
        async with (
            ServiceBusClient.from_connection_string(broker.connection_string) as client,
            client.get_queue_receiver("orders", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as dead,
        ):
            (letter,) = await dead.receive_messages(max_wait_time=5)
    assert str(letter) == "never"
    counts = [(message.get_body(), message.delivery_count) for message in host.app.seen["orders"]]
    assert sorted(counts) == [(b"never", 1), (b"never", 2), (b"never", 3), (b"second", 1), (b"second", 2)]


async def test_slow_functions_run_side_by_side_and_keep_their_locks(tmp_path: Path) -> None:
    """A function that takes longer than the lock does not hold up others, and its message comes once."""
    async with broker_at(tmp_path) as broker, serving(tmp_path, broker) as host:
        slow = [ServiceBusMessage(f"slow{n}", application_properties={"wait": True}) for n in range(3)]
        await send(broker, *slow, ServiceBusMessage("fast"), queue="slow")
        await eventually(lambda: "fast" in host.app.seen.get("slow", []))
        await asyncio.sleep(4.5)  # more than the lock
        for _ in slow:
            host.app.gate.release()
        await eventually(lambda: len(host.app.seen.get("ended", [])) == 3)
        assert sorted(host.app.seen["slow"]) == ["fast", "slow0", "slow1", "slow2"]


async def test_the_limit_of_calls_at_once_holds(tmp_path: Path) -> None:
    """With maxConcurrentCalls 2, a third message waits until one of two slow calls ends."""
    async with broker_at(tmp_path) as broker, serving(tmp_path, broker, at_once=2) as host:
        await send(
            broker, *(ServiceBusMessage(str(n), application_properties={"wait": True}) for n in range(3)), queue="slow"
        )
        await eventually(lambda: len(host.app.seen.get("slow", [])) == 2)
        await asyncio.sleep(1.0)
        assert len(host.app.seen["slow"]) == 2
        for _ in range(3):
            host.app.gate.release()
        await eventually(lambda: len(host.app.seen.get("ended", [])) == 3)


# The SDK forgets the socket of a broker that went away while it was connecting.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_broker_that_comes_back_is_found_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A restart of the broker is only a pause: messages flow again on the same connection string."""
    caplog.set_level("INFO", "local.host")
    async with broker_at(tmp_path) as broker:
        port = broker.port
        async with serving(tmp_path, broker) as host:
            await send(broker, ServiceBusMessage("before"))
            await eventually(lambda: bodies(host.app) == ["before"])
            await broker.stop()
            await asyncio.sleep(2.0)  # longer than the client's own retries
            async with broker_at(tmp_path, port) as again:
                await send(again, ServiceBusMessage("after"))
                await eventually(lambda: bodies(host.app) == ["before", "after"])
    told = [record.getMessage() for record in caplog.records if "on_order" in record.getMessage()]
    # A third word may come from the second broker's own end, just before the host's.
    assert [text.split()[0] for text in told[:2]] == ["service_bus.unreachable", "service_bus.reachable"], "said once"


async def test_stopping_gives_messages_back(tmp_path: Path) -> None:
    """A message whose function is still busy when the host stops is delivered to the next host."""
    async with broker_at(tmp_path) as broker:
        async with serving(tmp_path, broker) as host:
            await send(broker, ServiceBusMessage("unfinished", application_properties={"wait": True}))
            await eventually(lambda: bodies(host.app))
        async with serving(tmp_path, broker) as host:
            await eventually(lambda: bodies(host.app) == ["unfinished"])
            host.app.gate.release()
            await asyncio.sleep(0.2)
