"""Route tables and their default route.

The route is a resource of its own, so that the table, its association and the role on it can be made while the
firewall, whose address the route needs, is still deploying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.mgmt.network.types import RoutePropertiesFormat, RouteTablePropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Wait

TYPE = "Microsoft.Network/routeTables"
DEFAULT = "default-to-firewall"


def desired(
    table: ResourceId,
    location: str,
    tags: Mapping[str, str],
    *,
    tells: tuple[str, ...] = (),
) -> Desired:
    """Return the table; gateway routes do not propagate into it, or they would go round the firewall."""
    properties: RouteTablePropertiesFormat = {"disableBgpRoutePropagation": True}
    return Desired(table, {"location": location, "tags": dict(tags), "properties": properties}, tells=tells)


def default_route(
    table: ResourceId, next_hop: str, *, blocked: Wait | None = None, tells: tuple[str, ...] = ()
) -> Desired:
    """Return 0.0.0.0/0 to the firewall's private address `next_hop`."""
    properties: RoutePropertiesFormat = {
        "addressPrefix": "0.0.0.0/0",
        "nextHopType": "VirtualAppliance",
        "nextHopIpAddress": next_hop,
    }
    route = table.child("routes", DEFAULT)
    body = {"name": DEFAULT, "properties": properties}
    return Desired(route, body, lock=table, tells=tells, dies_with_parent=True, blocked=blocked)
