"""What the caller may do at a scope: by the roles of who has some, else everything; less what is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.access import judged
from local.simulator.denials import denied_actions
from local.simulator.grants import permissions_at
from local.simulator.kind import Answer, Kind
from local.simulator.principals import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.simulator.answer import Request
    from local.simulator.world import World


class Permissions(Kind):
    """`GET {scope}/providers/Microsoft.Authorization/permissions`."""

    type = "Microsoft.Authorization/permissions"
    located: ClassVar[bool] = False
    asynchronous = False
    has_state = False

    def get_collection(self, world: World, request: Request) -> Answer:
        """Show the permissions, those of each role apart."""
        caller, scope = request.caller, request.id.scope
        denied = denied_actions(world.denials, caller.object_id, scope)
        held: Iterable[Permission] = (Permission(("*",)),)
        if judged(world, caller):
            held = permissions_at(world, caller.object_id, scope)
        shown = [
            {
                "actions": list(permission.actions),
                "notActions": [*permission.not_actions, *denied],
                "dataActions": [],
                "notDataActions": [],
            }
            for permission in held
        ]
        return Answer(200, body={"value": shown})
