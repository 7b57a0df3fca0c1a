"""Application security groups: names for sets of network interfaces, used in security rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Resource
from local.simulator.kinds.network import NetworkKind

if TYPE_CHECKING:
    from local.simulator.world import World


class ApplicationSecurityGroups(NetworkKind):
    """`Microsoft.Network/applicationSecurityGroups`."""

    type = "Microsoft.Network/applicationSecurityGroups"
    retry_after: ClassVar[dict[str, int]] = {"*": 10}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A group goes only when no rule and no interface names it."""
        users = [user for user in world.referrers(resource.id) if user.key not in leaving]
        if users:
            raise ArmError(
                400,
                "InUseApplicationSecurityGroupCannotBeDeleted",
                f"Application security group {resource.id} cannot be deleted since it is in use by "
                f"{', '.join(str(user.id) for user in users)}.",
                details=[],
            )
