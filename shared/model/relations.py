"""Rules between documents: networks that are or will be peered must not overlap, and pods must not hide them.

Pure. A document that is not there yet is no problem: the one that names it waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared.model import addressing, naming
from shared.model.cluster import Cluster
from shared.model.errors import Problem
from shared.model.hub import Hub
from shared.model.problems import join
from shared.model.resource_id import same
from shared.model.spoke import Spoke

if TYPE_CHECKING:
    from shared.model.document import Document


@dataclass(frozen=True, slots=True)
class Range:
    """An address range that a document has: where it says so, and what it is."""

    path: str
    what: str
    network: IPv4Network


def check(document: Document, others: Iterable[Document]) -> tuple[Problem, ...]:
    """Return what is wrong between the document and the others; paths are of the document, beginning with `$`."""
    known = [other for other in others if other.key != document.key]
    match document:
        case Hub():
            return tuple(_check_hub(document, known))
        case Spoke():
            return tuple(_check_spoke(document, known))
        case Cluster():
            return tuple(_check_cluster(document, known))


def _check_hub(hub: Hub, others: list[Document]) -> Iterator[Problem]:
    spokes = _spokes(hub.name, others)
    for spoke in spokes:
        yield from _overlaps(_hub_space(hub), _spoke_space(spoke))
    for cluster in _clusters(spokes, others):
        yield from _overlaps([*_hub_space(hub), *_pool(hub)], _inner(cluster))
        for problem in _unlinkable(cluster, hub):
            yield Problem("$.spec.dns", f"{cluster.key}: {problem.message}")


def _check_spoke(spoke: Spoke, others: list[Document]) -> Iterator[Problem]:
    hub = _hub(spoke.spec.hub, others)
    siblings = _spokes(spoke.spec.hub, others)
    for sibling in siblings:
        yield from _overlaps(_spoke_space(spoke), _spoke_space(sibling))
        yield from _adopted_twice(spoke, sibling)
    for cluster in _clusters([spoke, *siblings], others):
        yield from _overlaps(_spoke_space(spoke), _inner(cluster))
    if hub is not None:
        yield from _overlaps(_spoke_space(spoke), _hub_space(hub))
        yield from _allocation(spoke, hub)


def _check_cluster(cluster: Cluster, others: list[Document]) -> Iterator[Problem]:
    spoke = next((other for other in others if isinstance(other, Spoke) and other.name == cluster.spec.spoke), None)
    if spoke is None:
        return
    yield from _attached_twice(cluster, others)
    if cluster.spec.managed_cluster_id is not None:
        return
    yield from _subnet(cluster, spoke)
    for near in _spokes(spoke.spec.hub, others):
        yield from _overlaps(_inner(cluster), _spoke_space(near))
    hub = _hub(spoke.spec.hub, others)
    if hub is not None:
        yield from _overlaps(_inner(cluster), [*_hub_space(hub), *_pool(hub)])
        yield from _region(cluster, spoke, hub)
        yield from _unlinkable(cluster, hub)


def _overlaps(ours: Iterable[Range], theirs: Iterable[Range]) -> Iterator[Problem]:
    held = list(theirs)
    for mine in ours:
        for other in held:
            if mine.network.overlaps(other.network):
                message = f"{mine.network} overlaps {other.network}, {other.what}; use another range"
                yield Problem(mine.path, message)


def _hub_space(hub: Hub) -> list[Range]:
    what = f"the address space of {hub.key}"
    return [Range(f"$.spec.addressSpace[{index}]", what, block) for index, block in enumerate(hub.spec.address_space)]


def _pool(hub: Hub) -> list[Range]:
    pool = hub.spec.spoke_pool
    return [] if pool is None else [Range("$.spec.spokePool", f"the spoke pool of {hub.key}", pool)]


def _spoke_space(spoke: Spoke) -> list[Range]:
    """Return the given address space, or the one that was allocated or found in the adopted network."""
    what = f"the address space of {spoke.key}"
    if spoke.spec.address_space:
        given = enumerate(spoke.spec.address_space)
        return [Range(f"$.spec.addressSpace[{index}]", what, block) for index, block in given]
    path = "$.spec.virtualNetworkId" if spoke.spec.adopted else "$.spec.addressSpace"
    return [Range(path, what, block) for block in spoke.status.address_space]


def _inner(cluster: Cluster) -> list[Range]:
    if cluster.spec.managed_cluster_id is not None:
        return []  # Its ranges are its maker's, and not in the document.
    network = cluster.spec.network
    return [
        Range("$.spec.network.podCidr", f"the pods of {cluster.key}", network.pod_cidr),
        Range("$.spec.network.serviceCidr", f"the services of {cluster.key}", network.service_cidr),
    ]


def _adopted_twice(spoke: Spoke, sibling: Spoke) -> Iterator[Problem]:
    mine, theirs = spoke.spec.virtual_network_id, sibling.spec.virtual_network_id
    if mine is not None and theirs is not None and same(mine, theirs):
        yield Problem("$.spec.virtualNetworkId", f"the network is {sibling.key} already; a network joins a hub once")


def _attached_twice(cluster: Cluster, others: Iterable[Document]) -> Iterator[Problem]:
    mine = cluster.spec.managed_cluster_id
    for other in others:
        theirs = other.spec.managed_cluster_id if isinstance(other, Cluster) else None
        if mine is not None and theirs is not None and same(mine, theirs):
            yield Problem("$.spec.managedClusterId", f"the cluster is {other.key} already; it is attached once")


def _allocation(spoke: Spoke, hub: Hub) -> Iterator[Problem]:
    """Judge a spoke that takes a block of the pool: that there is a pool, and that its subnets fit in a block."""
    if spoke.spec.adopted or spoke.spec.address_space:
        return
    if hub.spec.spoke_pool is None:
        yield Problem("$.spec.addressSpace", f"is required, because {hub.key} has no spokePool; add it")
        return
    block = addressing.first_free([hub.spec.spoke_pool], hub.spec.spoke_prefix_length, ())
    if block is None or spoke.status.address_space:
        return
    for index, subnet in enumerate(spoke.spec.subnets):
        if subnet.address_prefix is not None:
            message = "a given prefix needs a given address space; add addressSpace, or use prefixLength"
            yield Problem(f"$.spec.subnets[{index}].addressPrefix", message)
            return
    for steps, message in spoke.spec.subnet_faults([block]):
        yield Problem(join("$.spec", *steps), message)


def _subnet(cluster: Cluster, spoke: Spoke) -> Iterator[Problem]:
    """Judge the cluster's subnet: that the spoke has it for nodes, and that all nodes find an address in it."""
    name = cluster.spec.subnet
    subnet = next((subnet for subnet in spoke.spec.subnets if subnet.name.lower() == name.lower()), None)
    if subnet is None or subnet.role != "nodes":
        nodes = ", ".join(subnet.name for subnet in spoke.spec.subnets if subnet.role == "nodes") or "none"
        yield Problem("$.spec.subnet", f"{spoke.key} has no subnet '{name}' with role nodes (it has: {nodes})")
        return
    space = spoke.spec.address_space or spoke.status.address_space
    prefix = None if spoke.spec.adopted or not space else spoke.spec.layout(space).placed.get(subnet.name)
    if prefix is not None and cluster.spec.most_nodes >= addressing.usable(prefix):
        room = addressing.usable(prefix)
        message = f"subnet {name} ({prefix}) has {room} addresses, one of them for the API server's private endpoint"
        yield Problem("$.spec.nodePools", f"{message}; {cluster.spec.most_nodes} nodes do not fit")


