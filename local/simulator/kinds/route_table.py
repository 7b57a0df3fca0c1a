"""Route tables and their routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.addressing import read_prefix
from local.simulator.kinds.network import NetworkKind, linked
from local.simulator.kinds.virtual_network import SUBNETS

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

ROUTES = "Microsoft.Network/routeTables/routes"
_MOST_ROUTES = 400
_MOST_TABLES = 200
_HOPS = {"virtualnetworkgateway", "vnetlocal", "internet", "virtualappliance", "none"}


class RouteTables(NetworkKind):
    """`Microsoft.Network/routeTables`."""

    type = "Microsoft.Network/routeTables"
    guid = True
    retry_after: ClassVar[dict[str, int]] = {"*": 2}
    defaults: ClassVar[Json] = {"disableBgpRoutePropagation": False}
    inline: ClassVar[dict[str, str]] = {"routes": ROUTES}
    read_only = frozenset({"subnets"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A subscription has so many tables in a region."""
        scope = f"/subscriptions/{request.id.subscription}"
        tables = [t for t in world.under(scope, self.type) if t.location == request.body.get("location")]
        if existing is None and len(tables) >= _MOST_TABLES:
            raise ArmError(
                400,
                "RouteTablesLimitReached",
                f"Cannot create more than {_MOST_TABLES} route tables for this subscription in this region.",
                details=[],
            )

    def check_whole(self, world: World, resource: Resource) -> None:
        """Check the routes next to each other."""
        check_routes(world, resource)

    def computed(self, world: World, resource: Resource) -> Json:
        """Show the subnets that use the table."""
        users = linked(world, resource, SUBNETS)
        return {"subnets": users} if users else {}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A table goes only when no subnet uses it."""
        users = [user for user in world.referrers(resource.id, SUBNETS) if user.key not in leaving]
        if users:
            raise ArmError(
                400,
                "InUseRouteTableCannotBeDeleted",
                f"Route table {resource.name} is in use and cannot be deleted. Route table is used by "
                f"{', '.join(str(user.id) for user in users)}.",
                details=[],
            )


class Routes(NetworkKind):
    """`Microsoft.Network/routeTables/routes`."""

    type = ROUTES
    located = False
    retry_after: ClassVar[dict[str, int]] = {"*": 2}
    defaults: ClassVar[Json] = {"hasBgpOverride": False}

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check prefix (or service tag) and next hop."""
        del world, existing
        properties = request.body.get("properties") or {}
        prefix = str(properties.get("addressPrefix", ""))
        if not prefix or "/" in prefix or prefix[0].isdigit():
            read_prefix(prefix, request.id)
        hop = str(properties.get("nextHopType", "")).lower()
        address = properties.get("nextHopIpAddress")
        if hop not in _HOPS or (hop == "virtualappliance") != bool(address):
            raise ArmError(
                400,
                "InvalidRequestFormat",
                "Cannot parse the request.",
                details=[
                    {
                        "code": "InvalidNextHop",
                        "message": f"Route {request.id.name}: nextHopIpAddress belongs to nextHopType "
                        "VirtualAppliance.",
                    }
                ],
            )

    def check_whole(self, world: World, resource: Resource) -> None:
        """Check the route next to the others."""
        table = world.find(resource.id.root)
        if table is not None:
            check_routes(world, table)


def check_routes(world: World, table: Resource) -> None:
    """Refuse two routes for one prefix, and too many."""
    seen: dict[str, str] = {}
    routes = world.children(table.id, ROUTES)
    if len(routes) > _MOST_ROUTES:
        raise ArmError(400, "RoutesLimitReached", f"A route table has {_MOST_ROUTES} routes at most.", details=[])
    for route in routes:
        prefix = str(route.properties.get("addressPrefix", "")).lower()
        if prefix in seen:
            raise ArmError(
                400,
                "RouteConflict",
                f"Route: {route.name} conflicts with Route: {seen[prefix]}. Routes cannot have the same AddressPrefix.",
                details=[],
            )
        seen[prefix] = route.name
