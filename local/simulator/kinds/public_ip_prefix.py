"""Public IP prefixes: ranges of standard addresses, allocated when they are made."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.network import NetworkKind, linked

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_ADDRESSES = "Microsoft.Network/publicIPAddresses"
# Each version: the space that is handed out, and the lengths that Azure accepts.
_SPACES: dict[str, tuple[IPv4Network | IPv6Network, range]] = {
    "IPv4": (IPv4Network("20.80.0.0/12"), range(24, 32)),
    "IPv6": (IPv6Network("2603:1030::/32"), range(124, 128)),
}


class PublicPrefixes(NetworkKind):
    """`Microsoft.Network/publicIPPrefixes`."""

    type = "Microsoft.Network/publicIPPrefixes"
    guid = True
    defaults: ClassVar[Json] = {"publicIPAddressVersion": "IPv4", "ipTags": []}
    read_only = frozenset({"ipPrefix", "publicIPAddresses", "loadBalancerFrontendIpConfiguration"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A prefix has a length that Azure hands out, for life."""
        del world
        properties = request.body.get("properties") or {}
        length = properties.get("prefixLength")
        lengths = _SPACES[properties.get("publicIPAddressVersion") or "IPv4"][1]
        changed = existing is not None and length != existing.properties["prefixLength"]
        if length not in lengths or changed:
            raise ArmError(
                400,
                "PrefixLengthCannotBeChanged" if changed else "InvalidPublicIPPrefixLength",
                f"Public IP prefix {request.id} cannot have the prefix length {length}.",
                details=[],
            )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Fill in the SKU, and keep the range."""
        before = existing.properties.get("ipPrefix") if existing else None
        resource = super().compose(world, request, existing)
        resource.body["sku"] = {"name": "Standard", "tier": "Regional", **(resource.body.get("sku") or {})}
        if before:
            resource.properties["ipPrefix"] = before
        return resource

    def finish(self, world: World, resource: Resource) -> None:
        """Allocate the range."""
        if "ipPrefix" not in resource.properties:
            resource.properties["ipPrefix"] = _allocate(world, resource)

    def computed(self, world: World, resource: Resource) -> Json:
        """Show the addresses that were taken from it."""
        users = linked(world, resource, _ADDRESSES)
        return {"publicIPAddresses": users} if users else {}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A prefix goes only when nothing uses it."""
        users = [user for user in world.referrers(resource.id) if user.key not in leaving]
        if users:
            raise ArmError(
                400,
                "PublicIPPrefixInUse",
                f"Public IP prefix {resource.id} cannot be deleted since it is still used by "
                f"{', '.join(str(user.id) for user in users)}.",
                details=[],
            )


def _allocate(world: World, resource: Resource) -> str:
    """Take the first range of that length that no other prefix overlaps."""
    space, _ = _SPACES[resource.properties["publicIPAddressVersion"]]
    others = world.under(f"/subscriptions/{resource.id.subscription}", PublicPrefixes.type)
    taken = {str(other.properties.get("ipPrefix")) for other in others}
    # Every range begins at a multiple of the largest one, so that lengths never overlap.
    largest = 24 if space.version == 4 else 124  # noqa: PLR2004 - IPv4
    for block in space.subnets(new_prefix=largest):
        if not any(range_.startswith(f"{block.network_address}/") for range_ in taken):
            return f"{block.network_address}/{resource.properties['prefixLength']}"
    raise ArmError(400, "PublicIPPrefixCountLimitReached", "There is no range left.", details=[])
