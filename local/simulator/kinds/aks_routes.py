"""Routes of kubenet: one per node, for its pods, in the route table of the nodes' subnet.

Where the subnet has no table, AKS makes one in the node resource group and puts it on the subnet. Which node holds
which address is made up: simulated nodes take none of their subnet.
"""

from __future__ import annotations

from ipaddress import ip_network
from itertools import islice
from typing import TYPE_CHECKING

from local.simulator.kind import Json, Resource
from local.simulator.kinds.addressing import free_addresses, taken_addresses
from local.simulator.kinds.aks import POOL_TYPE, section
from local.simulator.kinds.aks_node_group import node_group, node_subnet
from local.simulator.kinds.route_table import ROUTES
from local.simulator.kinds.virtual_network import SUBNETS
from local.simulator.resource import resource_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.simulator.world import World

_TABLES = "Microsoft.Network/routeTables"
_NODE_BITS = 24
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def prepare_table(world: World, cluster: Resource) -> None:
    """Give the nodes' subnet a route table where kubenet needs one and it has none."""
    subnet = _subnet(world, cluster)
    if subnet is None or _table_of(world, subnet) is not None:
        return
    name = f"aks-agentpool-{_number(world, cluster)}-routetable"
    table = resource_id(cluster.id.subscription, node_group(cluster).name, _TABLES, name)
    properties: Json = {
        "provisioningState": "Succeeded",
        "resourceGuid": world.guid("resource", table.key),
        "disableBgpRoutePropagation": False,
    }
    _save(world, Resource(table, {"location": cluster.location, "properties": properties}))
    subnet.properties["routeTable"] = {"id": str(table)}
    _save(world, subnet)
    cluster.state["ownTable"] = str(table)


def write_routes(world: World, cluster: Resource) -> None:
    """Make the routes those of the nodes that there are; the caller saves the cluster."""
    subnet = _subnet(world, cluster)
    table = _table_of(world, subnet) if subnet else None
    if subnet is None or table is None:
        return
    before: dict[str, str] = cluster.state.setdefault("routes", {})
    nodes = list(_nodes(world, cluster))
    for node in [node for node in before if node not in nodes]:
        _remove(world, before.pop(node))
    missing = [node for node in nodes if world.find(before.get(node, "")) is None]
    taken = taken_addresses(world, subnet.id) | _next_hops(world, table)
    addresses = islice(free_addresses(world, subnet.id, taken), len(missing))
    for node, address, pods in zip(missing, addresses, _free_prefixes(world, cluster, table), strict=False):
        route = table.id.child("routes", f"{node}____{pods.replace('.', '').replace('/', '')}")
        properties: Json = {
            "provisioningState": "Succeeded",
            "addressPrefix": pods,
            "nextHopType": "VirtualAppliance",
            "nextHopIpAddress": address,
            "hasBgpOverride": False,
        }
        _save(world, Resource(route, {"properties": properties}))
        before[node] = str(route)


def remove_routes(world: World, cluster: Resource) -> None:
    """Take away the routes of a cluster, and its own table from the subnets that use it."""
    for route in cluster.state.get("routes", {}).values():
        _remove(world, route)
    for subnet in world.referrers(str(cluster.state.get("ownTable", "")), SUBNETS):
        del subnet.properties["routeTable"]
        _save(world, subnet)


def _subnet(world: World, cluster: Resource) -> Resource | None:
    if section(cluster.properties, "networkProfile").get("networkPlugin") != "kubenet":
        return None
    identity = node_subnet(world, cluster)
    return world.find(identity) if identity else None


def _table_of(world: World, subnet: Resource) -> Resource | None:
    return world.find(str((subnet.properties.get("routeTable") or {}).get("id", "")))


def _nodes(world: World, cluster: Resource) -> Iterable[str]:
    """Name the nodes as their scale sets do: the number at the end counts in base 36."""
    number = _number(world, cluster)
    for pool in world.children(cluster.id, POOL_TYPE):
        for index in range(int(pool.properties.get("count") or 0)):
            tail = _DIGITS[index // 36] + _DIGITS[index % 36]
            yield f"aks-{pool.name}-{number}-vmss0000{tail}"


def _free_prefixes(world: World, cluster: Resource, table: Resource) -> Iterable[str]:
    """Cut the pods' range into one prefix per node, without those that the table routes already."""
    used = {str(route.properties.get("addressPrefix")) for route in world.children(table.id, ROUTES)}
    pods = ip_network(str(section(cluster.properties, "networkProfile")["podCidr"]), strict=False)
    length = max(_NODE_BITS, pods.prefixlen)
    return (text for prefix in pods.subnets(new_prefix=length) if (text := str(prefix)) not in used)


def _next_hops(world: World, table: Resource) -> set[str]:
    return {str(route.properties.get("nextHopIpAddress")) for route in world.children(table.id, ROUTES)}


def _number(world: World, cluster: Resource) -> str:
    """Give the eight digits that stand in the names of nodes and of their table."""
    if "number" not in cluster.state:
        chance = world.random("agentpool", cluster.key).random()
        cluster.state["number"] = str(int(chance * 90_000_000) + 10_000_000)
    return str(cluster.state["number"])


def _remove(world: World, route: str) -> None:
    found = world.find(route)
    if found is not None:
        world.remove(found.id)
        world.announce(found.id, "delete")


def _save(world: World, resource: Resource) -> None:
    world.save(resource)
    world.announce(resource.id, "write")
