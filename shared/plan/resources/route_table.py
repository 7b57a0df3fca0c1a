"""Route tables and their default route.

The route is a resource of its own, so that the table, its association and the role on it can be made while the
firewall, whose address the route needs, is still deploying.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.plan.desired import Desired
from shared.plan.observed import properties as properties_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.mgmt.network.types import RoutePropertiesFormat, RouteTablePropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json, Wait

TYPE = "Microsoft.Network/routeTables"
DEFAULT = "default-to-firewall"
EVERYWHERE = "0.0.0.0/0"

KUBENET_TABLE = re.compile(r"aks-agentpool-\d+-routetable", re.IGNORECASE)
KUBENET_ROUTE = re.compile(r"aks-.+-vmss\w+____\d+", re.IGNORECASE)
"""How AKS names the table that it makes for kubenet, and a node's route in it or in a table that it was given."""


def desired(
    table: ResourceId,
    location: str,
    tags: Mapping[str, str],
    *,
    gateway_routes: bool = False,
    tells: tuple[str, ...] = (),
) -> Desired:
    """Return the table; a gateway's routes propagate into it only if asked for: they go round the firewall."""
    properties: RouteTablePropertiesFormat = {"disableBgpRoutePropagation": not gateway_routes}
    return Desired(table, {"location": location, "tags": dict(tags), "properties": properties}, tells=tells)


def default_route(
    table: ResourceId, next_hop: Json, *, blocked: Wait | None = None, tells: tuple[str, ...] = ()
) -> Desired:
    """Return 0.0.0.0/0 to the firewall's private address `next_hop`, or a reference to it."""
    properties: RoutePropertiesFormat = {
        "addressPrefix": EVERYWHERE,
        "nextHopType": "VirtualAppliance",
        "nextHopIpAddress": next_hop,
    }
    route = table.child("routes", DEFAULT)
    body = {"name": DEFAULT, "properties": properties}
    return Desired(route, body, lock=table, tells=tells, dies_with_parent=True, blocked=blocked)


def is_kubenet(table: Json) -> bool:
    """Say whether AKS keeps the routes of its pods in this table, so that it must stay where it is."""
    routes = properties_of(table).get("routes") or ()
    return bool(KUBENET_TABLE.fullmatch(str(table["name"]))) or any(
        KUBENET_ROUTE.match(str(route["name"])) for route in routes
    )


def other_default(table: Json) -> str | None:
    """Return where somebody else's default route in this table leads; None where there is none."""
    for route in properties_of(table).get("routes") or ():
        bag = properties_of(route)
        if bag.get("addressPrefix") == EVERYWHERE and str(route["name"]).lower() != DEFAULT:
            return str(bag.get("nextHopIpAddress") or bag.get("nextHopType"))
    return None
