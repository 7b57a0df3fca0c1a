"""The local stack's own broker in a thread, for tests of what talks to Service Bus with the real SDK."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any, Self

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiver,
    ServiceBusSender,
    ServiceBusSubQueue,
)

from local.broker import Broker


class FakeBus:
    """A running broker; use as a context manager."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._senders: dict[str, ServiceBusSender] = {}
        self._peeking: dict[tuple[str, bool], ServiceBusReceiver] = {}
        self.connection = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._broker = Broker(self._state)
        self._run(self._broker.start())
        self.connection = self._broker.connection_string
        self._client = ServiceBusClient.from_connection_string(self.connection, retry_total=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._run(self._broker.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def send(self, queue: str, body: Any, **more: Any) -> None:
        """Send a message to a queue; a body that is no text goes as JSON. Links stay open: to open one costs 0.5 s."""
        if queue not in self._senders:
            self._senders[queue] = self._client.get_queue_sender(queue)
        text = body if isinstance(body, str) else json.dumps(body)
        self._senders[queue].send_messages(ServiceBusMessage(text, **more))

    def bury(self, queue: str, body: str, reason: str, **more: Any) -> None:
        """Put a message into a queue's dead letters."""
        self.send(queue, body, **more)
        with self._client.get_queue_receiver(queue) as receiver:
            for one in receiver.receive_messages(1, max_wait_time=5):
                receiver.dead_letter_message(one, reason=reason, error_description="it failed again and again")

    def there(self, queue: str, *, dead: bool = False) -> list[dict[str, Any]]:
        """Return what is in a queue, without taking it."""
        if (queue, dead) not in self._peeking:
            sub_queue = ServiceBusSubQueue.DEAD_LETTER if dead else None
            self._peeking[queue, dead] = self._client.get_queue_receiver(queue, sub_queue=sub_queue)
        return [_told(one) for one in self._peeking[queue, dead].peek_messages(50, sequence_number=1)]


def _told(one: Any) -> dict[str, Any]:
    properties = {name.decode(): _text(value) for name, value in (one.application_properties or {}).items()}
    ids = {"id": one.message_id, "correlation": one.correlation_id, "reply_to": one.reply_to}
    return {"body": str(one), "properties": properties, "deliveries": one.delivery_count} | ids


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
