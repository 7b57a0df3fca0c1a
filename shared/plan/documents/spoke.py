"""What a Spoke owns: its network (or what it adds to an adopted one), route table, and its side of the peering."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.model import conditions, naming, resource_id
from shared.plan import addressing, onboarding
from shared.plan.desired import Desired
from shared.plan.dns import rollout
from shared.plan.documents import adopted_network
from shared.plan.documents.ownership import MANAGED_BY, OURS, tags
from shared.plan.observed import Read, properties, stands
from shared.plan.resources import (
    network_security_group,
    peering,
    resource_group,
    route_table,
    subnet,
    virtual_network,
)
from shared.plan.steps import DEPENDENTS, Wait, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.resource_id import ResourceId
    from shared.model.spoke import SecurityRule, Spoke
    from shared.plan.observed import Observed
    from shared.plan.steps import Json


def reads(spoke: Spoke, related: Related) -> Iterator[Read]:
    """Yield what has to be asked."""
    if related.hub is None:
        return
    if not _in_their_group(spoke, related.hub):
        yield Read("", str(naming.spoke_group(spoke, related.hub)))
    yield Read("", str(naming.spoke_network(spoke, related.hub)))
    yield Read("", str(naming.spoke_route_table(spoke, related.hub)))
    if not spoke.spec.adopted:
        yield Read("", str(naming.spoke_security_group(spoke, related.hub)))


def further_reads(spoke: Spoke, related: Related, observed: Observed) -> Iterator[Read]:
    """Yield what the network's subnets name that we did not make."""
    if related.hub is not None and spoke.spec.adopted:
        yield from adopted_network.further_reads(spoke, related.hub, observed)
        yield from onboarding.reads(spoke, related.hub, observed)


def desired(spoke: Spoke, related: Related, observed: Observed) -> list[Desired]:
    """Return everything the spoke should have, whatever is there; nothing while its hub is unknown."""
    hub = related.hub
    if hub is None:
        return []
    marks, location = tags(spoke), _location(spoke, hub, observed)
    table = naming.spoke_route_table(spoke, hub)
    group = resource_group.desired(naming.spoke_group(spoke, hub), location, marks, tells=(DEPENDENTS,))
    peering_side = _peering(spoke, hub, observed)
    if table_is_theirs(spoke, hub, observed) and spoke.spec.adopted and spoke.deleting:
        return [peering_side]  # Nothing else of ours ever came there.
    blocked = _name_taken(table) if table_is_theirs(spoke, hub, observed) else None
    return [
        *(() if _in_their_group(spoke, hub) else (group,)),
        replace(route_table.desired(table, location, marks, tells=(DEPENDENTS,)), blocked=blocked),
        _default_route(hub, table),
        *(_adopted(spoke, hub, observed) if spoke.spec.adopted else _own(spoke, hub, table, marks, observed)),
        peering_side,
    ]


def table_is_theirs(spoke: Spoke, hub: Hub, observed: Observed) -> bool:
    """Say whether a route table of the name that ours would have is there already, and is not ours."""
    have = observed.get(naming.spoke_route_table(spoke, hub))
    marks = {name.lower(): value for name, value in ((have or {}).get("tags") or {}).items()}
    return have is not None and marks.get(MANAGED_BY) != OURS and "routeTableId" not in spoke.status.outputs


def _name_taken(table: ResourceId) -> Wait:
    message = f"route table {table.name} is there already, and is not ours; rename it, or name the document differently"
    return Wait(conditions.NAME_TAKEN, message)


def _location(spoke: Spoke, hub: Hub, observed: Observed) -> str:
    """Return the spoke's region: a route table has to be where its network is, and the first look sees where."""
    return spoke.spec.location or _region(spoke, hub, observed) or naming.spoke_location(spoke, hub)


def _region(spoke: Spoke, hub: Hub, observed: Observed) -> str:
    """Return the region of an adopted network in its one spelling; empty where it is not known."""
    body = observed.get(naming.spoke_network(spoke, hub)) if spoke.spec.adopted else None
    return str((body or {}).get("location") or "").replace(" ", "").lower()


