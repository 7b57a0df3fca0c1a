"""The managed cluster behind the name: whether it is there, and whether it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.diagnosis import bodies
from shared.plan.diagnosis.link import BrokenLink, Diagnosis
from shared.plan.resources import managed_cluster

if TYPE_CHECKING:
    from shared.plan.diagnosis.scene import Scene
    from shared.plan.steps import Json

NAMES = ("privateFQDN", "fqdn")


def find(scene: Scene) -> Json | None:
    """Return the cluster's body: by its id, else by the API server's name; None where it was not read."""
    case = scene.case
    if case.cluster is not None:
        return scene.observed.get(case.cluster)
    for body in scene.observed:
        found = bodies.parsed(body.get("id"))
        if found is not None and found.type.lower() == managed_cluster.TYPE.lower():
            names = (bodies.text(bodies.bag(body).get(name)).lower() for name in NAMES)
            if case.name.lower() in names:
                return body
    return None


def missing(scene: Scene) -> Diagnosis | None:
    """Return that the cluster is gone."""
    cluster = scene.case.cluster
    if cluster is None or not scene.observed.gone(cluster):
        return None
    return Diagnosis(
        BrokenLink.CLUSTER_MISSING,
        f"managed cluster {cluster.name} is not there any more",
        f"delete what still names {scene.case.name}, or make the cluster anew",
    )


def stopped(scene: Scene) -> Diagnosis | None:
    """Return that the cluster is stopped: its API server answers nobody then."""
    body = find(scene)
    power = bodies.text(bodies.member(bodies.bag(body), "powerState").get("code")).lower()
    found = bodies.parsed(body.get("id")) if isinstance(body, dict) else None
    if power != "stopped" or found is None:
        return None
    return Diagnosis(
        BrokenLink.API_SERVER_STOPPED,
        f"managed cluster {found.name} is stopped, so its API server does not answer",
        f"start it: az aks start --resource-group {found.group} --name {found.name}; its address may change by that",
    )
