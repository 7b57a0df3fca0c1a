"""The azure-mgmt clients: made when first used, one per class and subscription, over one connection pool."""

from __future__ import annotations

import importlib
import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport

    from shared.arm.kinds import Client

USER_AGENT = "spokewright"
CONNECT_SECONDS, READ_SECONDS = 5, 20


@dataclass(frozen=True, slots=True)
class ArmSettings:
    """Where Azure Resource Manager is; `ca_bundle` is for the local stack's certificate."""

    endpoint: str = "https://management.azure.com"
    ca_bundle: str | None = None


class Clients:
    """Hands out clients; `transport` replaces the network in tests."""

    def __init__(
        self, settings: ArmSettings, credential: AsyncTokenCredential, transport: AsyncHttpTransport[Any, Any] | None
    ) -> None:
        self._settings = settings
        self._credential = credential
        self._given = transport
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, client: Client, subscription: str) -> Any:
        """Return the client of a class for a subscription."""
        key = (client.name, subscription.lower())
        if key not in self._clients:
            class_ = getattr(importlib.import_module(client.module), client.name)
            self._clients[key] = class_(self._credential, subscription, **self._options())
        return self._clients[key]

    def _options(self) -> dict[str, Any]:
        base = self._settings.endpoint.rstrip("/")
        return {
            "base_url": base,
            "credential_scopes": [f"{base}/.default"],
            "transport": self._transport,
            "user_agent": USER_AGENT,
            # Orchestrations do the waiting: a client that sleeps would be paid for by the second.
            "retry_total": 1,
            "retry_connect": 1,
            "retry_read": 0,
            "retry_status": 0,
            "connection_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
        }

    @cached_property
    def _transport(self) -> Any:
        if self._given is not None:
            return self._given
        from aiohttp import ClientSession, TCPConnector  # noqa: PLC0415 - with the first client, not before
        from azure.core.pipeline.transport import AioHttpTransport  # noqa: PLC0415 - same

        context = ssl.create_default_context(cafile=self._settings.ca_bundle)
        session = ClientSession(connector=TCPConnector(ssl=context, limit=64), auto_decompress=False)
        # Owned here: the clients share it, and one that closes must not close it for the others.
        return AioHttpTransport(session=session, session_owner=False)

    async def close(self) -> None:
        """Close clients and connections."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()
        if "_transport" in self.__dict__ and self._given is None:
            await self._transport.session.close()
            del self.__dict__["_transport"]
