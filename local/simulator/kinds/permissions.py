"""What the caller may do at a scope: everything, but for what the administration door denies him."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.denials import denied_actions
from local.simulator.kind import Answer, Kind

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World


class Permissions(Kind):
    """`GET {scope}/providers/Microsoft.Authorization/permissions`."""

    type = "Microsoft.Authorization/permissions"
    located: ClassVar[bool] = False
    asynchronous = False
    has_state = False

    def get_collection(self, world: World, request: Request) -> Answer:
        """Show the permissions as one role would give them."""
        denied = denied_actions(world.denials, request.caller.object_id, request.id.scope)
        permission = {"actions": ["*"], "notActions": denied, "dataActions": [], "notDataActions": []}
        return Answer(200, body={"value": [permission]})
