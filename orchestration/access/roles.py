"""What callers may do: the app roles of Entra ID, and which includes which.

An approver is no requester: whoever approves is somebody else than who asks, unless a person is given both on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """An app role, by the value that tokens carry."""

    READER = "Reader"
    """Sees everything, changes nothing."""
    REQUESTER = "Requester"
    """Applies, deletes, retries and previews documents, as far as limits let them."""
    APPROVER = "Approver"
    """Decides about what asks to join."""
    ADMIN = "Admin"
    """May do everything, everywhere: no limit holds for them."""
    EVENT_SENDER = "AzureEventGridSecureWebhookSubscriber"
    """Delivers events. Event Grid demands that the role has this name."""


@dataclass(frozen=True, slots=True)
class Anonymous:
    """What anybody may call, and why that harms nobody."""

    reason: str


INCLUDED: Mapping[Role, frozenset[Role]] = {
    Role.READER: frozenset({Role.READER}),
    Role.REQUESTER: frozenset({Role.READER, Role.REQUESTER}),
    Role.APPROVER: frozenset({Role.READER, Role.APPROVER}),
    Role.ADMIN: frozenset(Role),
    Role.EVENT_SENDER: frozenset({Role.EVENT_SENDER}),
}
"""What each role is enough for."""


def suffices(held: Iterable[Role], needed: Role) -> bool:
    """Say whether one of the roles is enough for what needs this one."""
    return any(needed in INCLUDED[role] for role in held)


def sufficient(needed: Role) -> list[Role]:
    """Return the roles that are enough, the least first."""
    return [role for role in Role if needed in INCLUDED[role]]
