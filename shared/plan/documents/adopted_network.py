"""A network that somebody else made: which of its subnets get the route to the firewall, and what they had before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model import naming, resource_id
from shared.model.resource_id import ResourceId
from shared.plan.observed import Read, properties
from shared.plan.resources import route_table, subnet
from shared.plan.steps import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.model.hub import Hub
    from shared.model.spoke import Spoke
    from shared.plan.desired import Desired
    from shared.plan.observed import Observed
    from shared.plan.steps import Json


def subnets(spoke: Spoke, hub: Hub, observed: Observed) -> Iterator[ResourceId]:
    """Yield the subnets that get the route: those that the document names, else every one that may have it."""
    network = naming.spoke_network(spoke, hub)
    bodies = _bodies(network, observed)
    named = [member.name for member in spoke.spec.subnets] or [str(body["name"]) for body in bodies.values()]
    excluded = {name.lower() for name in spoke.spec.excluded_subnets}
    for name in named:
        place = network.child("subnets", name)
        body = bodies.get(place.key, {"name": name})
        if name.lower() not in excluded and subnet.may_be_routed(body):
            yield place


def routed(spoke: Spoke, hub: Hub, observed: Observed) -> Iterator[Desired]:
    """Yield the subnets that get our table, and those that have it and no longer should."""
    ours = naming.spoke_route_table(spoke, hub)
    wanted = list(subnets(spoke, hub, observed))
    kept = _kept(wanted, ours, observed)
    for place in wanted:
        if place.key not in kept:
            yield subnet.adopted(place, ours, before=_before(spoke, place, observed))
    for place in _retired(spoke, hub, observed, wanted):
        yield subnet.adopted(place, ours, before=_before(spoke, place, observed), retired=True)


def kept_tables(spoke: Spoke, hub: Hub, observed: Observed) -> list[ResourceId]:
    """Return the tables that stay where they are, because AKS keeps pods' routes in them, each once."""
    kept = _kept(list(subnets(spoke, hub, observed)), naming.spoke_route_table(spoke, hub), observed)
    return list({table.key: table for table in kept.values()}.values())


def left_routes(spoke: Spoke, hub: Hub, observed: Observed) -> list[ResourceId]:
    """Return our routes in tables that AKS keeps and whose subnets are no longer ours to route."""
    routes = [table.child("routes", route_table.DEFAULT) for table in _left_tables(spoke, hub, observed)]
    return [route for route in routes if observed.get(route) is not None]


def leading_out(spoke: Spoke, hub: Hub, observed: Observed) -> list[ResourceId]:
    """Return the tables that lead to the firewall: ours, and kept ones without somebody's route to elsewhere."""
    firewall = hub.status.outputs.get("firewallPrivateIp")
    kept = kept_tables(spoke, hub, observed) if spoke.spec.adopted else []
    led = [(table, route_table.other_default(observed.get(table) or {"name": table.name})) for table in kept]
    return [naming.spoke_route_table(spoke, hub), *(table for table, hop in led if hop in (None, firewall))]


def replaced_tables(spoke: Spoke, hub: Hub, observed: Observed) -> dict[str, str]:
    """Return the tables that ours takes the place of, by subnet: to be remembered before anything is written."""
    ours = naming.spoke_route_table(spoke, hub)
    wanted = list(subnets(spoke, hub, observed))
    kept = _kept(wanted, ours, observed)
    found = {place.name: _present(place, observed) for place in wanted if place.key not in kept}
    return {name: table for name, table in found.items() if table and resource_id.key(table) != ours.key}


def remembered(spoke: Spoke, hub: Hub, observed: Observed) -> dict[str, str]:
    """Return what is remembered and may still have to be put back: not what was, where a subnet was given back."""
    network, ours = naming.spoke_network(spoke, hub), naming.spoke_route_table(spoke, hub)
    known = spoke.status.previous_route_tables
    if observed.get(network) is None:
        return known
    bodies, wanted = _bodies(network, observed), {place.key for place in subnets(spoke, hub, observed)}
    places = {name: network.child("subnets", name).key for name in known}
    return {
        name: table
        for name, table in known.items()
        if places[name] in wanted or (places[name] in bodies and _has(bodies[places[name]], ours))
    }


def further_reads(spoke: Spoke, hub: Hub, observed: Observed) -> Iterator[Read]:
    """Yield the tables that the subnets have and that we did not make, and those that may have to be put back."""
    ours = naming.spoke_route_table(spoke, hub)
    wanted = list(subnets(spoke, hub, observed))
    for place in wanted:
        table = _present(place, observed)
        if table and resource_id.key(table) != ours.key:
            yield Read("", table)
    for kept in _left_tables(spoke, hub, observed):
        yield Read("", str(kept))
    if spoke.deleting or any(_retired(spoke, hub, observed, wanted)):
        for table in spoke.status.previous_route_tables.values():
            yield Read("", table)


def space(spoke: Spoke, hub: Hub, observed: Observed) -> list[str]:
    """Return the network's present IPv4 address space; empty where it is not there."""
    body = observed.get(naming.spoke_network(spoke, hub))
    found = lookup(body, "properties.addressSpace.addressPrefixes")
    return [str(block) for block in found or () if ":" not in block]


def _bodies(network: ResourceId, observed: Observed) -> dict[str, Json]:
    body = observed.get(network)
    members = properties(body).get("subnets") or () if body else ()
    return {network.child("subnets", str(member["name"])).key: member for member in members}


def _retired(spoke: Spoke, hub: Hub, observed: Observed, wanted: list[ResourceId]) -> Iterator[ResourceId]:
    """Yield the subnets that have our table and no longer should."""
    network, ours = naming.spoke_network(spoke, hub), naming.spoke_route_table(spoke, hub)
    keys = {place.key for place in wanted}
    for key, body in _bodies(network, observed).items():
        if key not in keys and _has(body, ours):
            yield network.child("subnets", str(body["name"]))


def _kept(wanted: list[ResourceId], ours: ResourceId, observed: Observed) -> dict[str, ResourceId]:
    found = {}
    for place in wanted:
        table = _present(place, observed)
        body = observed.get(table) if table and resource_id.key(table) != ours.key else None
        if body is not None and route_table.is_kubenet(body):
            found[place.key] = ResourceId.parse(str(body["id"]))
    return found


def _left_tables(spoke: Spoke, hub: Hub, observed: Observed) -> list[ResourceId]:
    kept = {table.key for table in kept_tables(spoke, hub, observed)}
    before = [ResourceId.parse(text) for text in spoke.status.outputs.get("keptRouteTableIds", ())]
    return [table for table in before if table.key not in kept]


def _present(place: ResourceId, observed: Observed) -> str | None:
    found = lookup(observed.get(place), "properties.routeTable.id")
    return None if found is None else str(found)


def _has(body: Json, table: ResourceId) -> bool:
    return resource_id.key(str(lookup(body, "properties.routeTable.id") or "")) == table.key


def _before(spoke: Spoke, place: ResourceId, observed: Observed) -> ResourceId | None:
    """Return the table that the subnet had before ours, if that is still there."""
    remembered = {name.lower(): table for name, table in spoke.status.previous_route_tables.items()}
    table = remembered.get(place.name.lower())
    return ResourceId.parse(table) if table and observed.get(table) is not None else None
