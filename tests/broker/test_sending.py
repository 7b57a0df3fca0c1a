"""Sending: what arrives is what was sent, once, with the broker's annotations."""

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
    await (await client.sender()).send_messages(sent)
    [message] = await (await client.receiver()).receive_messages(1, max_wait_time=2)
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
    await (await client.sender()).send_messages(ServiceBusMessage("x"))
    [message] = await (await client.receiver()).receive_messages(1, max_wait_time=2)
    assert message.sequence_number >= 1
    assert before <= message.enqueued_time_utc <= datetime.now(UTC) + timedelta(seconds=1)
    assert message.locked_until_utc > message.enqueued_time_utc
    assert message.state is ServiceBusMessageState.ACTIVE
    assert message.delivery_count == 0


async def test_batch_arrives_whole_and_in_order(client: Client) -> None:
    """A batch becomes its messages, in order, with rising sequence numbers."""
    sender, receiver = await client.both()
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
    await (await client.sender()).send_messages(ServiceBusMessage(body))
    [message] = await (await client.receiver()).receive_messages(1, max_wait_time=2)
    assert b"".join(message.body) == body


async def test_message_over_the_limit_is_refused(client: Client) -> None:
    """The limit is told to the client, which refuses a message beyond it."""
    with pytest.raises(MessageSizeExceededError):
        await (await client.sender()).send_messages(ServiceBusMessage(b"x" * 300_000))


async def test_unknown_entity(client: Client) -> None:
    """An entity that is not in the table cannot be sent to or received from."""
    with pytest.raises(MessagingEntityNotFoundError):
        await client.sender("nowhere")
    with pytest.raises(MessagingEntityNotFoundError):
        await client.receiver("nowhere")


async def test_reply_queues_are_made_on_demand(client: Client) -> None:
    """A queue named reply-* exists as soon as it is used."""
    await (await client.sender("reply-alice")).send_messages(ServiceBusMessage("done"))
    [message] = await (await client.receiver("reply-alice")).receive_messages(1, max_wait_time=2)
    assert str(message) == "done"


async def test_entity_names_have_no_case(client: Client) -> None:
    """Entity names are compared without case."""
    await (await client.sender("ORDERS")).send_messages(ServiceBusMessage("x"))
    assert await (await client.receiver("orders")).receive_messages(1, max_wait_time=2)


async def test_topic_copies_to_each_subscription(client: Client) -> None:
    """Each subscription of a topic gets its own copy."""
    async with client.service.get_topic_sender("news") as sender:
        await sender.send_messages(ServiceBusMessage("hi"))
    for name in ("first", "second"):
        async with client.service.get_subscription_receiver("news", name) as receiver:
            [message] = await receiver.receive_messages(1, max_wait_time=2)
            await receiver.complete_message(message)
            assert str(message) == "hi"


async def test_topic_cannot_be_received_from(client: Client) -> None:
    """A topic is received from through a subscription only."""
    with pytest.raises(ServiceBusError, match="subscription"):
        await client.receiver("news")


async def test_duplicates_are_dropped_where_the_queue_says_so(client: Client) -> None:
    """A queue with duplicate detection takes a message id once, also within one batch."""
    sender, receiver = await client.both("unique")
    await sender.send_messages(ServiceBusMessage("1", message_id="a"))
    await sender.send_messages([ServiceBusMessage("2", message_id="a"), ServiceBusMessage("3", message_id="b")])
    assert [str(each) for each in await receiver.receive_messages(5, max_wait_time=1)] == ["1", "3"]


async def test_duplicates_pass_where_it_does_not(client: Client) -> None:
    """A queue without duplicate detection takes a message id as often as it comes."""
    sender, receiver = await client.both()
    await sender.send_messages([ServiceBusMessage("1", message_id="a"), ServiceBusMessage("2", message_id="a")])
    assert len(await receiver.receive_messages(5, max_wait_time=1)) == 2


async def test_schedule(client: Client) -> None:
    """A scheduled message is not delivered before its time, and then without further ado."""
    sender, receiver = await client.both()
    due = datetime.now(UTC) + timedelta(seconds=0.8)
    await sender.schedule_messages(ServiceBusMessage("later"), due)
    [peeked] = await receiver.peek_messages(1, sequence_number=1)
    assert peeked.state is ServiceBusMessageState.SCHEDULED
    [message] = await receiver.receive_messages(1, max_wait_time=3)
    assert str(message) == "later"
    assert message.enqueued_time_utc >= due - timedelta(milliseconds=2)


async def test_schedule_by_property(client: Client) -> None:
    """A message sent with a scheduled enqueue time waits as well."""
    due = datetime.now(UTC) + timedelta(seconds=0.5)
    await (await client.sender()).send_messages(ServiceBusMessage("later", scheduled_enqueue_time_utc=due))
    [message] = await (await client.receiver()).receive_messages(1, max_wait_time=3)
    assert message.enqueued_time_utc >= due - timedelta(milliseconds=2)


async def test_scheduled_topic_message_is_copied_when_due(client: Client) -> None:
    """A message scheduled at a topic reaches the subscriptions when it is due."""
    async with client.service.get_topic_sender("news") as sender:
        await sender.schedule_messages(ServiceBusMessage("soon"), datetime.now(UTC) + timedelta(seconds=0.3))
    async with client.service.get_subscription_receiver("news", "first") as receiver:
        assert [str(each) for each in await receiver.receive_messages(1, max_wait_time=3)] == ["soon"]


async def test_cancel_scheduled(client: Client) -> None:
    """A cancelled message never comes, and cannot be cancelled twice."""
    sender, receiver = await client.both()
    numbers = await sender.schedule_messages(ServiceBusMessage("x"), datetime.now(UTC) + timedelta(seconds=0.3))
    await sender.cancel_scheduled_messages(numbers)
    assert await receiver.receive_messages(1, max_wait_time=0.6) == []
    with pytest.raises(ServiceBusError, match="could not be found"):
        await sender.cancel_scheduled_messages(numbers)
