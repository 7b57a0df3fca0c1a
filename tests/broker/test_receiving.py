"""Receiving: locks, settlement, dead letters, peeking, credit."""

import asyncio
from datetime import timedelta

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusMessageState, ServiceBusReceivedMessage, ServiceBusReceiveMode
from azure.servicebus.aio import AutoLockRenewer, ServiceBusClient, ServiceBusReceiver
from azure.servicebus.exceptions import MessageLockLostError, ServiceBusError

from local.broker import Broker
from tests.broker.conftest import LOCK_SECONDS, Client


async def _one(receiver: ServiceBusReceiver, wait: float = 3) -> ServiceBusReceivedMessage:
    [message] = await receiver.receive_messages(1, max_wait_time=wait)
    return message


async def test_complete_removes(client: Client) -> None:
    """A completed message is gone."""
    sender, receiver = client.both()
    await sender.send_messages(ServiceBusMessage("x"))
    await receiver.complete_message(await _one(receiver))
    assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_abandon_redelivers_and_counts(client: Client) -> None:
    """An abandoned message comes again at once, with a higher delivery count."""
    sender, receiver = client.both()
    await sender.send_messages(ServiceBusMessage("x"))
    await receiver.abandon_message(await _one(receiver))
    again = await _one(receiver)
    assert again.delivery_count == 1


async def test_too_many_deliveries_dead_letter(client: Client) -> None:
    """A message that failed as often as the queue allows is dead-lettered with the reason."""
    sender, receiver, dead_letters = client.all()
    await sender.send_messages(ServiceBusMessage("poison"))
    for _ in range(3):
        await receiver.abandon_message(await _one(receiver))
    dead = await _one(dead_letters)
    assert (str(dead), dead.dead_letter_reason, dead.delivery_count) == ("poison", "MaxDeliveryCountExceeded", 3)


async def test_dead_letter_keeps_properties_and_says_why(client: Client) -> None:
    """A dead-lettered message keeps its own properties beside reason and description."""
    sender, receiver, dead_letters = client.all()
    await sender.send_messages(ServiceBusMessage("bad", application_properties={"k": 1}))
    original = await _one(receiver)
    await receiver.dead_letter_message(original, reason="Because", error_description="of this")
    dead = await _one(dead_letters)
    assert (dead.dead_letter_reason, dead.dead_letter_error_description) == ("Because", "of this")
    assert dead.application_properties[b"k"] == 1
    assert dead.sequence_number == original.sequence_number


async def test_dead_letter_queue_can_be_emptied(client: Client) -> None:
    """A dead-lettered message can be abandoned for ever and completed."""
    sender, receiver, dead_letters = client.all()
    await sender.send_messages(ServiceBusMessage("bad"))
    await receiver.dead_letter_message(await _one(receiver))
    for _ in range(4):
        await dead_letters.abandon_message(await _one(dead_letters))
    await dead_letters.complete_message(await _one(dead_letters))
    assert await dead_letters.peek_messages(1, sequence_number=1) == []


async def test_defer(client: Client) -> None:
    """A deferred message is delivered by its number only, and then settled as any other."""
    sender, receiver = client.both()
    await sender.send_messages(ServiceBusMessage("x"))
    message = await _one(receiver)
    await receiver.defer_message(message)
    assert await receiver.receive_messages(1, max_wait_time=0.3) == []
    [peeked] = await receiver.peek_messages(1, sequence_number=1)
    assert peeked.state is ServiceBusMessageState.DEFERRED
    [deferred] = await receiver.receive_deferred_messages(message.sequence_number)
    await receiver.complete_message(deferred)
    with pytest.raises(ServiceBusError, match="could not be found"):
        await receiver.receive_deferred_messages(message.sequence_number)


async def test_lock_renewal(client: Client) -> None:
    """A renewed lock holds beyond the first one's end."""
    sender, receiver = client.both()
    await sender.send_messages(ServiceBusMessage("x"))
    message = await _one(receiver)
    first = message.locked_until_utc
    await asyncio.sleep(0.6 * LOCK_SECONDS)
    renewed = await receiver.renew_message_lock(message)
    assert renewed - first >= timedelta(seconds=0.5 * LOCK_SECONDS)
    await asyncio.sleep(0.6 * LOCK_SECONDS)
    await receiver.complete_message(message)
    assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_auto_lock_renewer(client: Client) -> None:
    """The SDK's own renewer keeps a lock alive for longer than the lock lasts."""
    sender, receiver = await asyncio.gather(client.sender("renewed"), client.receiver("renewed"))
    await sender.send_messages(ServiceBusMessage("x"))
    async with AutoLockRenewer() as renewer:
        message = await _one(receiver)
        renewer.register(receiver, message, max_lock_renewal_duration=10)
        await asyncio.sleep(5)
        await receiver.complete_message(message)
    assert message.auto_renew_error is None


