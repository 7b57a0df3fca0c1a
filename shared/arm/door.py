"""The door to Azure Resource Manager: one request per call, and never a wait for an operation to end.

It decides nothing: no diff, no order, no retry of a write. What Azure refuses is raised as the error tree has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.arm.operation import Operation
from shared.arm.settings import ArmSettings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

__all__ = ["Arm", "ArmSettings", "Operation"]

Json = dict[str, Any]


class Arm:
    """All of Azure that we read and write, for every subscription, over one connection pool and one token."""

    def __init__(self, settings: ArmSettings, credential: AsyncTokenCredential) -> None:
        self._settings = settings
        self._credential = credential

    async def get(self, resource_id: str) -> Json | None:
        """Return the resource as Azure gives it; None where it is not there."""
        raise NotImplementedError

    async def list(self, type_: str, scope: str) -> tuple[Json, ...]:
        """Return all of a type directly in a resource group, a parent or a subscription; () where that is not there."""
        raise NotImplementedError

    async def begin_put(
        self, resource_id: str, body: Json, *, etag: str | None = None, sync_remote_address_space: bool = False
    ) -> Operation:
        """Send one PUT; with `etag` only if the resource is still the one that was read (Changed otherwise)."""
        raise NotImplementedError

    async def begin_delete(self, resource_id: str, *, etag: str | None = None) -> Operation:
        """Send one DELETE; what is not there is deleted."""
        raise NotImplementedError

    async def begin_run_command(self, vm_id: str, script: tuple[str, ...]) -> Operation:
        """Run shell lines on a virtual machine; the finished operation's result is what they printed."""
        raise NotImplementedError

    async def poll(self, operation: Operation) -> Operation:
        """Look at an operation with exactly one GET."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close the connections; the credential is its opener's to close."""
