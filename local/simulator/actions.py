"""The actions that a request needs, in Azure's names: on its target, and on what the body of a PUT refers to."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from local.simulator.resource import GROUP_TYPE, ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_LINKED_LISTS = {
    "networkInterfaces": "networkInterfaces/join",
    "dnsResolverOutboundEndpoints": "dnsResolvers/outboundEndpoints/join",
    "serviceEndpointPolicies": "serviceEndpointPolicies/join",
}
_IDENTITIES, _ASSIGN = "userAssignedIdentities", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


class Needed(NamedTuple):
    """An action, and the scope at which it has to be allowed."""

    action: str
    scope: str


def needed(method: str, target: Target, body: Any) -> list[Needed]:
    """List what a request needs, first what it does to its target itself."""
    own = Needed(_action(method, target), _scope(target))
    return [own, *(_linked(body) if method == "PUT" else ())]


def needed_to_poll(path: str) -> list[Needed]:
    """List what a look at an operation needs: nothing where it is served for a whole subscription.

    Who has roles in a resource group only follows operations all the same, and those URLs lie outside of it.
    """
    found = ResourceId.parse(path)
    if found is None or not found.group:
        return []
    return [Needed(f"{found.type}/read", str(found.group_id))]


def matches(patterns: Iterable[str], action: str) -> bool:
    """Whether an action is among patterns such as `Microsoft.Network/*` or `*/write`."""
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


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


def _linked(value: Any) -> Iterator[Needed]:
    """Find what a body refers to, with the action that one needs there."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _named(name, item)
            yield from _linked(item)
    elif isinstance(value, list):
        for item in value:
            yield from _linked(item)


def _named(name: str, item: Any) -> Iterator[Needed]:
    """Find what one member of a body refers to."""
    if name in _LINKED:
        yield from _one(_LINKED[name], item)
    if name in _LINKED_LISTS and isinstance(item, list):
        for each in item:
            yield from _one(_LINKED_LISTS[name], each)
    if name == _IDENTITIES and isinstance(item, dict):
        yield from (Needed(_ASSIGN, other) for other in item)


def _one(what: str, item: Any) -> Iterator[Needed]:
    other = item.get("id") if isinstance(item, dict) else item
    if isinstance(other, str):
        yield Needed(f"Microsoft.Network/{what}/action", other)
