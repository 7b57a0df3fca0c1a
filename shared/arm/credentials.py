"""Who we are to Azure. Never a secret: the platform's identity endpoint gives the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def open_credential(client_id: str | None = None) -> AsyncTokenCredential:
    """Return the app's managed identity: the user-assigned one of `client_id`, else the system-assigned one.

    It finds the platform by IDENTITY_ENDPOINT and IDENTITY_HEADER, which the local stack sets as Azure does: one code
    path in both. It has a `close` of its own, for whoever opened it.
    """
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 - costs a cold start

    return ManagedIdentityCredential(client_id=client_id or None)