def _in_their_group(spoke: Spoke, hub: Hub) -> bool:
    """Say whether what we add lies in the resource group of an adopted network, which is as little ours as that."""
    network = naming.spoke_network(spoke, hub)
    return spoke.spec.adopted and network.resource_group.key == naming.spoke_group(spoke, hub).key


def _default_route(hub: Hub, table: ResourceId) -> Desired:
    address = hub.status.outputs.get("firewallPrivateIp")
    waiting = Wait(conditions.HUB_NOT_READY, f"the firewall of hub {hub.name} has no private address yet", str(hub.key))
    return route_table.default_route(table, address or "", blocked=None if address else waiting, tells=(DEPENDENTS,))


def _own(spoke: Spoke, hub: Hub, table: ResourceId, marks: dict[str, str], observed: Observed) -> Iterator[Desired]:
    network, group = naming.spoke_network(spoke, hub), naming.spoke_security_group(spoke, hub)
    location = naming.spoke_location(spoke, hub)
    rules = [_rule(rule) for rule in spoke.spec.network_security_group.rules]
    yield network_security_group.desired(group, location, rules, marks)
    yield virtual_network.desired(
        network,
        location,
        [str(block) for block in addressing.spoke_space(spoke)],
        marks,
        dns_servers=rollout.for_spoke(hub, spoke, virtual_network.dns_servers(observed.get(network))),
        tells=(DEPENDENTS,),
    )
    for name, prefix in addressing.spoke_subnets(spoke).items():
        place = network.child("subnets", name)
        yield subnet.desired(place, str(prefix), network_security_group=group, route_table=table)


def _adopted(spoke: Spoke, hub: Hub, observed: Observed) -> Iterator[Desired]:
    yield Desired(naming.spoke_network(spoke, hub), {}, adopted=True)
    yield from adopted_network.routed(spoke, hub, observed)
    for table in adopted_network.kept_tables(spoke, hub, observed):
        yield Desired(table, {}, adopted=True)
        yield from _route_in_kept_table(hub, table, observed)
    for route in adopted_network.left_routes(spoke, hub, observed):
        left = f"route table {route.parent.name}, which AKS keeps, is on no subnet of the spoke any more"
        yield Desired(route, {}, lock=route.parent, broken=left)


def _route_in_kept_table(hub: Hub, table: ResourceId, observed: Observed) -> Iterator[Desired]:
    """Yield our route in a table that AKS keeps, unless somebody's own one leads to the firewall already."""
    leads = route_table.other_default(observed.get(table) or {"name": table.name})
    if leads is not None and leads == hub.status.outputs.get("firewallPrivateIp"):
        return
    route = _default_route(hub, table)
    if leads is not None:
        message = f"route table {table.name}, which AKS keeps, has a default route to {leads}; remove it, or exclude"
        route = replace(route, blocked=Wait(conditions.NEXT_HOP_TAKEN, f"{message} its subnets (excludedSubnets)"))
    yield route


def _rule(rule: SecurityRule) -> Json:
    properties: Any = {
        "priority": rule.priority,
        "direction": rule.direction,
        "access": rule.access,
        "protocol": rule.protocol,
        "sourcePortRange": "*",
        **_either("sourceAddressPrefix", "sourceAddressPrefixes", rule.sources),
        **_either("destinationAddressPrefix", "destinationAddressPrefixes", rule.destinations),
        **_either("destinationPortRange", "destinationPortRanges", rule.ports),
    }
    return network_security_group.rule(rule.name, properties)


def _either(one: str, many: str, values: tuple[str, ...]) -> Any:
    """Return the singular member for one value, the plural for several: Azure takes `*` in the singular only."""
    return {one: values[0]} if len(values) == 1 else {many: list(values)}


def _peering(spoke: Spoke, hub: Hub, observed: Observed) -> Desired:
    side = naming.spoke_peering(spoke, hub)
    have, blocked = observed.get(side), None
    if "virtualNetworkId" not in hub.status.outputs:
        message = f"the network of hub {hub.name} does not exist yet"
        blocked = Wait(conditions.HUB_NOT_READY, message, str(hub.key))
    elif have is None and "peered" in spoke.status.outputs:
        # Azure refuses a new side while the other one still remembers the old: that one goes first.
        message = f"hub {hub.name} has to make its side of the peering anew, because the spoke's was deleted"
        blocked = Wait(conditions.PEER_LOST, message, str(hub.key))
    return peering.desired(side, naming.hub_network(hub), have, tells=(str(hub.key),), blocked=blocked)


