"""Valid documents to start from, and one way to change a field of them."""

from __future__ import annotations

import copy
from typing import Any

from shared.model.cluster import Cluster
from shared.model.document import Document, parse_document
from shared.model.errors import Invalid
from shared.model.hub import Hub
from shared.model.spoke import Spoke

Json = dict[str, Any]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNwb2tld3JpZ2h0LWV4YW1wbGUta2V5LW5vdC11c2Vk me@there"
NETWORK = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-old/providers/Microsoft.Network/virtualNetworks/old"
MANAGED_CLUSTER = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-theirs/providers/Microsoft.ContainerService/managedClusters/shop"
)
ATTACHED: Json = {
    "policy": "Attach",
    "managedClusterId": MANAGED_CLUSTER,
    "kubernetesVersion": None,
    "nodePools": None,
}
"""Changes that make a cluster's document one of a cluster that somebody else made."""

SPECS: dict[str, Json] = {
    "Hub": {
        "subscriptionId": SUBSCRIPTION,
        "location": "westeurope",
        "resourceGroup": "rg-hub-weu",
        "addressSpace": ["10.0.0.0/22"],
        "jumpServer": {"sshPublicKey": KEY},
        "spokePool": "10.64.0.0/10",
    },
    "Spoke": {"hub": "weu", "addressSpace": ["10.64.0.0/22"]},
    "Cluster": {
        "spoke": "payments",
        "kubernetesVersion": "1.33",
        "nodePools": [{"name": "system", "size": "Standard_D4s_v5", "count": 3}],
    },
}
NAMES = {"Hub": "weu", "Spoke": "payments", "Cluster": "payments-prod"}
ABSENT = object()


def sample(kind: str, name: str = "", **changes: Any) -> Json:
    """Return a document's JSON; `firewall__sku="Basic"` changes a field, ABSENT removes it."""
    document = {
        "apiVersion": "spokewright/v1",
        "kind": kind,
        "metadata": {"name": name or NAMES[kind]},
        "spec": copy.deepcopy(SPECS[kind]),
    }
    for path, value in changes.items():
        set_at(document["spec"], path.split("__"), value)
    return document


def set_at(part: Any, steps: list[str], value: Any) -> None:
    """Set one field, making the objects on the way to it."""
    *parents, last = steps
    for step in parents:
        part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
    if value is ABSENT:
        del part[last]
    else:
        part[last] = value


def problems(document: Any, path: str = "$") -> dict[str, str]:
    """Return the problems of a document by path; none if it is accepted."""
    try:
        parse_document(document, path)
    except Invalid as error:
        return {problem.path: problem.message for problem in error.problems}
    return {}


def parsed(kind: str, name: str = "", **changes: Any) -> Document:
    """Return a valid document."""
    return parse_document(sample(kind, name, **changes))


def hub(name: str = "", **changes: Any) -> Hub:
    """Return a valid hub."""
    document = parsed("Hub", name, **changes)
    assert isinstance(document, Hub)
    return document


def spoke(name: str = "", **changes: Any) -> Spoke:
    """Return a valid spoke."""
    document = parsed("Spoke", name, **changes)
    assert isinstance(document, Spoke)
    return document


def cluster(name: str = "", **changes: Any) -> Cluster:
    """Return a valid cluster."""
    document = parsed("Cluster", name, **changes)
    assert isinstance(document, Cluster)
    return document
