"""What the principals of this Azure may not do, when asked through the administration door.

A denial: `{"scope": "/subscriptions/...", "actions": ["Microsoft.Network/virtualNetworks/*", ...], "principal"?}`.
It holds at its scope and below, for one principal (an object id) or for everybody. What else is allowed, roles say
(`local/simulator/access.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.simulator.actions import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local.simulator.actions import Needed
    from local.simulator.answer import Caller
    from local.simulator.resource import Json


@dataclass(frozen=True, slots=True)
class Denial:
    """Actions (with wildcards) that are refused at a scope and below; no principal means everybody."""

    scope: str
    actions: tuple[str, ...]
    principal: str = ""

    @property
    def document(self) -> Json:
        """The denial as it was given."""
        shown: Json = {"scope": self.scope, "actions": list(self.actions)}
        return {**shown, "principal": self.principal} if self.principal else shown


def read_denials(given: Any) -> tuple[Denial, ...]:
    """Read a list of denials; raises ValueError for what is none."""
    listed = given.get("denials") if isinstance(given, dict) and "denials" in given else given
    if not isinstance(listed, list):
        raise ValueError("denials are a list")  # noqa: TRY004 - what was sent is wrong
    return tuple(_read(each) for each in listed)


def denied_actions(denials: Iterable[Denial], principal: str, scope: str) -> list[str]:
    """List the actions that a principal may not do at a scope."""
    place = scope.lower().rstrip("/")
    found: dict[str, None] = {}
    for denial in denials:
        above = denial.scope.lower().rstrip("/")
        if denial.principal in {"", principal} and (place == above or place.startswith(above + "/")):
            found |= dict.fromkeys(denial.actions)
    return list(found)


def denied(denials: Sequence[Denial], caller: Caller, need: Needed) -> bool:
    """Whether a caller is refused an action at a scope."""
    return matches(denied_actions(denials, caller.object_id, need.scope), need.action)


def _read(given: Any) -> Denial:
    if not isinstance(given, dict) or not set(given) <= {"scope", "actions", "principal"}:
        raise ValueError("a denial is an object with scope, actions and, where it is for one, principal")
    scope, actions = given.get("scope"), given.get("actions")
    if not isinstance(scope, str) or not scope.startswith("/"):
        raise ValueError("the scope of a denial is an id that begins with /")
    if not isinstance(actions, list) or not actions or not all(isinstance(each, str) for each in actions):
        raise ValueError("the actions of a denial are a list of names, with * for any part")
    return Denial(scope, tuple(actions), str(given.get("principal") or ""))
