"""Who we are: the managed identity in Azure, and the same class against the local stack's identity endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def open_credential(client_id: str | None = None) -> AsyncTokenCredential:
    """Return the credential of the managed identity (a user-assigned one by its `client_id`)."""
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 - costs a cold start

    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
