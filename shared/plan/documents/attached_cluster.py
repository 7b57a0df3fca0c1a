"""What a Cluster with policy Attach owns: links of the API server's zone, so that the hub resolves its name.

The cluster and its zone are somebody else's and are never written. Which zone it is, only the cluster says; once a
link of ours may be in it, the zone is remembered in the outputs, because the cluster may go before its document does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model import conditions, naming
from shared.model.resource_id import ResourceId, same
from shared.plan import attachment, endpoint, words
from shared.plan.desired import Desired
from shared.plan.dns import servers
from shared.plan.documents import ownership, zone_links
from shared.plan.observed import Read, properties, settled, succeeded
from shared.plan.resources import managed_cluster, network_interface, virtual_network_link
from shared.plan.steps import Wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.spoke import Spoke
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

ZONE_OUTPUT = "privateDnsZoneId"


def reads(cluster: Cluster, spoke: Spoke, hub: Hub) -> Iterator[Read]:
    """Yield what has to be asked: the cluster, and its zone where it is known already."""
    yield Read("", str(naming.managed_cluster(cluster, spoke, hub)))
    if endpoint.GROUP in cluster.status.outputs:
        yield Read(network_interface.TYPE, str(cluster.status.outputs[endpoint.GROUP]))
    remembered = _remembered(cluster)
    if remembered is not None and not _is_hubs(remembered, hub):
        yield from _zone_reads(remembered)


def further_reads(cluster: Cluster, spoke: Spoke, hub: Hub, related: Related, observed: Observed) -> Iterator[Read]:
    """Yield the questions about the zone that the cluster names, where it is not the remembered one."""
    zone = _current(cluster, spoke, hub, observed)
    if cluster.deleting or zone is None or _rival(zone, cluster, hub, related) is not None:
        return
    remembered = _remembered(cluster)
    if _is_hubs(zone, hub):
        return
    if remembered is None or remembered.key != zone.key:
        yield from _zone_reads(zone)
    yield from zone_links.further_reads(zone, servers.linked_networks(hub, related.spokes), observed)


def _zone_reads(zone: ResourceId) -> Iterator[Read]:
    yield Read("", str(zone))
    yield Read(virtual_network_link.TYPE, str(zone))


def _remembered(cluster: Cluster) -> ResourceId | None:
    found = cluster.status.outputs.get(ZONE_OUTPUT)
    return None if found is None else ResourceId.parse(found)


def _current(cluster: Cluster, spoke: Spoke, hub: Hub, observed: Observed) -> ResourceId | None:
    """Return the zone that the cluster names now; None where it names none, or is gone."""
    identity = naming.managed_cluster(cluster, spoke, hub)
    body = observed.get(identity)
    if body is None or not managed_cluster.has_zone(body):
        return None
    return managed_cluster.zone(identity, body) or _remembered(cluster)


def _is_hubs(zone: ResourceId, hub: Hub) -> bool:
    """Say whether this is the hub's own zone, whose links are the hub's."""
    return zone.key == naming.private_dns_zone(hub).key


def _rival(zone: ResourceId, cluster: Cluster, hub: Hub, related: Related) -> ResourceId | None:
    """Return another zone of the same name that the hub's network is linked to: Azure allows one of a name."""
    before = [other for other in related.neighbours if not other.deleting and _rank(other) < _rank(cluster)]
    theirs = [found for found in map(_remembered, before) if found is not None]
    others = (found for found in (naming.private_dns_zone(hub), *theirs) if found.name.lower() == zone.name.lower())
    return next((found for found in others if found.key != zone.key), None)


def _rank(cluster: Cluster) -> tuple[bool, str]:
    """Return the order of clusters that share a zone: the first one's document writes the links."""
    return cluster.spec.attached, cluster.name


def _sharers(zone: ResourceId, related: Related) -> list[Cluster]:
    """Return the other clusters that need the links of a zone."""
    staying = (other for other in related.neighbours if not other.deleting)
    return [other for other in staying if same(str(other.status.outputs.get(ZONE_OUTPUT)), str(zone))]


