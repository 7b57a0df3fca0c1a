"""The azure-mgmt clients: made when first used, one per class and subscription, over one pipeline."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline import AsyncPipeline
    from azure.core.pipeline.transport import AsyncHttpTransport

    from shared.arm.kinds import Client
    from shared.arm.settings import ArmSettings


class Clients:
    """Hands out clients; `transport` replaces the network in tests."""

    def __init__(
        self,
        settings: ArmSettings,
        credential: AsyncTokenCredential,
        transport: AsyncHttpTransport[Any, Any] | None = None,
    ) -> None:
        self._settings = settings
        self._credential = credential
        self._given = transport
        self._opened: AsyncPipeline[Any, Any] | None = None
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, client: Client, subscription: str = "") -> Any:
        """Return the client of a class for a subscription, if it is made for one; call it on the event loop."""
        key = (client.name, subscription.lower())
        if key not in self._clients:
            class_ = getattr(importlib.import_module(client.module), client.name)
            place = (subscription,) if client.per_subscription else ()
            self._clients[key] = class_(
                self._credential, *place, base_url=self._settings.base_url, pipeline=self.pipeline
            )
        return self._clients[key]

    @property
    def pipeline(self) -> AsyncPipeline[Any, Any]:
        """The pipeline that all clients share."""
        if self._opened is None:
            from shared.arm.pipeline import open_pipeline  # noqa: PLC0415 - azure-mgmt-core and aiohttp, not before

            self._opened = open_pipeline(self._settings, self._credential, self._given)
        return self._opened

    async def close(self) -> None:
        """Close the connections; a later use opens new ones."""
        self._clients.clear()
        if self._opened is not None:
            pipeline, self._opened = self._opened, None
            await pipeline.__aexit__()