def _region(cluster: Cluster, spoke: Spoke, hub: Hub) -> Iterator[Problem]:
    """Judge that a shared zone is of the cluster's region, because its name says the region."""
    location = naming.spoke_location(spoke, hub)
    if cluster.spec.private_dns.mode == "shared" and location != hub.spec.location:
        message = f"the zone of {hub.key} is for {hub.spec.location}, but the cluster is in {location}"
        yield Problem("$.spec.privateDns.mode", f"{message}; use subzone or system")


def _unlinkable(cluster: Cluster, hub: Hub) -> Iterator[Problem]:
    """Judge that a zone of the cluster's own can be linked to whoever has to resolve it, before its nodes have to."""
    private, dns = cluster.spec.private_dns, hub.spec.dns
    if private.mode == "system" and cluster.spec.node_resource_group.restriction_level == "ReadOnly":
        message = "AKS makes the zone in the node resource group, which ReadOnly closes, so the hub cannot be linked"
        yield Problem("$.spec.privateDns.mode", f"{message}; use shared or subzone, or Unrestricted")
    if private.mode not in ("system", "subzone") or dns.mode != "external" or dns.server_networks:
        return
    outside = [address for address in dns.custom_servers if not addressing.holds(hub.spec.address_space, address)]
    if outside:
        message = (
            f"DNS server {outside[0]} of {hub.key} is in a network that is not named, so no zone can be linked to it"
        )
        advice = "name it in the hub's dns.serverNetworks, or use shared"
        yield Problem("$.spec.privateDns.mode", f"{message}, and nodes would not find the API server; {advice}")


def _hub(name: str, documents: Iterable[Document]) -> Hub | None:
    return next((document for document in documents if isinstance(document, Hub) and document.name == name), None)


def _spokes(hub: str, documents: Iterable[Document]) -> list[Spoke]:
    return [document for document in documents if isinstance(document, Spoke) and document.spec.hub == hub]


def _clusters(spokes: Iterable[Spoke], documents: Iterable[Document]) -> list[Cluster]:
    names = {spoke.name for spoke in spokes}
    return [document for document in documents if isinstance(document, Cluster) and document.spec.spoke in names]
