"""Bastion hosts: the way for people to the jump server, which has no public address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.mgmt.network.types import BastionHostPropertiesFormat

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/bastionHosts"


def desired(
    bastion: ResourceId,
    location: str,
    sku: str,
    tags: Mapping[str, str],
    *,
    network: ResourceId,
    subnet: ResourceId,
    public_ip: ResourceId,
) -> Desired:
    """Return the host; the Developer SKU is shared, so it names the network and has no address of its own."""
    properties: BastionHostPropertiesFormat = {}
    if sku == "Developer":
        properties["virtualNetwork"] = link(network)
    else:
        configuration = {"subnet": link(subnet), "publicIPAddress": link(public_ip)}
        properties["ipConfigurations"] = [{"name": "bastion", "properties": configuration}]  # type: ignore[typeddict-item]  # read-only members look required
    body = {"location": location, "tags": dict(tags), "sku": {"name": sku}, "properties": properties}
    return Desired(bastion, body)
