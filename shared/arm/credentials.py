"""Who we are: managed identities in Azure, one for each duty, and the same class against the local stack's endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


class Duty(StrEnum):
    """What an identity is for. Whoever steals one token can do one thing."""

    READ = "read"
    """Every question, and nothing that changes anything."""
    NETWORK = "network"
    """Networks, firewalls, names, machines, and the resource groups in which they lie."""
    CLUSTERS = "clusters"
    """Clusters, their identities, and what these may do."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credential of each duty; their opener closes them."""

    read: AsyncTokenCredential
    network: AsyncTokenCredential
    clusters: AsyncTokenCredential

    def of(self, duty: Duty) -> AsyncTokenCredential:
        """Return the credential of a duty."""
        match duty:
            case Duty.READ:
                return self.read
            case Duty.NETWORK:
                return self.network
            case Duty.CLUSTERS:
                return self.clusters


def open_credential(client_id: str | None = None) -> AsyncTokenCredential:
    """Return the credential of the managed identity (a user-assigned one by its `client_id`)."""
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 - costs a cold start

    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
