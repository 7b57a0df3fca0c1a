"""What a managed cluster that somebody else made is like, and the document that attaches it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.model import conditions as c
from shared.model import naming
from shared.model.conditions import Condition
from shared.model.resource_id import ResourceId, same
from shared.plan.resources import managed_cluster

if TYPE_CHECKING:
    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.spoke import Spoke
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

ROUTED = "userDefinedRouting"


def attach_document(name: str, spoke_name: str, cluster_body: Json) -> dict[str, Json]:
    """Return the Cluster document, as JSON, of a managed cluster that was found in a spoke's network."""
    found = ResourceId.parse(cluster_body["id"])
    cluster = found.resource_group.resource(managed_cluster.TYPE, found.name)
    return {
        "apiVersion": "spokewright/v1",
        "kind": "Cluster",
        "metadata": {"name": name, "origin": "event"},
        "spec": {"spoke": spoke_name, "policy": "Attach", "managedClusterId": str(cluster)},
    }


def clusters_network(cluster_body: Json) -> str | None:
    """Return the id of the virtual network that holds the nodes; None where AKS made one, which nobody can peer."""
    subnets = managed_cluster.node_subnets(cluster_body)
    return str(subnets[0].parent) if subnets else None


def findings(cluster: Cluster, related: Related, observed: Observed) -> tuple[Condition, ...]:
    """Return what was found out about an attached cluster, as conditions; nothing for one of our own."""
    spoke, hub = related.spoke, related.hub
    if not cluster.spec.attached or spoke is None or hub is None:
        return ()
    body = observed.get(naming.managed_cluster(cluster, spoke, hub))
    return () if body is None else (_private(body), _egress(body, spoke, hub))


def public(body: Json) -> str:
    """Say that the API server has a public address, and who may call it; empty for a private one."""
    if managed_cluster.is_private(body):
        return ""
    allowed = ", ".join(managed_cluster.authorized_ranges(body)) or "any address"
    return f"the API server is public and answers to {allowed}; its owner has to make a private cluster instead"


def _private(body: Json) -> Condition:
    message = public(body)
    if message:
        return Condition(type=c.API_SERVER_PRIVATE, status="False", reason=c.PUBLIC_API_SERVER, message=message)
    return Condition(type=c.API_SERVER_PRIVATE, status="True", reason=c.PRIVATE_API_SERVER)


def _egress(body: Json, spoke: Spoke, hub: Hub) -> Condition:
    faults = list(_egress_faults(body, spoke, hub))
    if not faults:
        message = f"the nodes' only way out is the firewall of hub {hub.name}"
        return Condition(type=c.EGRESS_ROUTED, status="True", reason=c.ROUTED, message=message)
    message = "; ".join(words for _, words in faults)
    return Condition(type=c.EGRESS_ROUTED, status="False", reason=faults[0][0], message=message)


def _egress_faults(body: Json, spoke: Spoke, hub: Hub) -> Iterator[tuple[str, str]]:
    """Yield what keeps the nodes from going out through the firewall only, as reasons and words."""
    subnets = managed_cluster.node_subnets(body)
    if not subnets:
        yield c.NOT_ROUTED, "the nodes are in a network that AKS made, which cannot be peered or routed"
    routed = [str(subnet) for subnet in spoke.status.outputs.get("subnets", {}).values()]
    open_ = [subnet.name for subnet in subnets if not any(same(str(subnet), known) for known in routed)]
    if open_:
        yield c.NOT_ROUTED, f"subnet {', '.join(open_)} of the nodes has no route table of spoke {spoke.name}"
    firewall, hop = hub.status.outputs.get("firewallPrivateIp"), spoke.status.outputs.get("defaultRoute")
    if hop is None or hop != firewall:
        yield c.NOT_ROUTED, f"spoke {spoke.name} has no route for 0.0.0.0/0 to the firewall of hub {hub.name}"
    outbound = managed_cluster.outbound_type(body)
    if outbound != ROUTED:
        yield c.OTHER_WAY_OUT, f"the outbound type is {outbound}, not {ROUTED}{_trap(outbound)}"


def _trap(outbound: str) -> str:
    """Return what goes wrong with an outbound type behind the firewall's route."""
    if outbound != "loadBalancer":
        return ": the cluster keeps a way out of its own"
    return (
        ": the cluster has a public load balancer, and behind the route to the firewall "
        "the replies to those who call it get lost"
    )
