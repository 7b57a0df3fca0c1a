"""A private cluster's API server as Azure has it now: where its private endpoint is, and whether the cluster runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model import conditions as c
from shared.model import naming
from shared.model.conditions import Condition
from shared.plan.observed import properties
from shared.plan.resources import network_interface
from shared.plan.steps import lookup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.spoke import Spoke
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

NAME = "kube-apiserver"
"""How AKS names the private endpoint of an API server and its network interface."""

ADDRESS, GROUP = "endpointAddress", "nodeResourceGroupId"
"""Outputs of a cluster: the endpoint's address, and the resource group in which it is."""

STOPPED = "Stopped"


def address_in(interfaces: Iterable[Json]) -> str | None:
    """Return the endpoint's address among the network interfaces of a node resource group."""
    for interface in interfaces:
        if NAME in str(interface["name"]).lower():
            found = lookup(interface, "properties.ipConfigurations.0.properties.privateIPAddress")
            return None if found is None else str(found)
    return None


def address(cluster: Cluster, observed: Observed) -> str | None:
    """Return the endpoint's address as it was seen; None where nobody looked, or it is not there."""
    group = cluster.status.outputs.get(GROUP)
    if group is None:
        return None
    kind = f"/providers/{network_interface.TYPE}/".lower()
    return address_in(body for body in observed.within(str(group)) if kind in str(body["id"]).lower())


def has_moved(cluster: Cluster, observed: Observed) -> bool:
    """Say whether the endpoint has another address than the last proof knew: it may move when a cluster starts."""
    now, proof = address(cluster, observed), cluster.status.outputs.get("verification") or {}
    return now is not None and now != proof.get(ADDRESS, now)


def is_stopped(cluster: Cluster, spoke: Spoke, hub: Hub, observed: Observed) -> bool:
    """Say whether somebody stopped the cluster: its API server does not answer then, and that is no fault."""
    body = observed.get(naming.managed_cluster(cluster, spoke, hub))
    return body is not None and (properties(body).get("powerState") or {}).get("code") == STOPPED


def outputs(cluster: Cluster, body: Json, observed: Observed) -> dict[str, Json]:
    """Return where the API server is and, where it does not run, that."""
    power = (properties(body).get("powerState") or {}).get("code")
    found = {ADDRESS: address(cluster, observed), "powerState": power if power == STOPPED else None}
    return {name: value for name, value in found.items() if value is not None}


def findings(cluster: Cluster, spoke: Spoke, hub: Hub, observed: Observed) -> tuple[Condition, ...]:
    """Return that nobody answers because the cluster is stopped; nothing while it runs: then it is asked."""
    if not is_stopped(cluster, spoke, hub, observed):
        return ()
    message = "somebody stopped the cluster, so its API server does not answer; it is asked again when it is started"
    return (Condition(type=c.API_SERVER_REACHABLE, status="Unknown", reason=c.CLUSTER_STOPPED, message=message),)
