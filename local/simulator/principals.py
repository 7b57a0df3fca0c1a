"""Identities that were deployed into this Azure beforehand, with their roles, as the administration door gives them.

A principal: `{"name": "network", "assignments": [{"scope": "/subscriptions/...", "permissions": [{"actions": [...],
"notActions": [...]}], "condition"?: "..."}]}`. Each has a client id and an object id of its own, made of its name, and
may do what its assignments allow, and nothing else. They outlive a reset, as a directory does.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.simulator import conditions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.simulator.resource import Json

_NAMES = uuid.UUID("0d7f6a0e-3c1e-4a7e-8d52-5b2c3f1e9a44")


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions that are allowed, and those of them that are not, under a condition."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a role gives at a scope and below."""

    scope: str
    permissions: tuple[Permission, ...]

    def covers(self, scope: str) -> bool:
        """Whether it holds at a scope."""
        place, above = scope.lower().rstrip("/"), self.scope.lower().rstrip("/")
        return place == above or place.startswith(above + "/")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a token is for; `document` is as it was given."""

    name: str
    object_id: str
    app_id: str
    assignments: tuple[Assignment, ...] = ()
    document: Json | None = None

    @property
    def shown(self) -> Json:
        """The principal with its ids."""
        return {**(self.document or {}), "clientId": self.app_id, "objectId": self.object_id}

    def permissions_at(self, scope: str) -> Iterator[Permission]:
        """Yield what it may do at a scope."""
        for assignment in self.assignments:
            if assignment.covers(scope):
                yield from assignment.permissions


def read_principals(given: Any) -> tuple[Principal, ...]:
    """Read a list of principals; raises ValueError for what is none."""
    if not isinstance(given, list):
        raise ValueError("principals are a list")  # noqa: TRY004 - what was sent is wrong
    found = tuple(map(_principal, given))
    if len({each.name for each in found}) < len(found):
        raise ValueError("each principal has a name of its own")
    return found


def _principal(given: Any) -> Principal:
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str) or not name:
        raise ValueError("a principal is an object with a name and assignments")
    object_id, app_id = (str(uuid.uuid5(_NAMES, f"{what}|{name}")) for what in ("object", "client"))
    document = {"name": name, "assignments": given.get("assignments") or []}
    return Principal(name, object_id, app_id, tuple(map(_assignment, document["assignments"])), document)


def _assignment(given: Any) -> Assignment:
    scope = given.get("scope") if isinstance(given, dict) else None
    if not isinstance(scope, str) or not scope.startswith("/"):
        raise ValueError("the scope of an assignment is an id that begins with /")
    condition = given.get("condition") or ""
    if condition:
        conditions.read_condition(condition)
    return Assignment(scope, tuple(_permission(each, condition) for each in given.get("permissions") or ()))


def _permission(given: Any, condition: str) -> Permission:
    actions = given.get("actions") if isinstance(given, dict) else None
    if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
        raise ValueError("permissions are objects with actions, a list of names, and notActions")
    return Permission(tuple(actions), tuple(map(str, given.get("notActions") or ())), condition)
