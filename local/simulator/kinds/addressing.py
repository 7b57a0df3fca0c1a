"""Addresses inside virtual networks: prefixes of a subnet, which addresses are taken, the first free one.

Azure keeps the first four addresses of a subnet and the last one.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from local.simulator.answer import ArmError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.simulator.resource import Resource, ResourceId
    from local.simulator.world import World

Network = IPv4Network | IPv6Network
_RESERVED = 4


def read_prefix(text: Any, owner: ResourceId) -> Network:
    """Read a prefix; refuse what is no CIDR, or has host bits set."""
    try:
        loose = ip_network(str(text), strict=False)
    except ValueError:
        loose = None
    if loose is None or "/" not in str(text):
        raise ArmError(
            400,
            "InvalidAddressPrefixFormat",
            f"Address prefix {text} of resource {owner} is not formatted correctly. It should follow CIDR notation, "
            "for example 10.0.0.0/24.",
            details=[],
        )
    if str(loose.network_address) != str(text).split("/", maxsplit=1)[0]:
        raise ArmError(
            400,
            "InvalidCIDRNotation",
            f"The address prefix {text} in resource {owner} has an invalid CIDR notation. For the given prefix length, "
            f"the address prefix should be {loose}.",
            details=[],
        )
    return loose


def address_space(vnet: Resource) -> list[Network]:
    """List the prefixes of a virtual network."""
    prefixes = (vnet.properties.get("addressSpace") or {}).get("addressPrefixes") or []
    return [ip_network(prefix) for prefix in prefixes]


def subnet_prefixes(subnet: Resource) -> list[Network]:
    """List the prefixes of a subnet."""
    one = subnet.properties.get("addressPrefix")
    many = subnet.properties.get("addressPrefixes") or []
    return [ip_network(prefix) for prefix in ([one] if one else many)]


def overlap(left: list[Network], right: list[Network]) -> list[str]:
    """List the prefixes of the left that overlap with any of the right."""
    return [str(one) for one in left if any(one.version == other.version and one.overlaps(other) for other in right)]


def taken_addresses(world: World, subnet: ResourceId) -> set[str]:
    """Collect the private addresses that IP configurations in a subnet hold."""
    key = subnet.key
    return {address for user in world.referrers(subnet) for address in _held(user.body, key) if address}


def free_address(world: World, subnet: ResourceId) -> str:
    """Find the first free address of a subnet; refuse where it is full."""
    taken = taken_addresses(world, subnet)
    for address in free_addresses(world, subnet, taken):
        return address
    raise ArmError(
        400,
        "SubnetIsFull",
        f"Subnet {subnet.name} with address prefix does not have enough capacity for 1 IP addresses.",
        details=[],
    )


def free_addresses(world: World, subnet: ResourceId, taken: set[str]) -> Iterator[str]:
    """Go through the free addresses of a subnet."""
    found = world.find(subnet)
    for prefix in subnet_prefixes(found) if found else []:
        if isinstance(prefix, IPv4Network):
            first, last = int(prefix.network_address) + _RESERVED, int(prefix.broadcast_address)
            for number in range(first, last):
                if (address := str(IPv4Address(number))) not in taken:
                    yield address


def check_address(world: World, subnet: Resource, wanted: str, user: ResourceId) -> None:
    """Refuse a static address that is outside the subnet, reserved or taken."""
    address = ip_address(wanted)
    prefix = next((p for p in subnet_prefixes(subnet) if p.version == address.version and address in p), None)
    if prefix is None:
        raise ArmError(
            400,
            "PrivateIPAddressNotInSubnet",
            f"Private static IP address {wanted} does not belong to the range of subnet prefix "
            f"{', '.join(str(p) for p in subnet_prefixes(subnet))}.",
            details=[],
        )
    offset = int(address) - int(prefix.network_address)
    if offset < _RESERVED or address == prefix.broadcast_address:
        raise ArmError(
            400,
            "PrivateIPAddressInReservedRange",
            f"Private static IP address {wanted} falls within reserved IP range of subnet prefix {prefix}.",
            details=[],
        )
    others = [user_of for user_of in world.referrers(subnet.id) if user_of.key != user.key]
    for other in others:
        if wanted in _held(other.body, subnet.key):
            raise ArmError(
                400,
                "PrivateIPAddressIsAllocated",
                f"IP configuration of {user} is using the private IP address {wanted} which is already allocated to "
                f"resource {other.id}.",
                details=[],
            )


def _held(value: Any, subnet_key: str) -> Iterator[str]:
    """Find the private addresses of IP configurations that sit in the subnet."""
    if isinstance(value, dict):
        subnet = value.get("subnet")
        if isinstance(subnet, dict) and str(subnet.get("id", "")).lower() == subnet_key:
            yield str(value.get("privateIPAddress") or value.get("privateIpAddress") or "")
        for item in value.values():
            yield from _held(item, subnet_key)
    elif isinstance(value, list):
        for item in value:
            yield from _held(item, subnet_key)
