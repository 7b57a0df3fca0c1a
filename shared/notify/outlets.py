"""Open senders to queues and topics, kept for reuse: opening one costs half a second, most of them name lookups.

Knows nothing of what a message means. One per process; the Azure client is loaded and opened by the first message.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusClient, ServiceBusSender

KEPT = 16
"""Senders kept open, the last used ones: requesters name reply queues of their own, any number of them."""

_RETRIES: dict[str, Any] = {"retry_total": 2, "retry_backoff_factor": 0.3, "retry_backoff_max": 5}


class Outlets:
    """Sends messages to the entities of one namespace, given by connection string or host name and credential."""

    def __init__(self, namespace: str, credential: AsyncTokenCredential | None = None, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._namespace = namespace
        self._credential = credential
        self._client: ServiceBusClient | None = None
        self._outlets: OrderedDict[str, _Outlet] = OrderedDict()

    async def send(self, entity: str, message: ServiceBusMessage) -> None:
        """Send to a queue or topic; raise one of `shared.model.errors` where it was not accepted."""
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - loaded with the first message

        from shared.notify.servicebus_errors import translate  # noqa: PLC0415 - as above

        try:
            await self._outlet(entity).send(message)
        except AzureError as error:
            raise translate(error, entity) from error
        finally:
            await self._close_surplus()

    async def close(self) -> None:
        """Close all connections."""
        outlets, self._outlets = self._outlets, OrderedDict()
        await asyncio.gather(*(outlet.close() for outlet in outlets.values()))
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _outlet(self, entity: str) -> _Outlet:
        if entity not in self._outlets:
            # To the client a topic is a queue that is only sent to.
            self._outlets[entity] = _Outlet(self._open_client(), entity)
        self._outlets.move_to_end(entity)
        return self._outlets[entity]

    def _open_client(self) -> ServiceBusClient:
        if self._client is None:
            from azure.servicebus.aio import ServiceBusClient  # noqa: PLC0415 - a status request must not load it

            if self._credential is None:
                self._client = ServiceBusClient.from_connection_string(self._namespace, **_RETRIES)
            else:
                self._client = ServiceBusClient(self._namespace, self._credential, **_RETRIES)
        return self._client

    async def _close_surplus(self) -> None:
        while len(self._outlets) > self._kept:
            await self._outlets.popitem(last=False)[1].close()


class _Outlet:
    """One entity's sender, used by one coroutine at a time, as the client asks; a failed one is replaced."""

    def __init__(self, client: ServiceBusClient, entity: str) -> None:
        self._client = client
        self._entity = entity
        self._sender: ServiceBusSender | None = None
        self._turn = asyncio.Lock()

    async def send(self, message: ServiceBusMessage) -> None:
        async with self._turn:
            if self._sender is None:
                self._sender = self._client.get_queue_sender(self._entity)
            try:
                await self._sender.send_messages(message)
            except BaseException:  # whatever it was, also a cancellation: the link's state is unknown
                await self._drop()
                raise

    async def close(self) -> None:
        async with self._turn:
            await self._drop()

    async def _drop(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()
