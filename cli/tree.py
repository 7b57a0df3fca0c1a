"""The overview as trees: hubs, on which spokes hang, on which clusters hang. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One document: what it is called, how it is, a few words about it, what hangs on it."""

    label: str
    ready: str
    reason: str
    detail: str
    marks: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()


def forest(overview: Json) -> list[Node]:
    """Return a tree for each hub, and for each document whose parent does not exist."""
    hubs = [_hub(hub) for hub in overview.get("hubs") or ()]
    return hubs + [_orphan(one) for one in overview.get("orphans") or ()]


def _hub(hub: Json) -> Node:
    address = (hub.get("firewall") or {}).get("privateIp")
    jump = (hub.get("jumpServer") or {}).get("present")
    peerings = ((hub.get("capacity") or {}).get("peerings") or {}).get("used")
    details = [
        _listed(hub.get("addressSpace")),
        f"firewall {address}" if address else "no firewall address yet",
        "jump server" if jump else "no jump server",
        _names(hub.get("dns") or {}),
        "" if peerings is None else f"peerings: {peerings}",
    ]
    return _node("hub", hub, details, tuple(_spoke(spoke) for spoke in hub.get("spokes") or ()))


def _names(dns: Json) -> str:
    """Return who answers names where it is not Azure itself, and whether they do."""
    mode, answers = str(dns.get("mode") or "azure"), str(dns.get("answers"))
    said = {"True": "", "False": ", which fails"}.get(answers, ", not proven")
    return "" if mode == "azure" else f"dns by {mode}{said}"


def _spoke(spoke: Json) -> Node:
    shown = [_listed(spoke.get("addressSpace")), str(spoke.get("state") or "")]
    return _node("spoke", spoke, shown, tuple(_cluster(cluster) for cluster in spoke.get("clusters") or ()))


def _cluster(cluster: Json) -> Node:
    seen = {"True": "resolves", "False": "does not resolve"}.get(str(cluster.get("resolves")), "")
    return _node("cluster", cluster, [str(cluster.get("privateFqdn") or ""), seen], ())


def _orphan(one: Json) -> Node:
    found = _spoke(one) if "clusters" in one or one.get("kind") == "Spoke" else _cluster(one)
    return Node(found.label, found.ready, found.reason, found.detail, ("its parent does not exist",), found.children)


def _node(kind: str, one: Json, details: list[str], children: tuple[Node, ...]) -> Node:
    marks = ("drifted",) if (one.get("drift") or {}).get("status") == "True" else ()
    detail = ", ".join(part for part in details if part)
    ready = str(one.get("ready") or "Unknown")
    return Node(f"{kind}/{one.get('name')}", ready, str(one.get("reason") or ""), detail, marks, children)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else ""
