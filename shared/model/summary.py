"""Documents seen from above: the topology, and who resolves whom. Pure, over stored JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from shared.model import conditions

Json = dict[str, Any]


def condition(document: Json, type_: str) -> Json:
    """Return a document's condition of one type; Unknown where it has none."""
    found = (document.get("status") or {}).get("conditions") or ()
    unknown = {"type": type_, "status": "Unknown", "reason": "", "message": ""}
    return next((one for one in found if one["type"] == type_), unknown)


def is_ready(document: Json) -> bool:
    """Say whether the document is Ready in the generation it has now."""
    current = (document.get("status") or {}).get("observedGeneration") == document["metadata"].get("generation")
    return bool(current) and condition(document, conditions.READY)["status"] == "True"


def topology(documents: Iterable[Json]) -> Json:
    """Return hubs with their spokes with their clusters, and what has no parent, each with its health."""
    known = list(documents)
    hubs = [_node(hub) | {"spokes": _spokes(hub, known)} for hub in _of(known, "Hub")]
    names = {"Hub": {_name(hub) for hub in _of(known, "Hub")}, "Spoke": {_name(spoke) for spoke in _of(known, "Spoke")}}
    orphans = [_node(spoke) for spoke in _of(known, "Spoke") if spoke["spec"]["hub"] not in names["Hub"]]
    orphans += [_node(cluster) for cluster in _of(known, "Cluster") if cluster["spec"]["spoke"] not in names["Spoke"]]
    return {"hubs": hubs, "orphans": orphans}


def _spokes(hub: Json, known: list[Json]) -> list[Json]:
    mine = [spoke for spoke in _of(known, "Spoke") if spoke["spec"]["hub"] == _name(hub)]
    return [_node(spoke) | {"clusters": _clusters(spoke, known)} for spoke in mine]


def _clusters(spoke: Json, known: list[Json]) -> list[Json]:
    return [_node(cluster) for cluster in _of(known, "Cluster") if cluster["spec"]["spoke"] == _name(spoke)]


def _of(known: list[Json], kind: str) -> list[Json]:
    return [document for document in known if document["kind"] == kind]


def _name(document: Json) -> str:
    return str(document["metadata"]["name"])


def _node(document: Json) -> Json:
    ready = condition(document, conditions.READY)
    outputs = (document.get("status") or {}).get("outputs") or {}
    shown = ("firewallPrivateIp", "privateFqdn", "peered")
    return {
        "kind": document["kind"],
        "name": _name(document),
        "ready": ready["status"],
        "reason": ready["reason"],
        "message": ready["message"],
        "outputs": {name: outputs[name] for name in shown if name in outputs},
    }


def resolution(documents: Iterable[Json], cluster: str | None = None, consumer: str | None = None) -> Json:
    """Return one item per cluster: does its name resolve and answer, and what each consumer saw of it, and when.

    With `cluster` only that one; with `consumer` those that it has to resolve, with its row alone.
    """
    known = list(documents)
    hubs = {_name(spoke): str(spoke["spec"]["hub"]) for spoke in _of(known, "Spoke")}
    wanted = (one for one in _of(known, "Cluster") if cluster is None or _name(one) == cluster)
    items = [_seen(one, hubs.get(one["spec"]["spoke"])) for one in wanted]
    return {"items": items if consumer is None else list(_of_consumer(items, consumer))}


def _of_consumer(items: Iterable[Json], name: str) -> Iterator[Json]:
    """Yield the items that a consumer has to resolve, each with its row alone."""
    for item in items:
        rows = [row for row in item["consumers"] if row.get("consumer") == name]
        if rows:
            yield item | {"consumers": rows}


def _seen(cluster: Json, hub: str | None) -> Json:
    status = cluster.get("status") or {}
    outputs = status.get("outputs") or {}
    evidence = outputs.get("verification")
    resolvable = condition(cluster, conditions.API_SERVER_RESOLVABLE)
    reachable = condition(cluster, conditions.API_SERVER_REACHABLE)
    told = evidence or {}
    return {
        "cluster": _name(cluster),
        "hub": hub,
        "from": f"jump server of hub {hub}" if hub else "",
        "name": outputs.get("privateFqdn"),
        "endpointAddress": told.get("endpointAddress") or outputs.get("endpointAddress"),
        "resolves": resolvable["status"],
        "answers": reachable["status"],
        "message": " ".join(one["message"] for one in (resolvable, reachable) if one["message"]),
        "checked": status.get("verifiedAt"),
        "consumers": list(told.get("consumers") or ()),
        "evidence": evidence and {name: value for name, value in told.items() if name != "consumers"},
    }
