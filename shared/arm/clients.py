"""The azure-mgmt clients: made when first used, one per class, identity and subscription, over one connection pool."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline import AsyncPipeline
    from azure.core.pipeline.transport import AsyncHttpTransport

    from shared.arm.credentials import Credentials, Duty
    from shared.arm.kinds import Client
    from shared.arm.settings import ArmSettings


class Clients:
    """Hands out clients; `transport` replaces the network in tests. Duties with one credential share their clients."""

    def __init__(
        self,
        settings: ArmSettings,
        credentials: Credentials,
        transport: AsyncHttpTransport[Any, Any] | None = None,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._given = transport
        self._transport: AsyncHttpTransport[Any, Any] | None = None
        self._pipelines: dict[AsyncTokenCredential, AsyncPipeline[Any, Any]] = {}
        self._clients: dict[tuple[str, AsyncTokenCredential, str], Any] = {}

    def get(self, client: Client, duty: Duty, subscription: str = "") -> Any:
        """Return the client of a class for a duty and, if it is made for one, a subscription; on the event loop."""
        credential = self._credentials.of(duty)
        key = (client.name, credential, subscription.lower())
        if key not in self._clients:
            class_ = getattr(importlib.import_module(client.module), client.name)
            place = (subscription,) if client.per_subscription else ()
            self._clients[key] = class_(
                credential, *place, base_url=self._settings.base_url, pipeline=self.pipeline(duty)
            )
        return self._clients[key]

    def pipeline(self, duty: Duty) -> AsyncPipeline[Any, Any]:
        """Return the pipeline that all clients of a duty share: its requests carry that identity's token."""
        credential = self._credentials.of(duty)
        if credential not in self._pipelines:
            from shared.arm import pipeline  # noqa: PLC0415 - azure-mgmt-core and aiohttp, not before

            if self._transport is None:
                self._transport = self._given or pipeline.open_transport(self._settings.ca_bundle)
            self._pipelines[credential] = pipeline.open_pipeline(self._settings, credential, self._transport)
        return self._pipelines[credential]

    async def close(self) -> None:
        """Close the connections; a later use opens new ones."""
        self._clients.clear()
        self._pipelines.clear()
        if self._transport is not None:
            transport, self._transport = self._transport, None
            await transport.close()
