"""Network interfaces: one private address in a subnet, never a public one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.mgmt.network.types import (
        NetworkInterfaceIPConfigurationPropertiesFormat,
        NetworkInterfacePropertiesFormat,
    )

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/networkInterfaces"


def desired(interface: ResourceId, location: str, subnet: ResourceId, tags: Mapping[str, str]) -> Desired:
    """Return the interface; Azure picks its address."""
    address: NetworkInterfaceIPConfigurationPropertiesFormat = {
        "subnet": link(subnet),
        "privateIPAllocationMethod": "Dynamic",
        "primary": True,
    }
    configurations: Any = [{"name": "primary", "properties": address}]
    properties: NetworkInterfacePropertiesFormat = {"ipConfigurations": configurations}
    return Desired(interface, {"location": location, "tags": dict(tags), "properties": properties})
