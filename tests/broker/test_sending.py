"""Sending: what arrives is what was sent, once, with the broker's annotations."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusMessageState
from azure.servicebus.exceptions import MessageSizeExceededError, MessagingEntityNotFoundError, ServiceBusError

from tests.broker.conftest import Client


async def test_properties_arrive_with_their_types(client: Client) -> None:
    """Every property of a message reaches its receiver with the type it was sent with."""
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    identifier = UUID(int=7)
    sent = ServiceBusMessage(
        b"\x00\xff",
        message_id="m1",
        correlation_id="c1",
        reply_to="reply-me",
        subject="s",
        content_type="application/json",
        application_properties={"text": "ü", "count": 3, "flag": True, "id": identifier, "when": when, "rate": 0.5},
    )
    sender, receiver = client.both()
    await sender.send_messages(sent)
    [message] = await receiver.receive_messages(1, max_wait_time=2)
    assert b"".join(message.body) == b"\x00\xff"
    assert (message.message_id, message.correlation_id, message.reply_to) == ("m1", "c1", "reply-me")
    assert (message.subject, message.content_type) == ("s", "application/json")
    assert message.application_properties == {
        b"text": "ü".encode(),
        b"count": 3,
        b"flag": True,
        b"id": identifier,
        b"when": int(when.timestamp() * 1000),
        b"rate": 0.5,
    }


async def test_broker_annotations(client: Client) -> None:
    """A received message carries its sequence number, times, state and a delivery count of zero."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    sender, receiver = client.both()
    await sender.send_messages(ServiceBusMessage("x"))
    [message] = await receiver.receive_messages(1, max_wait_time=2)
    assert message.sequence_number >= 1
    assert before <= message.enqueued_time_utc <= datetime.now(UTC) + timedelta(seconds=1)
    assert message.locked_until_utc > message.enqueued_time_utc
    assert message.state is ServiceBusMessageState.ACTIVE
    assert message.delivery_count == 0


async def test_batch_arrives_whole_and_in_order(client: Client) -> None:
    """A batch becomes its messages, in order, with rising sequence numbers."""
    sender, receiver = client.both()
    batch = await sender.create_message_batch()
    for number in range(5):
        batch.add_message(ServiceBusMessage(str(number)))
    await sender.send_messages(batch)
    messages = await receiver.receive_messages(5, max_wait_time=2)
    assert [str(each) for each in messages] == ["0", "1", "2", "3", "4"]
    numbers = [each.sequence_number for each in messages]
    assert numbers == sorted(set(numbers))


async def test_message_of_many_frames(client: Client) -> None:
    """A message of several frames arrives unharmed in both directions."""
    body = bytes(range(256)) * 900
    sender, receiver = client.both()
    await sender.send_messages(ServiceBusMessage(body))
    [message] = await receiver.receive_messages(1, max_wait_time=2)
    assert b"".join(message.body) == body


async def test_message_over_the_limit_is_refused(client: Client) -> None:
    """The limit is told to the client, which refuses a message beyond it."""
    with pytest.raises(MessageSizeExceededError):
        await (await client.sender()).send_messages(ServiceBusMessage(b"x" * 300_000))


async def test_unknown_entity(client: Client) -> None:
    """An entity that is not in the table cannot be sent to or received from."""
    refusals = await asyncio.gather(client.sender("nowhere"), client.receiver("nowhere"), return_exceptions=True)
    assert [type(each) for each in refusals] == [MessagingEntityNotFoundError] * 2


async def test_reply_queues_are_made_on_demand(client: Client) -> None:
    """A queue named reply-* exists as soon as it is used."""
    sender, receiver = await asyncio.gather(client.sender("reply-alice"), client.receiver("reply-alice"))
    await sender.send_messages(ServiceBusMessage("done"))
    [message] = await receiver.receive_messages(1, max_wait_time=2)
    assert str(message) == "done"


async def test_entity_names_have_no_case(client: Client) -> None:
    """Entity names are compared without case."""
    sender, receiver = await asyncio.gather(client.sender("ORDERS"), client.receiver("orders"))
    await sender.send_messages(ServiceBusMessage("x"))
    assert await receiver.receive_messages(1, max_wait_time=2)


async def test_topic_copies_to_each_subscription(client: Client) -> None:
    """Each subscription of a topic gets its own copy."""
    sender = client.service.get_topic_sender("news")
    receivers = [client.service.get_subscription_receiver("news", name) for name in ("first", "second")]
    await client.open(sender, *receivers)
    await sender.send_messages(ServiceBusMessage("hi"))
    for receiver in receivers:
        [message] = await receiver.receive_messages(1, max_wait_time=2)
        await receiver.complete_message(message)
        assert str(message) == "hi"


async def test_topic_cannot_be_received_from(client: Client) -> None:
    """A topic is received from through a subscription only."""
    with pytest.raises(ServiceBusError, match="subscription"):
        await client.receiver("news")


async def test_schedule(client: Client) -> None:
    """A scheduled message is not delivered before its time, and then without further ado."""
    sender, receiver = client.both()
    due = datetime.now(UTC) + timedelta(seconds=0.8)
    await sender.schedule_messages(ServiceBusMessage("later"), due)
    [peeked] = await receiver.peek_messages(1, sequence_number=1)
    assert peeked.state is ServiceBusMessageState.SCHEDULED
    [message] = await receiver.receive_messages(1, max_wait_time=3)
    assert str(message) == "later"
    assert message.enqueued_time_utc >= due - timedelta(milliseconds=2)


async def test_cancel_scheduled(client: Client) -> None:
    """A cancelled message never comes, and cannot be cancelled twice."""
    sender, receiver = client.both()
    numbers = await sender.schedule_messages(ServiceBusMessage("x"), datetime.now(UTC) + timedelta(seconds=0.3))
    await sender.cancel_scheduled_messages(numbers)
    assert await receiver.receive_messages(1, max_wait_time=0.6) == []
    with pytest.raises(ServiceBusError, match="could not be found"):
        await sender.cancel_scheduled_messages(numbers)
