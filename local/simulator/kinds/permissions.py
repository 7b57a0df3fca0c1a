"""What the caller may do at a scope: by its roles where they are enforced, else everything; less what is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.access import judged
from local.simulator.denials import denied_actions
from local.simulator.grants import Grant, grants_at
from local.simulator.kind import Answer, Kind

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
        held: Iterable[Grant] = (Grant(("*",), ()),)
        if judged(world, caller):
            held = grants_at(world, caller.object_id, scope)
        shown = [
            {
                "actions": list(grant.actions),
                "notActions": [*grant.not_actions, *denied],
                "dataActions": [],
                "notDataActions": [],
            }
            for grant in held
        ]
        return Answer(200, body={"value": shown})
