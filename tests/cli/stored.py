"""Documents and other answers as the API gives them, for the command line's tests."""

from __future__ import annotations

from typing import Any

from tests.cli.fake_api import HASH

Json = dict[str, Any]

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network"
TIME = "2026-11-26T18:22:31.204711+00:00"
LATER = "2026-11-26T18:24:36.000000+00:00"


def condition(type_: str, status: str, reason: str, message: str = "") -> Json:
    """Return a condition."""
    told = {"type": type_, "status": status, "reason": reason, "message": message}
    return told | {"lastTransitionTime": TIME}


READY = condition("Ready", "True", "Provisioned", "everything is as the document asks")
DRIFTED = condition("Drifted", "True", "DifferencesFound", "route default-to-firewall is missing")


def document(kind: str, name: str, spec: Json, *conditions: Json, **status: Any) -> Json:
    """Return a stored document that was looked at in its present generation."""
    return {
        "apiVersion": "spokewright/v1",
        "kind": kind,
        "metadata": {"name": name, "generation": 1, "deletionRequested": None, "origin": "request"},
        "spec": spec,
        "status": {"observedGeneration": 1, "conditions": list(conditions), "outputs": {}} | status,
    }


def hub(*conditions: Json, **status: Any) -> Json:
    """Return the hub weu."""
    spec = {"location": "westeurope", "addressSpace": ["10.0.0.0/22"], "tags": {"team": "platform"}}
    outputs = {"firewallPrivateIp": "10.0.0.4"}
    return document("Hub", "weu", spec, *(conditions or (READY,)), **({"outputs": outputs} | status))


def spoke(*conditions: Json, name: str = "payments", **status: Any) -> Json:
    """Return a spoke of it."""
    spec = {"hub": "weu", "addressSpace": ["10.64.0.0/22"], "drift": "repair", "tags": {}}
    return document("Spoke", name, spec, *(conditions or (READY,)), **status)


def cluster(*conditions: Json, **status: Any) -> Json:
    """Return a cluster in it."""
    spec = {"spoke": "payments", "policy": "Manage", "kubernetesVersion": "1.33", "tags": {}}
    return document("Cluster", "payments-prod", spec, *(conditions or (READY,)), **status)


def step(number: int = 1, **more: Any) -> Json:
    """Return a step of a history."""
    told = {
        "run": "run-1",
        "step": f"routes.r{number}",
        "resourceId": f"{SUBSCRIPTION}/routeTables/rt/routes/r{number}",
        "action": "create",
        "reason": f"route r{number} is missing",
        "started": TIME,
        "ended": LATER,
        "result": "Succeeded",
    }
    return told | more


FAILED = step(2, result="Failed", error={"class": "Denied", "code": "AuthorizationFailed", "message": "no such role"})

PLAN: Json = {
    "document": "Spoke/payments",
    "generation": 1,
    "steps": [
        {
            "id": "a",
            "resourceId": f"{SUBSCRIPTION}/routeTables/rt",
            "action": "create",
            "reason": "route table rt is missing",
            "body": {"location": "westeurope"},
        },
        {
            "id": "b",
            "resourceId": f"{SUBSCRIPTION}/routeTables/rt/routes/r1",
            "action": "update",
            "reason": "next hop is wrong",
            "dependsOn": ["a"],
            "changes": [
                {"path": "properties.nextHopIpAddress", "have": "10.0.0.5", "want": "10.0.0.4"},
                {"path": "properties.addressPrefix", "have": None, "want": "0.0.0.0/0"},
                {"path": "properties.subnets[old]", "have": {"name": "old"}, "want": None},
            ],
        },
    ],
    "waits": [{"reason": "HubNotReady", "message": "no private address yet", "on": "Hub/weu"}],
    "hash": HASH,
}

APPROVAL: Json = {
    "state": "asked",
    "hub": "weu",
    "addressSpace": ["10.96.0.0/22"],
    "hash": HASH,
    "askedAt": TIME,
    "expiresAt": LATER,
    "reason": "rule 2 asks",
}

EVENTS: Json = {
    "tallies": [{"day": "2026-11-26", "malformed": 3}],
    "events": [
        {
            "id": "1",
            "type": "Spokewright.Spoke.Attached",
            "subject": "spokes/payments",
            "time": TIME,
            "data": {"document": "Spoke/payments", "reason": "Provisioned", "message": "as it asks"},
        }
    ],
}

RESOLUTION: Json = {
    "items": [
        {
            "cluster": "payments-prod",
            "from": "jump server of hub weu",
            "name": "payments-prod.privatelink.westeurope.azmk8s.io",
            "resolves": "True",
            "answers": "False",
            "message": "443 does not answer",
            "checked": TIME,
            "evidence": {"addresses": ["10.64.0.4"], "output": "Server: 127.0.0.53\nAddress: 10.64.0.4"},
        }
    ]
}

NO_FORWARD = "spoke/search, asked at 10.0.1.5: it does not resolve. dns-2 forwards azmk8s.io nowhere."
MEND = "What to do: forward azmk8s.io to 168.63.129.16 there."
NOBODY_THERE = "no machine there can be asked (dns.machineId of the spoke), so nothing was measured"


def seen_by(consumer: str, resolves: str = "True", answers: str = "Unknown", **more: Any) -> Json:
    """Return what a consumer saw of a cluster."""
    row: Json = {
        "consumer": consumer,
        "network": f"{SUBSCRIPTION}/virtualNetworks/vnet-hub-weu",
        "machine": "vm-jump-weu",
        "servers": [],
        "resolves": resolves,
        "answers": answers,
        "reason": "Resolves",
        "message": f"{consumer}: it resolves to 10.64.0.4",
        "addresses": ["10.64.0.4"],
        "checked": TIME,
        "output": f"Server: of {consumer}\nAddress: 10.64.0.4",
    }
    return row | more


