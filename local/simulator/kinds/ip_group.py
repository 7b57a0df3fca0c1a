"""IP groups: lists of addresses that firewall rules name; the simulated firewall does not read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Json, Resource
from local.simulator.kinds.network import NetworkKind

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_USERS = {
    "firewalls": "Microsoft.Network/azureFirewalls",
    "firewallPolicies": "Microsoft.Network/firewallPolicies",
}
_GROUPS = "Microsoft.Network/firewallPolicies/ruleCollectionGroups"


class IpGroups(NetworkKind):
    """`Microsoft.Network/ipGroups`."""

    type = "Microsoft.Network/ipGroups"
    defaults: ClassVar[Json] = {"ipAddresses": []}
    read_only = frozenset(_USERS)

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Remove it at once, as recorded."""
        self.check_etag(world, request, existing)
        self.check_removable(world, existing, frozenset())
        world.remove(existing.id)
        return Answer(200)

    def computed(self, world: World, resource: Resource) -> Json:
        """Show the firewalls and policies whose rules name it."""
        found = _users(world, resource)
        return {name: [{"id": str(user.id)} for user in found if user.id.type == kind] for name, kind in _USERS.items()}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A group goes only when no rule names it."""
        users = [user for user in _users(world, resource) if user.key not in leaving]
        if users:
            raise ArmError(
                400,
                "IpGroupsInUse",
                f"IP group {resource.id} cannot be deleted since it is in use by {users[0].id}.",
                details=[],
            )


def _users(world: World, resource: Resource) -> list[Resource]:
    """Find firewalls and policies that name the group in their rules: as a plain string, not as `{"id": ...}`."""
    scope, found = f"/subscriptions/{resource.id.subscription}", {}
    for kind in (*_USERS.values(), _GROUPS):
        for user in world.under(scope, kind):
            root = world.find(user.id.root)
            if root is not None and _names(user.body, resource.key):
                found[root.key] = root
    return list(found.values())


def _names(value: object, key: str) -> bool:
    if isinstance(value, dict):
        return any(_names(item, key) for item in value.values())
    if isinstance(value, list):
        return any(_names(item, key) for item in value)
    return isinstance(value, str) and value.lower() == key
