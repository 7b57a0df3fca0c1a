"""Azure Firewalls: in their own subnet, with a public address, ruled by a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.network.types import AzureFirewallPropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

TYPE = "Microsoft.Network/azureFirewalls"
PRIVATE_IP = "properties.ipConfigurations.0.properties.privateIPAddress"
"""Where a deployed firewall says its private address: the next hop of every spoke."""


def desired(  # noqa: PLR0913 - the members of one REST body
    firewall: ResourceId,
    location: str,
    sku: str,
    zones: Sequence[str],
    tags: Mapping[str, str],
    *,
    policy: ResourceId,
    subnet: ResourceId,
    public_ip: ResourceId,
    management: tuple[ResourceId, ResourceId] | None = None,
    rules: tuple[ResourceId, ...] = (),
    tells: tuple[str, ...] = (),
) -> Desired:
    """Return the firewall; it waits for its `rules`, so that nothing routes through one that denies everything.

    `management` is the subnet and the public address that the Basic SKU needs beside the others.
    """
    properties: AzureFirewallPropertiesFormat = {
        "sku": {"name": "AZFW_VNet", "tier": sku},
        "firewallPolicy": link(policy),
        "ipConfigurations": [_configuration("firewall", subnet, public_ip)],
    }
    if management is not None:
        properties["managementIpConfiguration"] = _configuration("management", *management)
    body = {"location": location, "tags": dict(tags), "properties": properties}
    if zones:
        body["zones"] = list(zones)
    return Desired(firewall, body, needs=rules, lock=policy, tells=tells)


def _configuration(name: str, subnet: ResourceId, public_ip: ResourceId) -> Json:
    return {"name": name, "properties": {"subnet": link(subnet), "publicIPAddress": link(public_ip)}}
