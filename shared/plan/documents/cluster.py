"""What a Cluster owns: its identity and roles, the managed cluster, and the zone and links that only it needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.model import conditions, naming
from shared.model.resource_id import ResourceId
from shared.plan import endpoint
from shared.plan.desired import Desired
from shared.plan.dns import rollout, servers
from shared.plan.documents import attached_cluster, zone_links
from shared.plan.documents.ownership import tags
from shared.plan.observed import Read, properties, stands
from shared.plan.resources import (
    managed_cluster,
    network_interface,
    private_dns_zone,
    resource_group,
    role_assignment,
    user_assigned_identity,
    virtual_network_link,
)
from shared.plan.steps import Wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.spoke import Spoke
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

NETWORK, ZONE = "Network Contributor", "Private DNS Zone Contributor"


def reads(cluster: Cluster, related: Related) -> Iterator[Read]:
    """Yield what has to be asked."""
    spoke, hub = related.spoke, related.hub
    if spoke is None or hub is None:
        return
    if cluster.spec.attached:
        yield from attached_cluster.reads(cluster, spoke, hub)
        return
    group = str(naming.cluster_group(cluster, spoke, hub))
    if _owns_group(cluster, spoke, hub):
        yield Read("", group)
    yield Read(managed_cluster.TYPE, group)
    yield Read(user_assigned_identity.TYPE, group)
    for assignment in _assignments(cluster, spoke, hub):
        yield Read("", str(assignment.id))
    nodes = cluster.status.outputs.get(endpoint.GROUP)
    if nodes is not None:
        yield Read(network_interface.TYPE, str(nodes))
    match cluster.spec.private_dns.mode:
        case "subzone":
            zone = naming.private_dns_subzone(cluster, spoke, hub)
            yield Read("", str(zone))
            yield Read(virtual_network_link.TYPE, str(zone))
        case "system":
            # While the cluster is being made nobody but Azure knows the zone's name.
            yield Read(private_dns_zone.TYPE, str(nodes or naming.node_group(cluster, spoke, hub)))


def further_reads(cluster: Cluster, related: Related, observed: Observed) -> Iterator[Read]:
    """Yield what the answers raise: an attached cluster names its zone, and a zone has links."""
    spoke, hub = related.spoke, related.hub
    if spoke is None or hub is None:
        return
    if cluster.spec.attached:
        yield from attached_cluster.further_reads(cluster, spoke, hub, related, observed)
        return
    zone = _own_zone(cluster, spoke, hub, observed)
    if zone is None:
        return
    if cluster.spec.private_dns.mode == "system":
        yield Read(virtual_network_link.TYPE, str(zone))
    elif not cluster.deleting:
        yield from zone_links.further_reads(zone, servers.linked_networks(hub, related.spokes), observed)


def desired(cluster: Cluster, related: Related, observed: Observed) -> list[Desired]:
    """Return everything the cluster should have, whatever is there; nothing while its spoke or hub is unknown."""
    spoke, hub = related.spoke, related.hub
    if spoke is None or hub is None:
        return []
    if cluster.spec.attached:
        return list(attached_cluster.desired(cluster, spoke, hub, related, observed))
    marks = tags(cluster)
    resources = []
    if _owns_group(cluster, spoke, hub):
        group = naming.cluster_group(cluster, spoke, hub)
        resources.append(resource_group.desired(group, naming.spoke_location(spoke, hub), marks))
    resources += _zone(cluster, related, observed, marks)
    resources += _managed(cluster, related, observed, marks)
    return resources


def _owns_group(cluster: Cluster, spoke: Spoke, hub: Hub) -> bool:
    return naming.cluster_group(cluster, spoke, hub).key != naming.spoke_group(spoke, hub).key


def _managed(cluster: Cluster, related: Related, observed: Observed, marks: dict[str, str]) -> Iterator[Desired]:
    spoke, hub = _place(related)
    location = naming.spoke_location(spoke, hub)
    identity = naming.cluster_identity(cluster, spoke, hub)
    yield user_assigned_identity.desired(identity, location, marks, blocked=_homeless(cluster, spoke, hub))
    assignments = list(_assignments(cluster, spoke, hub))
    yield from assignments
    zone = _zone_of(cluster, spoke, hub)
    own = () if cluster.spec.private_dns.mode != "subzone" else _zone(cluster, related, observed, marks)
    yield managed_cluster.desired(
        naming.managed_cluster(cluster, spoke, hub),
        cluster,
        location,
        marks,
        identity=identity,
        subnet=naming.spoke_subnet(spoke, hub, cluster.spec.subnet),
        private_dns_zone=cluster.spec.private_dns.mode if zone is None else str(zone),
        node_resource_group=naming.node_group(cluster, spoke, hub).name,
        # A zone that is there before the cluster is linked before it, or its nodes would not find the API server.
        needs=(*(assignment.id for assignment in assignments), *(piece.id for piece in own)),
        blocked=_blocked(cluster, spoke, hub),
    )


def _place(related: Related) -> tuple[Spoke, Hub]:
    """Return spoke and hub of a cluster that has both; without them nothing is planned."""
    spoke: Any = related.spoke
    hub: Any = related.hub
    return spoke, hub


def _homeless(cluster: Cluster, spoke: Spoke, hub: Hub) -> Wait | None:
    """Return why nothing can be put into the cluster's resource group yet: it is the spoke's, and is not there."""
    if _owns_group(cluster, spoke, hub) or "resourceGroupId" in spoke.status.outputs:
        return None
    return _incomplete(spoke)


def _assignments(cluster: Cluster, spoke: Spoke, hub: Hub) -> Iterator[Desired]:
    """Yield the roles without which AKS refuses the cluster, each waiting for its scope to exist."""
    identity = naming.cluster_identity(cluster, spoke, hub)
    pending = _incomplete(spoke)
    there = spoke.status.outputs
    for output, scope in (
        ("virtualNetworkId", naming.spoke_network(spoke, hub)),
        ("routeTableId", naming.spoke_route_table(spoke, hub)),
    ):
        yield role_assignment.desired(scope, NETWORK, identity, blocked=None if output in there else pending)
    zone = _zone_of(cluster, spoke, hub)
    if zone is not None:
        missing = cluster.spec.private_dns.mode == "shared" and "privateDnsZoneId" not in hub.status.outputs
        waiting = Wait(
            conditions.HUB_NOT_READY, f"the private DNS zone of hub {hub.name} does not exist yet", str(hub.key)
        )
        yield role_assignment.desired(zone, ZONE, identity, blocked=waiting if missing else None)


def _incomplete(spoke: Spoke) -> Wait:
    return Wait(conditions.SPOKE_NOT_READY, f"the network of spoke {spoke.name} is not complete yet", str(spoke.key))


def _blocked(cluster: Cluster, spoke: Spoke, hub: Hub) -> Wait | None:
    """Return why the cluster cannot be created yet: a cluster that cannot get out or be found never becomes ready."""
    there = spoke.status.outputs
    lacks = {
        "its peering with the hub": "peered" in there,
        "its route to the firewall": "defaultRoute" in there,
        f"subnet {cluster.spec.subnet} with its route table": cluster.spec.subnet.lower()
        in map(str.lower, there.get("subnets", {})),
    }
    missing = [name for name, done in lacks.items() if not done]
    if missing:
        return Wait(conditions.SPOKE_NOT_READY, f"spoke {spoke.name} lacks {', '.join(missing)}", str(spoke.key))
    if "clusterId" in cluster.status.outputs:
        return None  # Names that do not resolve any more are the proof's to say.
    if cluster.spec.private_dns.mode == "shared" and "privateDnsZoneLinkId" not in hub.status.outputs:
        message = f"the private DNS zone of hub {hub.name} is not linked to the networks of its DNS servers yet"
        return Wait(conditions.HUB_NOT_READY, message, str(hub.key))
    if not rollout.settled(hub, spoke):
        message = f"the network of spoke {spoke.name} does not have the DNS servers of hub {hub.name} yet, proven ones"
        return Wait(conditions.DNS_NOT_PROVEN, message, str(hub.key))
    return None


def _zone_of(cluster: Cluster, spoke: Spoke, hub: Hub) -> ResourceId | None:
    """Return the bring-your-own zone that the cluster is told to use; None where AKS makes one, or none is."""
    match cluster.spec.private_dns.mode:
        case "shared":
            return naming.private_dns_zone(hub)
        case "subzone":
            return naming.private_dns_subzone(cluster, spoke, hub)
        case _:
            return None


def _own_zone(cluster: Cluster, spoke: Spoke, hub: Hub, observed: Observed) -> ResourceId | None:
    """Return the zone whose links are this cluster's: its subzone, or the one AKS made in the node resource group."""
    match cluster.spec.private_dns.mode:
        case "subzone":
            return naming.private_dns_subzone(cluster, spoke, hub)
        case "system":
            return _made_zone(cluster, spoke, hub, observed)
        case _:
            return None


