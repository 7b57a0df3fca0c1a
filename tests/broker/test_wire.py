"""The protocol, frame by frame: bad peers, credit, drain, windows, large messages, links that come and go."""

import asyncio

import pytest
from azure.servicebus import ServiceBusMessage

from local.broker import Broker, codec
from tests.broker.conftest import AMQP, SASL, Client, Peer

ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18
OPEN = codec.encode_described(0x10, [codec.string("peer")])
BODY = codec.encode_section(0x75, codec.binary(b"x" * 1000))


def _frame(body: bytes, *, offset: int = 2) -> bytes:
    return (len(body) + 8).to_bytes(4) + bytes((offset, 0, 0, 0)) + body


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        SASL + b"\xff" * 64,
        AMQP + _frame(b"\x00\x53\x10\xc0\xff\xff"),
        AMQP + _frame(b"\x00\x53\xee\x45"),
        AMQP + _frame(OPEN, offset=200),
        AMQP + _frame(OPEN) + _frame(codec.encode_described(ATTACH, [])),
        AMQP + _frame(codec.encode_described(0x11, [None, codec.uint(0)])),
        AMQP + b"\x00\x00\x00\x03\x02\x00\x00\x00",
        AMQP + b"\x7f\xff\xff\xff\x02\x00\x00\x00",
        AMQP + _frame(OPEN) + _frame(codec.encode_described(0x11, ["a", "b", "c", "d"])),
        b"AMQP",
    ],
    ids=["http", "sasl", "cut off", "unknown", "offset", "no session", "not open", "small", "huge", "types", "short"],
)
async def test_malformed_bytes_cost_their_own_connection_only(broker: Broker, peer: Peer, garbage: bytes) -> None:
    """Whatever a peer sends, the broker goes on serving others."""
    peer.writer.write(garbage)
    peer.writer.write_eof()
    async with asyncio.timeout(3):
        while await peer.reader.read(4096):
            pass
    async with asyncio.timeout(3):
        reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
        other = Peer(reader, writer)
        await other.open_session()
        writer.close()


async def test_decode_error_is_told(peer: Peer) -> None:
    """A peer whose frame cannot be decoded is told so before the connection closes."""
    peer.writer.write(AMQP + _frame(OPEN) + _frame(b"\x00\x53\x11\xc0\x05\xff"))
    await peer.reader.readexactly(8)
    [error] = await peer.expect(CLOSE)
    assert codec.text(error[0]) == "amqp:decode-error"
    assert await peer.reader.read() == b""


async def test_unattached_handle_ends_the_session(peer: Peer) -> None:
    """A transfer on a handle that was never attached ends its session."""
    await peer.open_session()
    peer.transfer(7, 0, BODY)
    [error] = await peer.expect(END)
    assert codec.text(error[0]) == "amqp:session:unattached-handle"


async def test_credit_bounds_deliveries_and_drain_uses_it_up(broker: Broker, peer: Peer, queue: str) -> None:
    """No more is delivered than there is credit, and a drain answers with the credit used up."""
    await peer.open_session()
    await peer.authenticate(broker)
    await peer.attach(1, queue, receive=False)
    await peer.attach(2, queue, receive=True)
    for number in range(3):
        peer.transfer(1, number, BODY)
        await peer.expect(DISPOSITION)
    _flow(peer, handle=2, credit=2)
    assert [(await peer.expect(TRANSFER))[1] for _ in range(2)] == [1, 2]
    _flow(peer, handle=2, credit=5, delivery_count=2, drain=True)
    await peer.expect(TRANSFER)
    drained = await peer.expect(FLOW)
    assert (drained[4], drained[5], drained[6], drained[8]) == (2, 7, 0, True)


async def test_session_window_holds_back_frames(broker: Broker, peer: Peer, queue: str) -> None:
    """A peer's window of frames is respected, within one message too."""
    await peer.open_session()
    await peer.authenticate(broker)
    await peer.attach(1, queue, receive=False)
    await peer.attach(2, queue, receive=True)
    peer.transfer(1, 0, codec.encode_section(0x75, codec.binary(b"y" * 12_000)))
    await peer.expect(DISPOSITION)
    seen = 1  # the reply of $cbs
    _flow(peer, handle=2, credit=5, next_incoming=seen, window=2)
    first, second = await peer.expect(TRANSFER), await peer.expect(TRANSFER)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await peer.receive()
    _flow(peer, handle=2, credit=4, delivery_count=1, next_incoming=seen + 2, window=10)
    rest = [await peer.expect(TRANSFER) for _ in range(2)]
    assert [each[5] for each in (first, second, *rest)] == [True, True, True, False]
    assert sum(len(each[11]) for each in (first, second, *rest)) > 12_000


