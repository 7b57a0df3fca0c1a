"""Lifecycle events to whoever subscribes: CloudEvents 1.0 to a custom topic of Event Grid.

Decides nothing: events come composed, with ids that stay the same when they are published again. One per process; the
Azure client is loaded and opened by the first event.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.messaging import CloudEvent
    from azure.core.pipeline.transport import AioHttpTransport
    from azure.eventgrid.aio import EventGridPublisherClient

Json = dict[str, Any]

LARGEST_BATCH = 1_000_000
"""Bytes: Event Grid takes 1 MB in one request, and answers 413 to more."""

CONNECT_SECONDS, READ_SECONDS = 5, 30

_ENVELOPE = 200
"""Bytes at most that an event grows by on the wire, its source aside."""


class Events:
    """Publishes to one topic, given by its endpoint (`https://.../api/events`), with its key or a credential.

    `source` is the CloudEvents attribute, by default `/spokewright/<the topic's host>`.
    """

    def __init__(
        self,
        endpoint: str,
        credential: AsyncTokenCredential | None = None,
        *,
        key: str | None = None,
        source: str | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._host = urlsplit(endpoint).netloc
        self._credential = credential
        self._key = key
        self._source = source or f"/spokewright/{self._host}"
        self._ca_bundle = ca_bundle
        self._client: EventGridPublisherClient | None = None

    async def publish(self, events: Sequence[Json]) -> None:
        """Publish events as `shared.model.lifecycle.compose` makes them; raise one of `shared.model.errors`.

        Where it raises, some may have been taken all the same: publish all of them again.
        """
        if not events:
            return
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - loaded with the first event

        from shared.notify.eventgrid_errors import translate  # noqa: PLC0415 - as above

        try:
            for batch in self._batches(events):
                await self._send([self._cloud_event(event) for event in batch])
        except AzureError as error:
            raise translate(error, self._host) from error

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _batches(self, events: Sequence[Json]) -> Iterator[list[Json]]:
        """Yield the events in their order, as many at once as one request may carry."""
        batch: list[Json] = []
        room = LARGEST_BATCH
        for event in events:
            size = len(json.dumps(event)) + len(self._source) + _ENVELOPE
            if batch and size > room:
                yield batch
                batch, room = [], LARGEST_BATCH
            batch.append(event)
            room -= size
        yield batch

    async def _send(self, batch: list[CloudEvent[Any]]) -> None:
        from azure.core.exceptions import (  # noqa: PLC0415 - loaded with the first event
            ServiceRequestError,
            ServiceRequestTimeoutError,
            ServiceResponseError,
            ServiceResponseTimeoutError,
        )

        client = self._open_client()
        try:
            await client.send(batch)
        except (ServiceRequestTimeoutError, ServiceResponseTimeoutError):
            raise
        except (ServiceRequestError, ServiceResponseError):
            # The topic closed a connection that was kept: once more is harmless, the ids are the same.
            await client.send(batch)

    def _cloud_event(self, event: Json) -> CloudEvent[Any]:
        from azure.core.messaging import CloudEvent  # noqa: PLC0415 - loaded with the first event

        return CloudEvent(
            source=self._source,
            type=event["type"],
            id=event["id"],
            subject=event["subject"],
            time=datetime.fromisoformat(event["time"]),
            datacontenttype="application/json",
            data=event["data"],
        )

    def _open_client(self) -> EventGridPublisherClient:
        if self._client is None:
            from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415 - loaded with the first event
            from azure.eventgrid.aio import EventGridPublisherClient  # noqa: PLC0415 - as above

            credential = AzureKeyCredential(self._key) if self._key else self._credential
            if credential is None:
                raise ValueError("a topic needs a key or a credential")
            # Nobody waits on the meter: what fails is told later. A redirect would carry the key elsewhere.
            self._client = EventGridPublisherClient(
                self._endpoint,
                credential,
                transport=_open_transport(self._ca_bundle),
                retry_total=0,
                permit_redirects=False,
            )
        return self._client


def _open_transport(ca_bundle: str | None) -> AioHttpTransport:
    """Open the connection pool with one TLS context; no proxy, no cookies."""
    import aiohttp  # noqa: PLC0415 - loaded with the first event
    from azure.core.pipeline.transport import AioHttpTransport  # noqa: PLC0415 - as above

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca_bundle)),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
    return AioHttpTransport(session=session, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