def desired(cluster: Cluster, spoke: Spoke, hub: Hub, related: Related, observed: Observed) -> Iterator[Desired]:
    """Yield the links that are wanted, those that are no more, and the cluster, which is only looked at."""
    zone = _current(cluster, spoke, hub, observed)
    for link in _stale(cluster, zone, hub, related, observed):
        yield Desired(link, {}, broken=f"{words.name(link)} is of no use any more: its cluster does not use that zone")
    if cluster.deleting:
        return
    identity = naming.managed_cluster(cluster, spoke, hub)
    body = observed.get(identity)
    if body is None or succeeded(body) or not settled(body):
        # What failed at AKS is its owner's to mend; the plan would mend it by a write.
        yield Desired(identity, {}, adopted=True)
    if zone is None or _is_hubs(zone, hub) or observed.get(zone) is None:
        return
    first = all(_rank(cluster) < _rank(other) for other in _sharers(zone, related))
    if first and _rival(zone, cluster, hub, related) is None:
        waiting = Wait(conditions.HUB_NOT_READY, f"the network of hub {hub.name} does not exist yet", str(hub.key))
        blocked = None if "virtualNetworkId" in hub.status.outputs else waiting
        networks = servers.linked_networks(hub, related.spokes)
        yield from zone_links.desired(zone, networks, ownership.tags(cluster), observed, blocked=blocked)


def _stale(
    cluster: Cluster, zone: ResourceId | None, hub: Hub, related: Related, observed: Observed
) -> list[ResourceId]:
    """Return our links that only this cluster needed, and does not need any more."""
    networks = servers.linked_networks(hub, related.spokes)
    kept = None if cluster.deleting or zone is None else zone.key
    before = _remembered(cluster)
    found = (
        ResourceId.parse(str(link["id"]))
        for link in ([] if before is None else zone_links.of_zone(observed, before))
        if zone_links.is_ours(link) and any(zone_links.leads_to(link, network) for network in networks)
    )
    return [
        link
        for link in found
        if link.parent.key != kept and not _is_hubs(link.parent, hub) and not _sharers(link.parent, related)
    ]


def waits(cluster: Cluster, spoke: Spoke, hub: Hub, related: Related, observed: Observed) -> Iterator[Wait]:
    """Yield what only somebody else can mend: a public API server, a zone that cannot be linked."""
    identity = naming.managed_cluster(cluster, spoke, hub)
    body = observed.get(identity)
    if body is None:
        return
    message = attachment.public(body)
    if message:
        yield Wait(conditions.PUBLIC_API_SERVER, message)
    zone = _current(cluster, spoke, hub, observed)
    if zone is None or _is_hubs(zone, hub):
        return
    rival = _rival(zone, cluster, hub, related)
    if rival is not None:
        message = f"the network of hub {hub.name} can be linked to one zone of a name, and has {rival}, so not {zone}"
        advice = "make the cluster with the hub's zone, or with a zone one label below it"
        yield Wait(conditions.ZONE_NAME_TAKEN, f"{message}; {advice}")
    elif observed.get(zone) is None and settled(body):
        message = f"the private DNS zone {zone}, which the cluster names, is not there, or is hidden from Spokewright"
        yield Wait(conditions.RESOURCE_MISSING, f"{message}; its owner has to make it, or to grant reading it")


def outputs(cluster: Cluster, spoke: Spoke, hub: Hub, related: Related, observed: Observed) -> dict[str, Json]:
    """Return what verification and people need, and the zone in which links of ours may be."""
    found: dict[str, Json] = {}
    identity = naming.managed_cluster(cluster, spoke, hub)
    body = observed.get(identity)
    if body is not None:
        group = managed_cluster.node_group(identity, body)
        names = {"privateFqdn": properties(body).get("privateFQDN"), "fqdn": properties(body).get("fqdn")}
        names |= {endpoint.GROUP: None if group is None else str(group)}
        found = {"clusterId": str(identity)} | {name: value for name, value in names.items() if value}
        found |= endpoint.outputs(cluster, body, observed)
    zone = _current(cluster, spoke, hub, observed)
    stale = _stale(cluster, zone, hub, related, observed)
    if stale or zone is not None:
        found[ZONE_OUTPUT] = str(stale[0].parent if stale else zone)
    return found
