"""Plans in plain words: what a resource is called, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diff import Difference
    from shared.plan.steps import Json

SHOWN = 120
"""Characters of a value that a reason shows."""

KINDS = {
    "microsoft.resources/resourcegroups": "resource group",
    "microsoft.network/virtualnetworks": "virtual network",
    "microsoft.network/virtualnetworks/subnets": "subnet",
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": "peering",
    "microsoft.network/networksecuritygroups": "network security group",
    "microsoft.network/routetables": "route table",
    "microsoft.network/routetables/routes": "route",
    "microsoft.network/publicipaddresses": "public IP address",
    "microsoft.network/firewallpolicies": "firewall policy",
    "microsoft.network/firewallpolicies/rulecollectiongroups": "rule collection group",
    "microsoft.network/azurefirewalls": "firewall",
    "microsoft.network/networkinterfaces": "network interface",
    "microsoft.network/bastionhosts": "Bastion host",
    "microsoft.network/privatednszones": "private DNS zone",
    "microsoft.network/privatednszones/virtualnetworklinks": "virtual network link",
    "microsoft.network/privatednszones/a": "A record",
    "microsoft.network/dnsresolvers": "DNS resolver",
    "microsoft.network/dnsresolvers/inboundendpoints": "inbound endpoint",
    "microsoft.network/dnsresolvers/outboundendpoints": "outbound endpoint",
    "microsoft.network/dnsforwardingrulesets": "DNS forwarding ruleset",
    "microsoft.network/dnsforwardingrulesets/forwardingrules": "DNS forwarding rule",
    "microsoft.network/dnsforwardingrulesets/virtualnetworklinks": "ruleset link",
    "microsoft.compute/virtualmachines": "virtual machine",
    "microsoft.compute/virtualmachines/extensions": "extension",
    "microsoft.compute/availabilitysets": "availability set",
    "microsoft.managedidentity/userassignedidentities": "user-assigned identity",
    "microsoft.authorization/roleassignments": "role assignment",
    "microsoft.containerservice/managedclusters": "managed cluster",
}

MEMBERS = {
    "routeTable": "route table",
    "routeTable.id": "route table",
    "networkSecurityGroup": "network security group",
    "networkSecurityGroup.id": "network security group",
    "addressSpace.addressPrefixes": "address space",
    "firewallPolicy.id": "firewall policy",
    "dhcpOptions.dnsServers": "list of DNS servers",
    "nextHopIpAddress": "next hop",
    "addressPrefix": "address prefix",
}


def name(resource: ResourceId) -> str:
    """Name a resource for people: `subnet nodes`."""
    return f"{KINDS.get(resource.type.lower(), resource.type)} {resource.name}"


def missing(resource: ResourceId) -> str:
    """Say that a resource is not there."""
    return f"{name(resource)} is missing"


def phrase(difference: Difference, resource: ResourceId) -> str:
    """Say a difference: `route table is missing on subnet nodes`."""
    path = difference.path.removeprefix("properties.")
    member = MEMBERS.get(path, path)
    if difference.have is None:
        return f"{member} is missing on {name(resource)}"
    if difference.want is None:
        return f"{member} on {name(resource)} is not in its document"
    return f"{member} of {name(resource)} is {_shown(difference.have)}, should be {_shown(difference.want)}"


def phrases(found: tuple[Difference, ...], resource: ResourceId) -> str:
    """Say several differences in one line; past three, how many more there are."""
    said = "; ".join(phrase(difference, resource) for difference in found[:3])
    return said if len(found) <= 3 else f"{said}; and {len(found) - 3} more"  # noqa: PLR2004 - three fit a line


def _shown(value: Json) -> str:
    text = ", ".join(map(str, value)) or "empty" if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
