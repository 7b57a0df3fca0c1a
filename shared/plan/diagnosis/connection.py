"""Why the API server does not answer on 443 although its name leads to it: the way there, and the API server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.diagnosis import clusters, flow, names, path
from shared.plan.diagnosis.flow import Flow
from shared.plan.diagnosis.link import BrokenLink, Diagnosis, unknown
from shared.plan.diagnosis.path import Way
from shared.plan.probe import Connection

if TYPE_CHECKING:
    from shared.plan.diagnosis.scene import Scene


def obstacle(scene: Scene) -> Diagnosis:
    """Return the first broken link between the machine and the API server."""
    case = scene.case
    match case.probe.connection:
        case Connection.TIMED_OUT | Connection.NO_ROUTE:
            return _way(scene) or clusters.missing(scene) or clusters.stopped(scene) or _silent(scene)
        case Connection.REFUSED:
            return clusters.missing(scene) or clusters.stopped(scene) or _refuses(scene)
        case Connection.NO_NAME:
            return unknown(
                f"nslookup resolves {case.name} on the machine, but its own programs do not",
                "look at the machine's /etc/nsswitch.conf and /etc/resolv.conf: programs ask otherwise than nslookup",
            )
    found = names.of_servers(scene, scene.case.servers)  # One that was asked beside it may still be wrong.
    return found or unknown(
        f"no connection to {case.name}:{flow.HTTPS} was tried: nc printed nothing that could be read",
        "look whether the machine has nc (package netcat-openbsd) and whether run commands work on it",
    )


def _way(scene: Scene) -> Diagnosis | None:
    destination = scene.endpoint
    if destination is None:
        return None
    seat, home = scene.consumer(), scene.network_of(destination, scene.case.home)
    wanted = Flow(seat.source, destination, flow.HTTPS, "TCP", scene.case.name)
    return path.obstacle(Way(scene, seat, wanted, home))


def _refuses(scene: Scene) -> Diagnosis:
    return Diagnosis(
        BrokenLink.API_SERVER_REFUSES,
        f"{scene.endpoint or scene.case.name} is reached and refuses connections on {flow.HTTPS}",
        "wait if the cluster is starting or being updated; else look whether the address still is that of the private "
        "endpoint kube-apiserver, and at the cluster's health in Azure",
    )


def _silent(scene: Scene) -> Diagnosis:
    return unknown(
        f"{scene.case.name} ({scene.endpoint or 'unknown address'}) does not answer on {flow.HTTPS}, and nothing that "
        "could be read of peerings, routes, security groups, firewall and cluster explains it",
        "look at the firewall's log for this connection, at routes of gateways, and at the cluster's health in Azure",
    )
