"""Public IP addresses: Standard and static, as the firewall and Bastion need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.network.types import PublicIPAddressPropertiesFormat, PublicIPAddressSku

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/publicIPAddresses"


def desired(address: ResourceId, location: str, zones: Sequence[str], tags: Mapping[str, str]) -> Desired:
    """Return the address; its zones are fixed at birth."""
    sku: PublicIPAddressSku = {"name": "Standard", "tier": "Regional"}
    properties: PublicIPAddressPropertiesFormat = {
        "publicIPAllocationMethod": "Static",
        "publicIPAddressVersion": "IPv4",
    }
    body = {"location": location, "tags": dict(tags), "sku": sku, "properties": properties}
    if zones:
        body["zones"] = list(zones)
    return Desired(address, body)