CONSUMERS: list[Json] = [
    seen_by("hub", answers="True"),
    seen_by("on-premises", servers=["10.0.1.4", "10.0.1.5"]),
    seen_by("dns/10.0.1.5", servers=["10.0.1.5"]),
    seen_by("spoke/search", "False", reason="DnsServerDoesNotForward", message=f"{NO_FORWARD} {MEND}"),
    seen_by("spoke/shop", "Unknown", machine=None, reason="NotVerified", message=NOBODY_THERE, output=""),
]
MATRIX: Json = {
    "items": [
        {
            "cluster": "payments-prod",
            "hub": "weu",
            "from": "jump server of hub weu",
            "name": "payments-prod.privatelink.westeurope.azmk8s.io",
            "endpointAddress": "10.64.0.4",
            "resolves": "False",
            "answers": "True",
            "message": f"{NO_FORWARD} {MEND} it answers",
            "checked": TIME,
            "consumers": CONSUMERS,
            "evidence": {"output": "Server: 127.0.0.53"},
        },
        {
            "cluster": "shop-prod",
            "hub": "weu",
            "resolves": "True",
            "answers": "True",
            "message": "it resolves it answers",
            "checked": LATER,
            "consumers": [seen_by("hub", answers="True"), CONSUMERS[4]],
        },
    ]
}

DNS: Json = {
    "hub": "weu",
    "mode": "forwarder",
    "condition": {"status": "False", "reason": "DnsServerFails", "message": "10.0.1.5 does not answer"},
    "servers": [
        {
            "address": "10.0.1.4",
            "role": "forwarder",
            "network": f"{SUBSCRIPTION}/virtualNetworks/vnet-hub-weu",
            "answers": True,
            "message": "",
            "checked": TIME,
        },
        {
            "address": "10.0.1.5",
            "role": "forwarder",
            "network": None,
            "answers": False,
            "message": "10.0.1.5 does not answer; look at its machine",
            "checked": TIME,
        },
        {
            "address": "10.0.0.4",
            "role": "firewall",
            "network": None,
            "answers": None,
            "message": "not asked yet",
            "checked": None,
        },
    ],
    "networks": {
        "target": ["10.0.1.4", "10.0.1.5"],
        "hubTarget": ["10.0.1.4", "10.0.1.5"],
        "decided": {"hub": ["10.0.1.4", "10.0.1.5"], "spokes": ["10.0.1.4", "10.0.1.5"]},
        "present": {"Hub": ["10.0.1.4", "10.0.1.5"], "payments": [], "search": [], "new": None},
        "changing": True,
        "back": False,
        "moved": ["Hub"],
        "turn": ["payments"],
        "adopted": ["theirs"],
        "progress": "1 of 4 networks have theirs; next: payments",
    },
    "inbound": ["10.0.1.4", "10.0.1.5"],
    "zones": ["privatelink.westeurope.azmk8s.io"],
    "forward": None,
    "configurations": [
        {
            "format": "bind",
            "title": "BIND",
            "file": "/etc/bind/named.conf.local",
            "text": '// for BIND\nzone "x" {\n};\n',
        },
        {"format": "unbound", "title": "unbound", "file": "/etc/unbound/x.conf", "text": "# for unbound\n"},
    ],
    "note": None,
}
BY_AZURE: Json = {
    "hub": "weu",
    "mode": "azure",
    "condition": None,
    "servers": [],
    "networks": {
        "target": [],
        "hubTarget": [],
        "decided": {"hub": [], "spokes": []},
        "present": {"Hub": None, "payments": []},
        "changing": False,
        "back": False,
        "moved": [],
        "turn": [],
        "adopted": [],
        "progress": "networks ask Azure's own resolver",
    },
    "inbound": [],
    "zones": ["privatelink.westeurope.azmk8s.io"],
    "forward": None,
    "configurations": [],
    "note": "no server of this hub answers on-premises: set dns.mode to forwarder",
}

KIM: Json = {"name": "Kim", "verified": False}
DECISION: Json = {"action": "approve", "who": KIM, "door": "http", "generation": 2, "hash": HASH, "reason": "known"}
AUDIT: Json = {"items": [{"time": TIME, **DECISION}]}
REFUSAL: Json = {"action": "sweep refused", "who": KIM, "door": "http", "code": "RoleNeeded", "reason": "this needs it"}
SERVICE_AUDIT: Json = {"items": [{"time": TIME, **REFUSAL}]}

CLUSTER_SEEN: Json = {"kind": "Cluster", "name": "payments-prod", "ready": "False", "reason": "DoesNotAnswer"}
SPOKE_SEEN: Json = {
    "kind": "Spoke",
    "name": "payments",
    "ready": "True",
    "reason": "Provisioned",
    "addressSpace": ["10.64.0.0/22"],
    "state": "attached",
    "drift": {"status": "True", "message": "route is missing"},
    "clusters": [CLUSTER_SEEN],
}
OVERVIEW: Json = {
    "hubs": [
        {
            "kind": "Hub",
            "name": "weu",
            "ready": "True",
            "reason": "Provisioned",
            "addressSpace": ["10.0.0.0/22"],
            "firewall": {"privateIp": "10.0.0.4"},
            "jumpServer": {"present": True},
            "capacity": {"peerings": {"used": 1, "limit": 500}},
            "spokes": [SPOKE_SEEN],
        }
    ],
    "orphans": [{"kind": "Cluster", "name": "lost", "ready": "Unknown", "reason": ""}],
    "approvals": [],
    "events": [],
}