def _made_zone(cluster: Cluster, spoke: Spoke, hub: Hub, observed: Observed) -> ResourceId | None:
    """Return the zone that AKS made: seen in the node resource group, or remembered by the API server's name."""
    group = naming.node_group(cluster, spoke, hub)
    below = f".{naming.private_dns_zone_name(naming.spoke_location(spoke, hub))}"
    for body in observed.within(group):
        seen = ResourceId.parse(str(body["id"]))
        if seen.type.lower() == private_dns_zone.TYPE.lower() and seen.name.lower().endswith(below):
            return group.resource(private_dns_zone.TYPE, seen.name)
    _, _, zone = str(cluster.status.outputs.get("privateFqdn") or "").partition(".")
    return group.resource(private_dns_zone.TYPE, zone) if zone else None


def _zone(cluster: Cluster, related: Related, observed: Observed, marks: dict[str, str]) -> Iterator[Desired]:
    """Yield the zone that is this cluster's own, where we make it, and its links to whoever has to resolve it."""
    spoke, hub = _place(related)
    zone = _own_zone(cluster, spoke, hub, observed)
    if zone is None:
        return
    if cluster.spec.private_dns.zone_id is not None:
        yield Desired(zone, {}, adopted=True)
    elif cluster.spec.private_dns.mode == "subzone":
        yield replace(private_dns_zone.desired(zone, marks), blocked=_homeless(cluster, spoke, hub))
    waiting = Wait(conditions.HUB_NOT_READY, f"the network of hub {hub.name} does not exist yet", str(hub.key))
    blocked = None if "virtualNetworkId" in hub.status.outputs else waiting
    networks = servers.linked_networks(hub, related.spokes)
    yield from zone_links.desired(zone, networks, marks, observed, blocked=blocked)