async def test_expired_lock_is_refused_by_the_broker(client: Client) -> None:
    """After its lock expired a message cannot be settled, and comes again with a higher count."""
    sender, receiver = client.both()
    await sender.send_messages(ServiceBusMessage("x"))
    message = await _one(receiver)
    await asyncio.sleep(1.1 * LOCK_SECONDS)
    # The SDK looks at its own clock first; make it ask the broker.
    message._raw_amqp_message.annotations.pop(b"x-opt-locked-until", None)
    message._expiry = None
    with pytest.raises(MessageLockLostError, match="lock supplied is invalid"):
        await receiver.complete_message(message)
    assert (await _one(receiver)).delivery_count == 1


async def test_crashed_client_keeps_its_locks(client: Client, broker: Broker) -> None:
    """When a client vanishes its message stays locked until the lock expires, and counts as a delivery."""
    sender, other = client.both()
    await sender.send_messages(ServiceBusMessage("x"))
    doomed = ServiceBusClient.from_connection_string(broker.connection_string, retry_total=0)
    receiver = doomed.get_queue_receiver(client.queue)
    message = await _one(receiver)
    receiver._handler._connection._transport.writer.transport.abort()
    assert await other.receive_messages(1, max_wait_time=0.4 * LOCK_SECONDS) == []
    again = await _one(other)
    assert again.message_id == message.message_id
    assert again.delivery_count == 1
    await doomed.close()


async def test_closing_a_receiver_gives_back_what_it_never_returned(client: Client) -> None:
    """Prefetched messages are released on close, and do not count as delivered."""
    sender, other, prefetching = await asyncio.gather(
        client.sender(), client.receiver(), client.receiver(prefetch_count=10)
    )
    await sender.send_messages([ServiceBusMessage(str(number)) for number in range(4)])
    await prefetching.complete_message(await _one(prefetching))
    await prefetching.close()
    rest = await other.receive_messages(4, max_wait_time=1)
    assert [str(each) for each in rest] == ["1", "2", "3"]
    assert {each.delivery_count for each in rest} == {0}


async def test_receive_and_delete(client: Client) -> None:
    """In receive-and-delete mode a delivered message is gone."""
    deleting = client.receiver(receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE)
    sender, receiver = await asyncio.gather(client.sender(), deleting)
    await sender.send_messages(ServiceBusMessage("x"))
    assert str(await _one(receiver)) == "x"
    assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_peek_pages_without_locking(client: Client) -> None:
    """Peeking pages through messages, locked ones too, and changes nothing."""
    sender, receiver = client.both()
    await sender.send_messages([ServiceBusMessage(str(number)) for number in range(4)])
    locked = await _one(receiver)
    first = await receiver.peek_messages(2, sequence_number=1)
    second = await receiver.peek_messages(9, sequence_number=first[-1].sequence_number + 1)
    assert [str(each) for each in first + second] == ["0", "1", "2", "3"]
    await receiver.complete_message(locked)


async def test_own_time_to_live(client: Client) -> None:
    """A message that outlives its own time to live is dead-lettered as expired."""
    sender, _, dead_letters = client.all()
    await sender.send_messages(ServiceBusMessage("old", time_to_live=timedelta(seconds=0.2)))
    dead = await _one(dead_letters)
    assert (str(dead), dead.dead_letter_reason) == ("old", "TTLExpiredException")


async def test_competing_receivers_share(client: Client) -> None:
    """Several receivers get different messages, and all are delivered once."""
    sender, *receivers = await asyncio.gather(client.sender(), *(client.receiver() for _ in range(3)))
    await sender.send_messages([ServiceBusMessage(str(number)) for number in range(20)])
    taken = await asyncio.gather(*(each.receive_messages(20, max_wait_time=1) for each in receivers))
    assert sorted(int(str(message)) for part in taken for message in part) == list(range(20))


async def test_credit_is_respected(client: Client) -> None:
    """A receiver that asked for two messages locks two, and the others stay for others."""
    sender, first, second = await asyncio.gather(client.sender(), client.receiver(), client.receiver())
    await sender.send_messages([ServiceBusMessage(str(number)) for number in range(5)])
    assert [str(each) for each in await first.receive_messages(2, max_wait_time=1)] == ["0", "1"]
    assert [str(each) for each in await second.receive_messages(5, max_wait_time=1)] == ["2", "3", "4"]


async def test_waiting_receiver_is_served_at_once(client: Client) -> None:
    """A message sent while a receiver waits is delivered then, not at the next poll."""
    sender, receiver = client.both()
    waiting = asyncio.create_task(_one(receiver, wait=5))
    await asyncio.sleep(0.2)
    started = asyncio.get_running_loop().time()
    await sender.send_messages(ServiceBusMessage("now"))
    assert str(await waiting) == "now"
    assert asyncio.get_running_loop().time() - started < 1


async def test_sessions_are_refused(client: Client) -> None:
    """A session receiver is refused in plain words."""
    with pytest.raises(ServiceBusError, match="Sessions are not supported"):
        await client.receiver(session_id="s")
