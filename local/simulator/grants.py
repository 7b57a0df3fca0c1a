"""What roles come to: may this principal do that there, now?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from local.simulator import conditions
from local.simulator.actions import matches
from local.simulator.builtin_roles import ROLES
from local.simulator.principals import Permission

if TYPE_CHECKING:
    from local.simulator.actions import Needed
    from local.simulator.resource import Json, Resource
    from local.simulator.world import World

ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments"
DEFINITION_TYPE = "Microsoft.Authorization/roleDefinitions"

BY_GUID = {role.guid: role for role in ROLES}


def allows(world: World, principal: str, action: str, scope: str) -> bool:
    """Say whether a principal may do an action at a scope.

    A principal that the simulated directory does not know (a group, somebody else's application) gives everybody the
    benefit of the doubt: whether an identity belongs to it is unknowable.
    """
    held = (each for each in _covering(world, scope) if _holds(each, principal) or not each.state.get("known"))
    return any(_gives(each, action) for assignment in held for each in _permissions(world, assignment))


def granted(world: World, principal: str, need: Needed, attributes: Json) -> bool:
    """Say whether a caller may do what it needs; `attributes` is what conditions may look at."""
    return any(
        _gives(each, need.action) and conditions.hold(each.condition, need.action, attributes)
        for each in permissions_at(world, principal, need.scope)
    )


def permissions_at(world: World, principal: str, scope: str) -> Iterator[Permission]:
    """Yield what a principal has at a scope: from the beginning, and by assignments there and above."""
    known = world.principals.get(principal)
    if known is not None:
        yield from known.permissions_at(scope)
    for assignment in _covering(world, scope):
        if _holds(assignment, principal):
            yield from _permissions(world, assignment)


def _gives(permission: Permission, action: str) -> bool:
    """Whether an action is among a permission's, whatever its condition says."""
    return matches(permission.actions, action) and not matches(permission.not_actions, action)


def _covering(world: World, scope: str) -> Iterator[Resource]:
    """Yield the assignments at a scope or above it that count by now."""
    parts = scope.strip("/").split("/")
    for length in range(2, len(parts) + 1):
        for assignment in world.scoped("/" + "/".join(parts[:length]), ASSIGNMENT_TYPE):
            if assignment.state.get("effectiveAt", 0.0) <= world.now:
                yield assignment


def _holds(assignment: Resource, principal: str) -> bool:
    return bool(assignment.properties.get("principalId") == principal)


def _permissions(world: World, assignment: Resource) -> Iterator[Permission]:
    definition = str(assignment.properties.get("roleDefinitionId", ""))
    condition = str(assignment.properties.get("condition") or "")
    role = BY_GUID.get(definition.rsplit("/", 1)[-1].lower())
    if role is not None:
        yield Permission(role.actions, role.not_actions, condition)
        return
    custom = world.find(definition)
    for permission in (custom.properties.get("permissions") or ()) if custom else ():
        yield Permission(_texts(permission, "actions"), _texts(permission, "notActions"), condition)


def _texts(permission: Json, name: str) -> tuple[str, ...]:
    given: Any = permission.get(name) or ()
    return tuple(map(str, given))