def awaits_zone(cluster: Cluster, spoke: Spoke, hub: Hub, observed: Observed) -> bool:
    """Say whether AKS is about to make a zone, without whose link to the DNS servers' network no node finds the API.

    With Azure's own resolver in the spoke there is no hurry: AKS links the zone to the cluster's own network.
    """
    if cluster.deleting or cluster.spec.attached or cluster.spec.private_dns.mode != "system":
        return False
    served = hub.spec.dns.answered_by_servers or rollout.has(spoke)
    if not served or "clusterId" in cluster.status.outputs:
        return False
    zone = _made_zone(cluster, spoke, hub, observed)
    networks = servers.linked_networks(hub, ())
    linked = zone is not None and all(zone_links.made(zone, network, observed) is not None for network in networks)
    # What AKS began goes on, whatever became of its surroundings.
    begun = observed.get(naming.managed_cluster(cluster, spoke, hub)) is not None
    return not linked and (begun or _blocked(cluster, spoke, hub) is None)


def waits(cluster: Cluster, related: Related, observed: Observed) -> Iterator[Wait]:
    """Yield what is not the cluster's own to do."""
    name = cluster.spec.spoke
    if related.spoke is None:
        yield Wait(conditions.SPOKE_MISSING, f"there is no spoke {name}", f"Spoke/{name}")
    elif related.hub is None:
        hub = related.spoke.spec.hub
        yield Wait(conditions.HUB_MISSING, f"there is no hub {hub}, which spoke {name} names", f"Hub/{hub}")
    elif cluster.spec.attached:
        yield from attached_cluster.waits(cluster, related.spoke, related.hub, related, observed)


def outputs(cluster: Cluster, related: Related, observed: Observed) -> dict[str, Json]:
    """Return what verification and people need, of what is there and done; the last verification is kept."""
    spoke, hub = related.spoke, related.hub
    if spoke is None or hub is None:
        return {}
    kept = {name: value for name, value in cluster.status.outputs.items() if name == "verification"}
    if cluster.spec.attached:
        return attached_cluster.outputs(cluster, spoke, hub, related, observed) | kept
    zone = _own_zone(cluster, spoke, hub, observed)
    if zone is not None:
        kept[attached_cluster.ZONE_OUTPUT] = str(zone)
    identity = naming.managed_cluster(cluster, spoke, hub)
    body = observed.get(identity)
    if body is None or not stands(body, known="clusterId" in cluster.status.outputs):
        return kept
    found = {"clusterId": str(identity)} | kept
    for name, member in (("privateFqdn", "privateFQDN"), ("fqdn", "fqdn")):
        if properties(body).get(member):
            found[name] = properties(body)[member]
    group = properties(body).get("nodeResourceGroup")
    if group:
        found[endpoint.GROUP] = str(ResourceId.of_group(identity.subscription, group))
    return found | endpoint.outputs(cluster, body, observed)
