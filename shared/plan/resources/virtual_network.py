"""Virtual networks: the address space and, where they are given with it, the subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.network.types import VirtualNetworkPropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

TYPE = "Microsoft.Network/virtualNetworks"


def desired(
    network: ResourceId,
    location: str,
    address_space: Sequence[str],
    tags: Mapping[str, str],
    *,
    subnets: Sequence[Json] = (),
    dns_servers: Sequence[str] = (),
    tells: tuple[str, ...] = (),
) -> Desired:
    """Return the network; `subnets` are those whose owner writes them in this same PUT, others are kept."""
    properties: VirtualNetworkPropertiesFormat = {
        "addressSpace": {"addressPrefixes": list(address_space)},
        # Said when empty too: a server that was taken out of the document has to leave the network.
        "dhcpOptions": {"dnsServers": list(dns_servers)},
    }
    if subnets:
        properties["subnets"] = list(subnets)
    body = {"location": location, "tags": dict(tags), "properties": properties}
    return Desired(network, body, lock=network, tells=tells, open_lists=("properties.subnets",))
