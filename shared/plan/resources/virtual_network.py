"""Virtual networks: the address space and, where they are given with it, the subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired
from shared.plan.observed import properties as properties_of

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


def dns_servers(network: Json | None) -> tuple[str, ...] | None:
    """Return the DNS servers that a network hands out, none for Azure's own; None where there is no network."""
    if network is None:
        return None
    return tuple((properties_of(network).get("dhcpOptions") or {}).get("dnsServers") or ())
