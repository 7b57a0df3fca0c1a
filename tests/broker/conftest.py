"""A started broker with short locks, the real client, and a bare peer that speaks AMQP frame by frame."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from local.broker import Broker, Entities, Queue, Topic, codec

LOCK_SECONDS = 1.0
ENTITIES = Entities(
    queues=(
        Queue("orders", lock_seconds=LOCK_SECONDS, max_deliveries=3),
        Queue("unique", duplicate_window_seconds=600),
        Queue("fleeting", time_to_live_seconds=0.3),
        Queue("forgetful", time_to_live_seconds=0.3, dead_letter_expired=False),
    ),
    topics=(Topic("news", (Queue("first"), Queue("second"))),),
)
SASL = b"AMQP\x03\x01\x00\x00"
AMQP = b"AMQP\x00\x01\x00\x00"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """A running broker over an empty state directory."""
    broker = Broker(tmp_path, entities=ENTITIES)
    await broker.start()
    yield broker
    await broker.stop()


Handler = ServiceBusSender | ServiceBusReceiver


class Client:
    """The real client; opening and closing a link costs it half a second, so several are done at once."""

    def __init__(self, connection_string: str) -> None:
        self.service = ServiceBusClient.from_connection_string(connection_string, retry_total=0, socket_timeout=0.03)
        self._open: list[Handler] = []

    async def both(self, queue: str = "orders") -> tuple[ServiceBusSender, ServiceBusReceiver]:
        """An open sender and an open receiver of a queue."""
        sender, receiver = await asyncio.gather(self.sender(queue), self.receiver(queue))
        return sender, receiver

    async def sender(self, queue: str = "orders") -> ServiceBusSender:
        """An open sender."""
        return await self._opened(self.service.get_queue_sender(queue))

    async def receiver(self, queue: str = "orders", **options: Any) -> ServiceBusReceiver:
        """An open receiver."""
        return await self._opened(self.service.get_queue_receiver(queue, **options))

    async def _opened(self, handler: Any) -> Any:
        self._open.append(handler)
        return await handler.__aenter__()

    async def close(self) -> None:
        """Close every link."""
        await asyncio.gather(*(handler.close() for handler in self._open))
        await self.service.close()


@pytest.fixture
async def client(broker: Broker) -> AsyncIterator[Client]:
    """A client of the running broker."""
    client = Client(broker.connection_string)
    yield client
    await client.close()


class Peer:
    """A bare AMQP peer: it sends what it is told and shows what it gets."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, code: int, fields: list[Any], payload: bytes = b"", channel: int = 0) -> None:
        """Send one performative."""
        body = codec.encode_described(code, fields) + payload
        self.writer.write(struct.pack(">LBBH", len(body) + 8, 2, 0, channel) + body)

    async def receive(self) -> tuple[int, list[Any]]:
        """The next performative."""
        async with asyncio.timeout(5):
            head = await self.reader.readexactly(8)
            body = await self.reader.readexactly(int.from_bytes(head[:4]) - 8)
        return codec.decode_performative(body)

    async def expect(self, code: int) -> list[Any]:
        """The fields of the next performative with that code; others before it are skipped."""
        while True:
            found, fields = await self.receive()
            if found == code:
                return fields

    async def open_session(self) -> None:
        """Open a connection and a session, without SASL."""
        self.writer.write(AMQP)
        assert await self.reader.readexactly(8) == AMQP
        self.send(0x10, [codec.string("peer"), None, codec.uint(4096)])
        self.send(0x11, [None, codec.uint(0), codec.uint(100), codec.uint(100)])
        await self.expect(0x11)

    async def attach(self, handle: int, address: str, *, receive: bool) -> list[Any]:
        """Attach a link; the broker's attach."""
        source = codec.described(0x28, [codec.string(address)])
        target = codec.described(0x29, [codec.string(address)])
        fields = [
            codec.string(f"link-{handle}"),
            codec.uint(handle),
            codec.boolean(receive),
            None,
            None,
            source,
            target,
        ]
        self.send(0x12, fields)
        return await self.expect(0x12)

    async def authenticate(self, broker: Broker) -> None:
        """Put a token for the whole namespace."""
        await self.attach(100, "$cbs", receive=True)
        await self.attach(101, "$cbs", receive=False)
        token = f"SharedAccessSignature sr=sb%3A%2F%2Fhost&sig=%s&se=9999999999&skn={broker.key.name}"
        signature = broker.key.signature("sb%3A%2F%2Fhost", "9999999999").replace("+", "%2B")
        properties = codec.encode_section(0x74, {"operation": "put-token", "type": "jwt", "name": "sb://host"})
        self.transfer(101, 0, properties + codec.encode_section(0x77, token % signature))
        await self.expect(0x14)

    def transfer(self, handle: int, delivery: int, payload: bytes, *, more: bool = False) -> None:
        """Send one frame of a message."""
        fields = [codec.uint(handle), codec.uint(delivery), codec.binary(b"t"), codec.uint(0), codec.boolean(False)]
        self.send(0x14, [*fields, codec.boolean(more)], payload)


@pytest.fixture
async def peer(broker: Broker) -> AsyncIterator[Peer]:
    """A bare peer, connected; it has not said anything yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    yield Peer(reader, writer)
    writer.close()
