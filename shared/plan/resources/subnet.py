"""Subnets: an address prefix with its network security group and route table. Writes merge with what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.model.spoke import RESERVED_SUBNETS
from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from azure.mgmt.network.types import SubnetPropertiesFormat

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

TYPE = "Microsoft.Network/virtualNetworks/subnets"


def inline(
    name: str,
    prefix: str,
    *,
    network_security_group: ResourceId | None = None,
    route_table: ResourceId | None = None,
    delegation: str | None = None,
) -> Json:
    """Return a subnet as a member of its virtual network's body; `delegation` is the service that it is for."""
    properties: SubnetPropertiesFormat = {"addressPrefix": prefix}
    if network_security_group is not None:
        properties["networkSecurityGroup"] = link(network_security_group)
    if route_table is not None:
        properties["routeTable"] = link(route_table)
    if delegation is not None:
        delegated: Any = {"name": delegation.rpartition("/")[2], "properties": {"serviceName": delegation}}
        properties["delegations"] = [delegated]
    return {"name": name, "properties": properties}


def desired(
    subnet: ResourceId,
    prefix: str,
    *,
    network_security_group: ResourceId | None = None,
    route_table: ResourceId | None = None,
) -> Desired:
    """Return a subnet that is written on its own."""
    body = inline(subnet.name, prefix, network_security_group=network_security_group, route_table=route_table)
    return Desired(subnet, body, lock=subnet.parent, dies_with_parent=True)


def adopted(
    subnet: ResourceId, route_table: ResourceId, *, before: ResourceId | None = None, retired: bool = False
) -> Desired:
    """Return what we add to somebody else's subnet: the route table, in the place of the one that it had `before`."""
    properties: SubnetPropertiesFormat = {"routeTable": link(route_table)}
    restored = None if before is None else {"properties": {"routeTable": link(before)}}
    return Desired(
        subnet, {"properties": properties}, lock=subnet.parent, adopted=True, restored=restored, retired=retired
    )


def may_be_routed(subnet: Json) -> bool:
    """Say whether a route table may go onto a subnet: not where the platform or a delegated service rules."""
    return str(subnet["name"]).lower() not in RESERVED_SUBNETS and not (subnet.get("properties") or {}).get(
        "delegations"
    )
