"""A running broker, and the mailboxes in which the tests find what was sent.

All tests share one event loop and one set of open links: the real client takes half a second to open or close each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest_asyncio
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver

from local.broker import Broker
from shared.notify.replies import Replies

if TYPE_CHECKING:
    import pytest
    from azure.servicebus import ServiceBusReceivedMessage


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    """A broker with the entities of the local stack."""
    broker = Broker(tmp_path_factory.mktemp("broker"))
    await broker.start()
    yield broker
    await broker.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def replies(broker: Broker) -> AsyncIterator[Replies]:
    """What is tested."""
    replies = Replies(broker.connection_string)
    yield replies
    await replies.close()


@dataclass(frozen=True, slots=True)
class Letter:
    """What a test looks at in a received message."""

    body: bytes
    properties: dict[str, Any]
    message_id: str | None
    correlation_id: str | None
    content_type: str | None


class Mailboxes:
    """Takes what lies in queues and in the subscription `all` of the topic, over links that stay open."""

    def __init__(self, connection_string: str) -> None:
        self._client = ServiceBusClient.from_connection_string(connection_string, retry_total=0)
        self._receivers: dict[str, ServiceBusReceiver] = {}

    async def topic(self, count: int = 1) -> list[Letter]:
        """Take `count` replies from the topic."""
        if "" not in self._receivers:
            self._receivers[""] = self._client.get_subscription_receiver("provisioning-replies", "all")
        return await _take(self._receivers[""], count)

    async def queue(self, name: str, count: int = 1) -> list[Letter]:
        """Take `count` messages from a queue."""
        if name not in self._receivers:
            self._receivers[name] = self._client.get_queue_receiver(name)
        return await _take(self._receivers[name], count)

    async def close(self) -> None:
        """Close all links."""
        await asyncio.gather(*(receiver.close() for receiver in self._receivers.values()))
        await self._client.close()


async def _take(receiver: ServiceBusReceiver, count: int) -> list[Letter]:
    """Take `count` messages, and with them whatever else lies there; fewer where no more come."""
    taken: list[Letter] = []
    while len(taken) < count and (found := await receiver.receive_messages(count + 5, max_wait_time=5)):
        taken += [_letter(message) for message in found]
        await asyncio.gather(*(receiver.complete_message(message) for message in found))
    return taken


def _letter(message: ServiceBusReceivedMessage) -> Letter:
    properties = {
        (name.decode() if isinstance(name, bytes) else name): (value.decode() if isinstance(value, bytes) else value)
        for name, value in (message.application_properties or {}).items()
    }
    body = b"".join(message.body)
    return Letter(body, properties, message.message_id, message.correlation_id, message.content_type)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def mailboxes(broker: Broker) -> AsyncIterator[Mailboxes]:
    """Where messages arrive."""
    mailboxes = Mailboxes(broker.connection_string)
    yield mailboxes
    await mailboxes.close()