def waits(spoke: Spoke, related: Related, observed: Observed) -> Iterator[Wait]:
    """Yield what is not the spoke's own to do: its hub's document, its hub's side of the peering."""
    hub = related.hub
    if hub is None:
        yield Wait(conditions.HUB_MISSING, f"there is no hub {spoke.spec.hub}", f"Hub/{spoke.spec.hub}")
        return
    if hub.deleting:
        yield Wait(conditions.HUB_NOT_READY, f"hub {hub.name} is being deleted", str(hub.key))
    if rollout.awaited(hub, spoke):
        message = f"the DNS servers of hub {hub.name} have not answered yet, so the network is not pointed at them"
        yield Wait(conditions.DNS_NOT_PROVEN, message, str(hub.key))
    side = observed.get(naming.spoke_peering(spoke, hub))
    if side is not None and not peering.connected(side):
        yield Wait(conditions.PEER_NOT_READY, f"hub {hub.name} has not made its side of the peering yet", str(hub.key))


def outputs(spoke: Spoke, related: Related, observed: Observed) -> dict[str, Json]:
    """Return what the hub and clusters wait for, of what is there and done."""
    hub = related.hub
    if hub is None:
        return {}
    network, table = naming.spoke_network(spoke, hub), naming.spoke_route_table(spoke, hub)
    before = spoke.status.outputs
    found: dict[str, Json] = {
        name: str(wanted)
        for name, wanted in (
            ("virtualNetworkId", network),
            ("routeTableId", table),
        )
        if stands(observed.get(wanted), known=name in before)
        and not (wanted is table and table_is_theirs(spoke, hub, observed))
    }
    group = naming.spoke_group(spoke, hub)
    # A group that is theirs is there because their network is.
    if "virtualNetworkId" in found if _in_their_group(spoke, hub) else stands(observed.get(group), known=True):
        found["resourceGroupId"] = str(group)
    route = observed.get(table.child("routes", route_table.DEFAULT))
    if stands(route, known="defaultRoute" in before):
        found["defaultRoute"] = lookup(route, "properties.nextHopIpAddress")
    if (body := observed.get(table)) is not None:
        # How much is used of what Azure limits; it wakes nobody.
        found["routes"] = len(properties(body).get("routes") or ())
    side = observed.get(naming.spoke_peering(spoke, hub))
    if peering.connected(side):
        found["peered"] = True
    if peering.disconnected(side):
        found["disconnected"] = True
    tables = {led.key for led in adopted_network.leading_out(spoke, hub, observed)}
    routed = {
        str(member["name"]): str(network.child("subnets", str(member["name"])))
        for member in observed.within(f"{network}/subnets")
        if stands(member, known=member["name"] in before.get("subnets", {}))
        and resource_id.key(str(lookup(member, "properties.routeTable.id") or "")) in tables
    }
    if routed:
        found["subnets"] = routed
    if spoke.spec.adopted and "virtualNetworkId" in found:
        found["addressSpace"] = list(map(str, addressing.spoke_space(spoke)))
        found["location"] = _location(spoke, hub, observed)
        left = [route.parent for route in adopted_network.left_routes(spoke, hub, observed)]
        if kept := [*adopted_network.kept_tables(spoke, hub, observed), *left]:
            found["keptRouteTableIds"] = list(map(str, kept))
    return found | _names(spoke, network, observed)


def _names(spoke: Spoke, network: ResourceId, observed: Observed) -> dict[str, Json]:
    """Return which DNS servers the network has, whoever chose them, and whether it resolves all clusters."""
    have = virtual_network.dns_servers(observed.get(network))
    found: dict[str, Json] = {}
    if have is not None:
        found[rollout.SPOKE_OUTPUT] = list(have)
    if have is not None and spoke.spec.dns.resolves_clusters:
        found["resolvesClusters"] = True
    return found
