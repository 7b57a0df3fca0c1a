"""Who calls: whom the platform signed in, else whoever has the function key or may send to the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestration.access.roles import Role

KEY_HOLDER = "a holder of the function key"
SENDER = "a sender to the queue"
EVERYTHING = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Caller:
    """`verified` where the platform signed them in; else the name is merely what they said."""

    id: str
    """Their object id in Entra ID; empty where nobody knows it."""
    name: str
    verified: bool
    roles: frozenset[Role] = frozenset()
    groups: frozenset[str] = frozenset()
    """Object ids of the groups that their token names."""
    groups_left_out: bool = False
    """Whether they are in more groups than a token holds, so that it names none."""

    def to_json(self) -> dict[str, Any]:
        """Return what the audit keeps."""
        roles = sorted(role.value for role in self.roles)
        return {"id": self.id, "name": self.name, "verified": self.verified, "roles": roles}


def by_key(name: str = "") -> Caller:
    """Return who has the function key, which opens everything; a name is only what they say."""
    return Caller("", name or KEY_HOLDER, verified=False, roles=EVERYTHING)


def by_message() -> Caller:
    """Return who sent a message: Azure's roles on the queue let them, and the app is not told who it is."""
    return Caller("", SENDER, verified=False)
