"""Resource groups: what everything else lives in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Resources/resourceGroups"


def desired(group: ResourceId, location: str, tags: Mapping[str, str], *, tells: tuple[str, ...] = ()) -> Desired:
    """Return the group with our tags; a group that others share keeps theirs."""
    return Desired(group, {"location": location, "tags": dict(tags)}, tells=tells)
