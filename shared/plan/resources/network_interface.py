"""Network interfaces: one private address in a subnet, never a public one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.network.types import (
        NetworkInterfaceIPConfigurationPropertiesFormat,
        NetworkInterfacePropertiesFormat,
    )

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/networkInterfaces"


def desired(
    interface: ResourceId,
    location: str,
    subnet: ResourceId,
    tags: Mapping[str, str],
    *,
    address: str | None = None,
    dns_servers: Sequence[str] = (),
) -> Desired:
    """Return the interface, at a given `address` or one that Azure picks; `dns_servers` win over the network's."""
    place: NetworkInterfaceIPConfigurationPropertiesFormat = {
        "subnet": link(subnet),
        "privateIPAllocationMethod": "Dynamic" if address is None else "Static",
        "primary": True,
    }
    if address is not None:
        place["privateIPAddress"] = address
    configurations: Any = [{"name": "primary", "properties": place}]
    properties: NetworkInterfacePropertiesFormat = {"ipConfigurations": configurations}
    if dns_servers:
        properties["dnsSettings"] = {"dnsServers": list(dns_servers)}
    return Desired(interface, {"location": location, "tags": dict(tags), "properties": properties})
