"""A started broker with short locks, the real client, and a bare peer that speaks AMQP frame by frame."""

import asyncio
import inspect
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from azure.servicebus import ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from local.broker import Broker, Entities, Queue, Topic, codec

LOCK_SECONDS = 1.0
ENTITIES = Entities(
    queues=(Queue("orders"), Queue("renewed", lock_seconds=4)),
    topics=(Topic("news", (Queue("first"), Queue("second"))),),
    reply_queue=Queue("reply-*", lock_seconds=LOCK_SECONDS, max_deliveries=3),
)
SASL = b"AMQP\x03\x01\x00\x00"
AMQP = b"AMQP\x00\x01\x00\x00"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for the package: the real client's connections outlive single tests (see `service`)."""
    here = Path(__file__).parent
    for item in items:
        ours = here in item.path.parents
        if ours and isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    """A running broker, shared: every test uses queues of its own."""
    broker = Broker(tmp_path_factory.mktemp("broker"), entities=ENTITIES)
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
def queue() -> str:
    """The name of a queue that no other test uses."""
    return f"reply-{uuid4()}"


Handler = ServiceBusSender | ServiceBusReceiver


@dataclass(frozen=True, slots=True)
class Links:
    """The real client's links to one queue."""

    queue: str
    sender: ServiceBusSender
    receiver: ServiceBusReceiver
    dead_letters: ServiceBusReceiver


class Pool:
    """Open links to queues that no test has used.

    The SDK sleeps for half a second to open a link and as long to close one; so links are opened many at a time,
    and closed together when all tests are done.
    """

    def __init__(self, service: ServiceBusClient) -> None:
        self.service = service
        self._opened: list[Handler] = []
        self._fresh: list[Links] = []

    async def take(self) -> Links:
        """Links to a queue of its own."""
        if not self._fresh:
            self._fresh = [self._links(f"reply-{uuid4()}") for _ in range(12)]
            await self.open(
                *(each for links in self._fresh for each in (links.sender, links.receiver, links.dead_letters))
            )
        return self._fresh.pop()

    def _links(self, queue: str) -> Links:
        dead_letters = self.service.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
        return Links(queue, self.service.get_queue_sender(queue), self.service.get_queue_receiver(queue), dead_letters)

    async def open(self, *handlers: Handler) -> None:
        """Open links together."""
        self._opened.extend(handlers)
        await asyncio.gather(*(handler.__aenter__() for handler in handlers))

    async def close(self) -> None:
        """Close all links together."""
        await asyncio.gather(*(handler.close() for handler in self._opened))


class Client:
    """The real client, on a queue of the test's own unless it names another."""

    def __init__(self, pool: Pool, links: Links) -> None:
        self.service = pool.service
        self.queue = links.queue
        self.open = pool.open
        self._links = links

    def both(self) -> tuple[ServiceBusSender, ServiceBusReceiver]:
        """An open sender and an open receiver."""
        return self._links.sender, self._links.receiver

    def all(self) -> tuple[ServiceBusSender, ServiceBusReceiver, ServiceBusReceiver]:
        """An open sender, an open receiver and an open receiver of the dead letters."""
        return self._links.sender, self._links.receiver, self._links.dead_letters

    async def sender(self, queue: str | None = None) -> ServiceBusSender:
        """An open sender."""
        sender = self.service.get_queue_sender(queue or self.queue)
        await self.open(sender)
        return sender

    async def receiver(self, queue: str | None = None, **options: Any) -> ServiceBusReceiver:
        """An open receiver."""
        receiver = self.service.get_queue_receiver(queue or self.queue, **options)
        await self.open(receiver)
        return receiver


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def service(broker: Broker) -> AsyncIterator[ServiceBusClient]:
    """The real asynchronous client."""
    async with ServiceBusClient.from_connection_string(broker.connection_string, retry_total=0) as service:
        yield service


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def pool(service: ServiceBusClient) -> AsyncIterator[Pool]:
    """Open links."""
    pool = Pool(service)
    yield pool
    await pool.close()


@pytest_asyncio.fixture(loop_scope="package")
async def client(pool: Pool) -> Client:
    """The real client on the test's own queue."""
    return Client(pool, await pool.take())


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
        resource, expiry = "sb%3A%2F%2Fhost", "9999999999"
        signature = broker.key.signature(resource, expiry).replace("+", "%2B")
        token = f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={broker.key.name}"
        properties = codec.encode_section(0x74, {"operation": "put-token", "type": "jwt", "name": "sb://host"})
        self.transfer(101, 0, properties + codec.encode_section(0x77, token))
        await self.expect(0x14)

    def transfer(self, handle: int, delivery: int, payload: bytes, *, more: bool = False) -> None:
        """Send one frame of a message."""
        fields = [codec.uint(handle), codec.uint(delivery), codec.binary(b"t"), codec.uint(0), None]
        self.send(0x14, [*fields, codec.boolean(more)], payload)


@pytest_asyncio.fixture(loop_scope="package")
async def peer(broker: Broker) -> AsyncIterator[Peer]:
    """A bare peer, connected; it has not said anything yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    yield Peer(reader, writer)
    writer.close()
