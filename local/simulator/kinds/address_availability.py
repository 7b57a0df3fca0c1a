"""Whether an address of a virtual network is free: an action of Microsoft.Network that is a GET."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from local.simulator.kind import Answer, Kind, Resource
from local.simulator.kinds.addressing import free_addresses, subnet_prefixes, taken_addresses
from local.simulator.kinds.virtual_network import SUBNETS

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World


class AddressAvailability(Kind):
    """`GET .../virtualNetworks/{name}/CheckIPAddressAvailability?ipAddress=`: an action that is a GET."""

    type = "Microsoft.Network/virtualNetworks/CheckIPAddressAvailability"
    located = False
    asynchronous = False

    def get_collection(self, world: World, request: Request) -> Answer:
        """Tell whether an address is free, and which others are."""
        wanted = ip_address(request.query.get("ipaddress", "0.0.0.0"))  # noqa: S104 - no address that anybody has
        for subnet in world.children(request.id.root, SUBNETS):
            for prefix in subnet_prefixes(subnet):
                if wanted.version == prefix.version and wanted in prefix:
                    return Answer(200, body=_availability(world, subnet, wanted, prefix))
        return Answer(200, body={"available": False, "availableIPAddresses": [], "isPlatformReserved": False})


def _availability(world: World, subnet: Resource, wanted: Any, prefix: Any) -> dict[str, Any]:
    reserved = int(wanted) - int(prefix.network_address) < 4 or wanted == prefix.broadcast_address  # noqa: PLR2004 - Azure keeps four
    taken = taken_addresses(world, subnet.id)
    if not reserved and str(wanted) not in taken:
        return {"available": True, "isPlatformReserved": False}
    free = free_addresses(world, subnet.id, taken)
    some = [address for address, _ in zip(free, range(5), strict=False)]
    return {"available": False, "availableIPAddresses": some, "isPlatformReserved": reserved}
