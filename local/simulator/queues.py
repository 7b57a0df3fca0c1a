"""Event Grid's deliveries into queues of Service Bus, by the real client: acknowledged once the queue has the event.

An event is one message, and its body one JSON object in either schema. Which queue, and in whose namespace, the
subscription says; nothing here knows the local broker.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender

from local.simulator.event_grid import as_cloud_event
from local.simulator.outbox import Outcome
from local.simulator.webhooks import CLOUD_EVENTS

if TYPE_CHECKING:
    from local.simulator.outbox import Delivery
    from local.simulator.webhooks import Queue

_ACKNOWLEDGE_WITHIN = 30.0
_SUBSCRIPTION = "SIMULATED"


class Queues:
    """Open links to queues, one for each; a link that failed is opened anew by the next delivery."""

    def __init__(self) -> None:
        self._links: dict[Queue, _Link] = {}

    async def put(self, queue: Queue, schema: str, delivery: Delivery) -> Outcome:
        """Put one event into a queue."""
        link = self._links.setdefault(queue, _Link(queue))
        try:
            async with asyncio.timeout(_ACKNOWLEDGE_WITHIN):
                await link.send(message_of(delivery, schema))
        except (AzureError, OSError, ValueError) as error:  # a time-out is an OSError
            return Outcome(f"{type(error).__name__}: {error}"[:200])
        return Outcome()

    async def close(self) -> None:
        """Close all links."""
        for link in self._links.values():
            await link.close()
        self._links.clear()


@dataclass(slots=True)
class _Link:
    """The client's sender, which takes one message at a time."""

    queue: Queue
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _client: ServiceBusClient | None = None
    _sender: ServiceBusSender | None = None

    async def send(self, message: ServiceBusMessage) -> None:
        async with self._turn:
            try:
                await self._opened().send_messages(message)
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        sender, client = self._sender, self._client
        self._sender = self._client = None
        for part in (sender, client):
            if part is not None:
                await part.close()

    def _opened(self) -> ServiceBusSender:
        if self._sender is None:
            self._client = ServiceBusClient.from_connection_string(self.queue.connection, retry_total=0)
            self._sender = self._client.get_queue_sender(self.queue.name)
        return self._sender


def message_of(delivery: Delivery, schema: str) -> ServiceBusMessage:
    """Return an event as a message; its id is Event Grid's own, another at each try: nobody may rely on it."""
    is_cloud_event = schema == CLOUD_EVENTS
    body = as_cloud_event(delivery.event) if is_cloud_event else delivery.event
    properties: dict[str | bytes, str] = {
        "aeg-subscription-name": _SUBSCRIPTION,
        "aeg-delivery-count": str(delivery.tries),
        "aeg-event-type": "Notification",
        "aeg-metadata-version": "1.0" if is_cloud_event else "1",
        "aeg-output-event-id": delivery.event["id"],
    }
    if not is_cloud_event:
        properties["aeg-data-version"] = delivery.event.get("dataVersion", "")
    return ServiceBusMessage(
        json.dumps(body),
        message_id=str(uuid.uuid4()),
        content_type="application/cloudevents+json" if is_cloud_event else "application/json",
        application_properties=dict(properties),
    )
