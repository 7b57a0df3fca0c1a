"""Everything at a glance, as the page and `spokewright topology` draw it. Pure, over stored JSON.

What is not known yet is null; nothing here is guessed. Texts are as Azure or a requester wrote them: whoever shows
them escapes them.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from shared.model import conditions
from shared.model.summary import condition

Json = dict[str, Any]

PEERINGS, LINKS, ROUTES = 500, 1000, 400
"""Azure's limits: peerings of a virtual network, links of a private DNS zone, routes of a route table."""

EVENTS = 50
"""How many of the last lifecycle events are shown."""


def overview(documents: Iterable[Json], events: Sequence[Json]) -> Json:
    """Return hubs with their spokes with their clusters, what has no parent, what is to be approved, what happened."""
    of: dict[str, list[Json]] = defaultdict(list)
    for document in documents:
        of[document["kind"]].append(document)
    spokes, clusters = _by_parent(of["Spoke"], "hub"), _by_parent(of["Cluster"], "spoke")
    known = {_name(spoke) for spoke in of["Spoke"]}
    hubs = [
        _hub(hub) | {"spokes": [_with(clusters, spoke) for spoke in spokes.pop(_name(hub), ())]} for hub in of["Hub"]
    ]
    lost = [_with(clusters, spoke) for orphans in spokes.values() for spoke in orphans]
    lost += [_cluster(cluster) for cluster in of["Cluster"] if cluster["spec"]["spoke"] not in known]
    return {
        "hubs": hubs,
        "orphans": lost,
        "approvals": [_asking(spoke) for spoke in of["Spoke"] if _approval(spoke).get("state") == "asked"],
        "events": list(events[:EVENTS]),
    }


def digest(shown: Json) -> str:
    """Return what changes exactly when something shown changes; the time it was made is no part of it."""
    told = {name: value for name, value in shown.items() if name != "generatedAt"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def _by_parent(documents: list[Json], member: str) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for document in documents:
        found[document["spec"][member]].append(document)
    return found


def _with(clusters: dict[str, list[Json]], spoke: Json) -> Json:
    return _spoke(spoke) | {"clusters": [_cluster(cluster) for cluster in clusters.get(_name(spoke), ())]}


def _hub(hub: Json) -> Json:
    outputs, spec = _outputs(hub), hub["spec"]
    address, zone = outputs.get("firewallPrivateIp"), outputs.get("privateDnsZoneId")
    return _node(hub) | {
        "location": spec["location"],
        "addressSpace": spec["addressSpace"],
        "firewall": {"privateIp": address, "ready": address is not None},
        "jumpServer": {"wanted": spec.get("jumpServer") is not None, "present": "jumpServerId" in outputs},
        "dns": _dns(hub),
        "zone": {"id": zone, "name": zone and zone.rpartition("/")[2]},
        "capacity": {
            "peerings": {"used": outputs.get("peerings"), "limit": PEERINGS},
            "links": {"used": outputs.get("zoneLinks"), "limit": LINKS},
        },
    }


def _dns(hub: Json) -> Json:
    """Return who answers names, and whether they do; the message says how far networks are that change."""
    found = condition(hub, conditions.DNS_SERVERS_ANSWER)
    mode = (hub["spec"].get("dns") or {}).get("mode")
    return {"mode": mode, "answers": found["status"], "reason": found["reason"], "message": found["message"]}


def _spoke(spoke: Json) -> Json:
    status, outputs, approval = spoke.get("status") or {}, _outputs(spoke), _approval(spoke)
    shown = _node(spoke) | {
        "hub": spoke["spec"]["hub"],
        "origin": spoke["metadata"].get("origin", "request"),
        "addressSpace": status.get("addressSpace") or spoke["spec"].get("addressSpace") or [],
        "peered": outputs.get("peered", False),
        "state": _state(spoke),
        "capacity": {"routes": {"used": outputs.get("routes"), "limit": ROUTES}},
    }
    return shown | {"approval": approval} if approval else shown


def _state(spoke: Json) -> str:
    """Return where a spoke is on its way: attached, attaching, leaving, or what was decided about its asking."""
    if spoke["metadata"].get("deletionRequested"):
        return "leaving"
    decided = _approval(spoke).get("state", "approved")
    if decided != "approved":
        return "asking" if decided == "asked" else str(decided)
    return "attached" if _outputs(spoke).get("peered") else "attaching"


def _cluster(cluster: Json) -> Json:
    return _node(cluster) | {
        "spoke": cluster["spec"]["spoke"],
        "policy": cluster["spec"].get("policy", "Manage"),
        "privateFqdn": _outputs(cluster).get("privateFqdn"),
        "resolves": condition(cluster, conditions.API_SERVER_RESOLVABLE)["status"],
        "answers": condition(cluster, conditions.API_SERVER_REACHABLE)["status"],
        "checked": (cluster.get("status") or {}).get("verifiedAt"),
    }


def _asking(spoke: Json) -> Json:
    approval = _approval(spoke)
    return {
        "document": f"Spoke/{_name(spoke)}",
        "hub": approval.get("hub"),
        "addressSpace": approval.get("addressSpace") or [],
        "hash": approval.get("hash"),
        "message": condition(spoke, conditions.APPROVED)["message"],
        "askedAt": approval.get("askedAt"),
        "expiresAt": approval.get("expiresAt"),
        "requestedBy": spoke["metadata"].get("requestedBy"),
    }


def _node(document: Json) -> Json:
    ready = condition(document, conditions.READY)
    seen = (document.get("status") or {}).get("observedGeneration")
    return {
        "kind": document["kind"],
        "name": _name(document),
        "ready": ready["status"],
        "reason": ready["reason"],
        "message": ready["message"],
        "current": seen == document["metadata"].get("generation"),
        "reconciling": condition(document, conditions.RECONCILING)["status"] == "True",
        "deleting": bool(document["metadata"].get("deletionRequested")),
        "drift": _drift(document),
    }


def _drift(document: Json) -> Json:
    found = condition(document, conditions.DRIFTED)
    return {"status": found["status"], "message": found["message"]}


def _outputs(document: Json) -> Json:
    return (document.get("status") or {}).get("outputs") or {}


def _approval(document: Json) -> Json:
    return (document.get("status") or {}).get("approval") or {}


def _name(document: Json) -> str:
    return str(document["metadata"]["name"])
