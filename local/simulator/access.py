"""Who may do what: refuses a request in Azure's words, by denials and by roles.

The tenant's owner, whose token the identity endpoint gives to who names no identity, may do everything that is not
denied; a principal that was deployed (`local/simulator/principals.py`) what its roles allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.simulator.answer import ArmError
from local.simulator.denials import denied
from local.simulator.grants import ASSIGNMENT_TYPE, granted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.simulator.actions import Needed
    from local.simulator.answer import Caller
    from local.simulator.resource import Json
    from local.simulator.world import World

_UNCHECKED = "microsoft.resourcegraph/"
"""Resource Graph asks for no permission of its own: it leaves out what the caller may not read."""


def check_allowed(world: World, caller: Caller, needs: Sequence[Needed], body: Any) -> None:
    """Refuse what the caller may not do, to the target itself (the first need) or to what the body refers to."""
    if not needs:
        return
    own, *linked = needs
    if own.action.lower().startswith(_UNCHECKED):
        return
    if not may(world, caller, own, body):
        raise _forbidden(caller, own)
    for other in linked:
        if not may(world, caller, other, body):
            raise _linked_forbidden(caller, own, other)


def may(world: World, caller: Caller, need: Needed, body: Any = None) -> bool:
    """Say whether a caller may do what it needs."""
    if denied(world.denials, caller, need):
        return False
    if not judged(world, caller):
        return True
    return granted(world, caller.object_id, need, _attributes(world, need, body))


def judged(world: World, caller: Caller) -> bool:
    """Whether roles say what a caller may do."""
    return caller.object_id in world.principals


def _attributes(world: World, need: Needed, body: Any) -> Json:
    """Collect what a condition on role assignments may look at: of the request, and of what is there."""
    if f"/{ASSIGNMENT_TYPE}/".lower() not in need.scope.lower():
        return {}
    sent = body.get("properties") if isinstance(body, dict) else None
    found = world.find(need.scope)
    return {"request": sent or {}, "resource": found.properties if found else {}}


def _forbidden(caller: Caller, need: Needed) -> ArmError:
    return ArmError(
        403,
        "AuthorizationFailed",
        f"{_who(caller)} does not have authorization to perform action '{need.action}' over scope '{need.scope}' or "
        "the scope is invalid. If access was recently granted, please refresh your credentials.",
    )


def _linked_forbidden(caller: Caller, own: Needed, other: Needed) -> ArmError:
    return ArmError(
        403,
        "LinkedAuthorizationFailed",
        f"{_who(caller)} has permission to perform action '{own.action}' on scope '{own.scope}'; however, it does not "
        f"have permission to perform action(s) '{other.action}' on the linked scope(s) '{other.scope}' (respectively) "
        "or the linked scope(s) are invalid.",
    )


def _who(caller: Caller) -> str:
    return f"The client '{caller.app_id}' with object id '{caller.object_id}'"
