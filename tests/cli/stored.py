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

KIM: Json = {"name": "Kim", "verified": False}
AUDIT: Json = {"items": [{"time": TIME, "action": "approve", "who": KIM, "hash": HASH, "reason": "known"}]}

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
