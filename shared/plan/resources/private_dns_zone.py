"""Private DNS zones: where the names of private API servers live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/privateDnsZones"


def desired(zone: ResourceId, tags: Mapping[str, str], *, tells: tuple[str, ...] = ()) -> Desired:
    """Return the zone; private zones are global."""
    return Desired(zone, {"location": "global", "tags": dict(tags)}, tells=tells)
