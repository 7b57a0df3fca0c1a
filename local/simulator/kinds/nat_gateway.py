"""NAT gateways: the way out of the subnets that name them; traffic through them is not simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.network import NetworkKind, linked
from local.simulator.kinds.public_ip import NAT_GATEWAYS
from local.simulator.kinds.virtual_network import SUBNETS

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World


class NatGateways(NetworkKind):
    """`Microsoft.Network/natGateways`."""

    type = NAT_GATEWAYS
    guid = True
    defaults: ClassVar[Json] = {"idleTimeoutInMinutes": 4}
    read_only = frozenset({"subnets"})

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Fill in the only SKU."""
        resource = super().compose(world, request, existing)
        resource.body["sku"] = {"name": "Standard", "tier": "Regional", **(resource.body.get("sku") or {})}
        return resource

    def computed(self, world: World, resource: Resource) -> Json:
        """Show the subnets that go out through it."""
        users = linked(world, resource, SUBNETS)
        return {"subnets": users} if users else {}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A gateway goes only when no subnet uses it."""
        users = [user for user in world.referrers(resource.id, SUBNETS) if user.key not in leaving]
        if users:
            raise ArmError(
                400,
                "InUseNatGatewayCannotBeDeleted",
                f"Nat Gateway {resource.name} is in use and cannot be deleted. Nat Gateway is used by "
                f"{', '.join(str(user.id) for user in users)}.",
                details=[],
            )