async def test_oversized_message_is_rejected_and_the_link_lives(broker: Broker, peer: Peer, queue: str) -> None:
    """A message beyond the limit is rejected by name; the next one on the link is taken."""
    await peer.open_session()
    await peer.authenticate(broker)
    await peer.attach(1, queue, receive=False)
    for _ in range(9):
        peer.transfer(1, 0, b"z" * 32_000, more=True)
    peer.transfer(1, 0, b"z")
    state = (await peer.expect(DISPOSITION))[4]
    assert codec.text(state["rejected"][0][0]) == "amqp:link:message-size-exceeded"
    peer.transfer(1, 1, BODY)
    assert "accepted" in (await peer.expect(DISPOSITION))[4]


async def test_undecodable_message_is_rejected_and_the_link_lives(broker: Broker, peer: Peer, queue: str) -> None:
    """A message that is no message is rejected; the next one on the link is taken."""
    await peer.open_session()
    await peer.authenticate(broker)
    await peer.attach(1, queue, receive=False)
    peer.transfer(1, 0, b"\xff" * 20)
    state = (await peer.expect(DISPOSITION))[4]
    assert codec.text(state["rejected"][0][0]) == "amqp:decode-error"
    peer.transfer(1, 1, BODY)
    assert "accepted" in (await peer.expect(DISPOSITION))[4]


async def test_link_can_be_attached_again(broker: Broker, peer: Peer, queue: str) -> None:
    """A detached handle can be attached again, also after a refusal."""
    await peer.open_session()
    await peer.authenticate(broker)
    for address, expected in ((queue, None), ("nowhere", "amqp:not-found"), (queue, None)):
        await peer.attach(1, address, receive=True)
        peer.send(DETACH, [codec.uint(1), codec.boolean(value=True)])
        error = (await peer.expect(DETACH))[2]
        assert (codec.text(error[0]) if error else None) == expected


async def test_credit_is_replenished(broker: Broker, peer: Peer, queue: str) -> None:
    """A sender gets new credit before the first thousand is used up."""
    await peer.open_session()
    await peer.authenticate(broker)
    await peer.attach(1, queue, receive=False)
    first = await peer.expect(FLOW)
    for number in range(501):
        peer.transfer(1, number, codec.encode_section(0x75, codec.binary(b"x")))
    second = await peer.expect(FLOW)
    assert (first[5], first[6]) == (0, 1000)
    assert (second[5], second[6]) == (501, 1000)


@pytest.mark.parametrize("operation", ["com.microsoft:add-rule", "com.microsoft:get-session-state", "nonsense"])
async def test_operations_that_are_not_modelled(broker: Broker, peer: Peer, queue: str, operation: str) -> None:
    """An operation of the management node that is not modelled is refused as such."""
    reply = await _ask(broker, peer, queue, operation, {})
    assert (reply[b"statusCode"], reply[b"errorCondition"]) == (501, b"amqp:not-implemented")


@pytest.mark.parametrize("body", [{}, {"lock-tokens": "x"}, {"lock-tokens": codec.array([b"123"])}, "no map"])
async def test_bad_arguments_of_operations(broker: Broker, peer: Peer, queue: str, body: object) -> None:
    """An operation whose arguments are missing or of the wrong type is a bad request, not a failure."""
    reply = await _ask(broker, peer, queue, "com.microsoft:renew-lock", body)
    assert (reply[b"statusCode"], reply[b"errorCondition"]) == (400, b"com.microsoft:argument-error")


async def _ask(broker: Broker, peer: Peer, queue: str, operation: str, body: object) -> dict[bytes, object]:
    await peer.open_session()
    await peer.authenticate(broker)
    await peer.attach(1, f"{queue}/$management", receive=True)
    await peer.attach(2, f"{queue}/$management", receive=False)
    request = codec.encode_section(0x74, {"operation": operation}) + codec.encode_section(0x77, body)
    peer.transfer(2, 0, request)
    return codec.decode_message((await peer.expect(TRANSFER))[11]).application_properties or {}


def _flow(
    peer: Peer,
    *,
    handle: int,
    credit: int,
    delivery_count: int = 0,
    next_incoming: int = 0,
    window: int = 100,
    drain: bool = False,
) -> None:
    session = [codec.uint(next_incoming), codec.uint(window), codec.uint(0), codec.uint(100)]
    link = [codec.uint(handle), codec.uint(delivery_count), codec.uint(credit), None, codec.boolean(drain)]
    peer.send(FLOW, [*session, *link])


async def test_one_message_through_the_real_client_beside_a_bad_peer(client: Client, peer: Peer) -> None:
    """While one peer talks nonsense the real client sends and receives."""
    sender, receiver = client.both()
    peer.writer.write(AMQP + b"\xff" * 1000)
    await sender.send_messages(ServiceBusMessage("fine"))
    assert [str(each) for each in await receiver.receive_messages(1, max_wait_time=2)] == ["fine"]
