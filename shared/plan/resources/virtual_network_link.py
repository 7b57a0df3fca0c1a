"""Virtual network links: they make a zone's names resolve in a virtual network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.mgmt.privatedns.types import VirtualNetworkLinkProperties

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"


def desired(
    zone: ResourceId,
    name: str,
    network: ResourceId,
    tags: Mapping[str, str],
    *,
    tells: tuple[str, ...] = (),
) -> Desired:
    """Return the link of `zone` to `network`, without automatic registration of machines."""
    properties: VirtualNetworkLinkProperties = {"virtualNetwork": link(network), "registrationEnabled": False}
    body = {"location": "global", "tags": dict(tags), "properties": properties}
    return Desired(zone.child("virtualNetworkLinks", name), body, tells=tells)
