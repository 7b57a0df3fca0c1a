"""What the principals of this Azure may not do, when asked through the administration door.

A denial: `{"scope": "/subscriptions/...", "actions": ["Microsoft.Network/virtualNetworks/*", ...], "principal"?}`.
It holds at its scope and below, for one principal (an object id) or for everybody. Everything else is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from local.simulator.answer import ArmError
from local.simulator.resource import GROUP_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local.simulator.answer import Caller
    from local.simulator.resource import Json
    from local.simulator.target import Target

_VERBS = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}
_GROUP_ACTIONS = "Microsoft.Resources/subscriptions/resourceGroups"
_LINKED = {
    "remoteVirtualNetwork": "virtualNetworks/peer",
    "virtualNetwork": "virtualNetworks/join",
    "subnet": "virtualNetworks/subnets/join",
    "vnetSubnetID": "virtualNetworks/subnets/join",
    "routeTable": "routeTables/join",
    "networkSecurityGroup": "networkSecurityGroups/join",
    "natGateway": "natGateways/join",
    "publicIPAddress": "publicIPAddresses/join",
    "firewallPolicy": "firewallPolicies/join",
}


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


def matches(patterns: Iterable[str], action: str) -> bool:
    """Whether an action is among patterns such as `Microsoft.Network/*` or `*/write`."""
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def check_allowed(denials: Sequence[Denial], caller: Caller, method: str, target: Target, body: Any) -> None:
    """Refuse what is denied, on the target itself or on what the body of a PUT refers to."""
    if not denials:
        return
    scope, action = _scope(target), _action(method, target)
    who = f"The client '{caller.app_id}' with object id '{caller.object_id}'"
    if _denied(denials, caller, action, scope):
        raise ArmError(
            403,
            "AuthorizationFailed",
            f"{who} does not have authorization to perform action '{action}' over scope '{scope}' or the scope is "
            "invalid. If access was recently granted, please refresh your credentials.",
        )
    for linked, other in _linked(body) if method == "PUT" else ():
        if _denied(denials, caller, linked, other):
            raise ArmError(
                403,
                "LinkedAuthorizationFailed",
                f"{who} has permission to perform action '{action}' on scope '{scope}'; however, it does not have "
                f"permission to perform action(s) '{linked}' on the linked scope(s) '{other}' (respectively) or the "
                "linked scope(s) are invalid.",
            )


def _denied(denials: Sequence[Denial], caller: Caller, action: str, scope: str) -> bool:
    return matches(denied_actions(denials, caller.object_id, scope), action)


def _scope(target: Target) -> str:
    """A collection is read where it lies: in its parent, or in a group or a subscription."""
    if target.collection:
        return str(target.id.parent or target.id.scope)
    return str(target.id)


def _action(method: str, target: Target) -> str:
    resource_type = _GROUP_ACTIONS if target.id.type.lower() == GROUP_TYPE.lower() else target.id.type
    if target.action:
        return f"{resource_type}/{target.action}/action"
    return f"{resource_type}/{_VERBS.get(method, 'read')}"


def _linked(value: Any) -> Iterator[tuple[str, str]]:
    """Find what a body refers to, with the action that one needs there."""
    if isinstance(value, dict):
        for name, item in value.items():
            other = item.get("id") if isinstance(item, dict) else item
            if name in _LINKED and isinstance(other, str):
                yield f"Microsoft.Network/{_LINKED[name]}/action", other
            yield from _linked(item)
    elif isinstance(value, list):
        for item in value:
            yield from _linked(item)


def _read(given: Any) -> Denial:
    if not isinstance(given, dict) or not set(given) <= {"scope", "actions", "principal"}:
        raise ValueError("a denial is an object with scope, actions and, where it is for one, principal")
    scope, actions = given.get("scope"), given.get("actions")
    if not isinstance(scope, str) or not scope.startswith("/"):
        raise ValueError("the scope of a denial is an id that begins with /")
    if not isinstance(actions, list) or not actions or not all(isinstance(each, str) for each in actions):
        raise ValueError("the actions of a denial are a list of names, with * for any part")
    return Denial(scope, tuple(actions), str(given.get("principal") or ""))
