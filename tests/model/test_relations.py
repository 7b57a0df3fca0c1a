"""Rules between documents."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.document import Document, parse_document
from shared.model.relations import check
from tests.model.samples import ABSENT, ATTACHED, MANAGED_CLUSTER, NETWORK, parsed, sample

ADOPTS = {"addressSpace": ABSENT, "virtualNetworkId": NETWORK}


def allocated(name: str, block: str, **changes: Any) -> Document:
    """Return a spoke whose address space is in its status."""
    document = sample("Spoke", name, **({"addressSpace": ABSENT} | changes))
    return parse_document(document | {"status": {"addressSpace": [block]}})


HUB, SPOKE, CLUSTER = parsed("Hub"), parsed("Spoke"), parsed("Cluster")

THEIRS = ATTACHED | {"managedClusterId": MANAGED_CLUSTER.replace("rg-theirs", "RG-Theirs")}
OTHER = ATTACHED | {"managedClusterId": f"{MANAGED_CLUSTER}-2"}

# name: (the document, the others, path, part of the message)
CASES: dict[str, tuple[Document, list[Document], str, str]] = {
    "spoke in the hub": (
        parsed("Spoke", addressSpace=["10.0.2.0/23"]), [HUB], "addressSpace[0]", "address space of Hub/weu"),
    "hub in a spoke": (HUB, [parsed("Spoke", addressSpace=["10.0.2.0/23"])], "addressSpace[0]", "Spoke/payments"),
    "hub in an allocated spoke": (HUB, [allocated("a", "10.0.0.0/24")], "addressSpace[0]", "Spoke/a"),
    "spoke in a sibling": (
        parsed("Spoke", addressSpace=["10.65.0.0/24", "10.64.1.0/24"]), [parsed("Spoke", "a")],
        "addressSpace[1]", "10.64.0.0/22"),
    "spoke in an allocated sibling": (SPOKE, [allocated("a", "10.64.3.0/24")], "addressSpace[0]", "Spoke/a"),
    "adopted spoke in a sibling": (
        allocated("a", "10.64.3.0/24", virtualNetworkId=NETWORK), [SPOKE], "virtualNetworkId", "Spoke/payments"),
    "network adopted twice": (
        parsed("Spoke", "a", **ADOPTS), [parsed("Spoke", "b", **ADOPTS)], "virtualNetworkId", "Spoke/b already"),
    "no pool to take from": (
        parsed("Spoke", addressSpace=ABSENT), [parsed("Hub", spokePool=None)], "addressSpace", "no spokePool"),
    "subnets larger than the pool's blocks": (
        parsed("Spoke", addressSpace=ABSENT, subnets=[{"name": "nodes", "role": "nodes", "prefixLength": 20}]), [HUB],
        "subnets[0].prefixLength", "no room"),
    "a prefix in an unknown space": (
        parsed("Spoke", addressSpace=ABSENT, subnets=[{"name": "nodes", "addressPrefix": "10.64.0.0/24"}]), [HUB],
        "subnets[0].addressPrefix", "addressSpace"),
    "pods in the spoke": (
        parsed("Cluster", network__podCidr="10.64.0.0/20"), [SPOKE], "network.podCidr", "Spoke/payments"),
    "services in the spoke": (
        parsed("Cluster", network__serviceCidr="10.64.0.0/20"), [SPOKE], "network.serviceCidr", "Spoke/payments"),
    "pods in a sibling": (
        parsed("Cluster", network__podCidr="10.99.0.0/16"),
        [SPOKE, parsed("Spoke", "a", addressSpace=["10.99.1.0/24"])],
        "network.podCidr", "Spoke/a"),
    "pods in the hub": (
        parsed("Cluster", network__podCidr="10.0.0.0/16"), [SPOKE, HUB], "network.podCidr", "Hub/weu"),
    "pods in the pool": (
        parsed("Cluster", network__podCidr="10.100.0.0/16"), [SPOKE, HUB], "network.podCidr", "spoke pool of Hub/weu"),
    "spoke in a cluster's pods": (
        parsed("Spoke", "a", addressSpace=["192.168.8.0/22"]), [SPOKE, CLUSTER], "addressSpace[0]",
        "pods of Cluster/payments-prod"),
    "hub in a cluster's services": (
        parsed("Hub", addressSpace=["172.16.0.0/22"]), [SPOKE, CLUSTER], "addressSpace[0]",
        "services of Cluster/payments-prod"),
    "pool over a cluster's pods": (
        parsed("Hub", spokePool="192.168.0.0/16"), [SPOKE, CLUSTER], "spokePool", "pods of Cluster/payments-prod"),
    "no such subnet": (parsed("Cluster", subnet="nods"), [SPOKE], "subnet", "it has: nodes"),
    "subnet of another role": (
        CLUSTER, [parsed("Spoke", subnets=[{"name": "nodes"}])], "subnet", "it has: none"),
    "subnet too small for the nodes": (
        parsed("Cluster", nodePools__0__count=11),
        [parsed("Spoke", subnets=[{"name": "nodes", "role": "nodes", "prefixLength": 28}])],
        "nodePools", "has 11 addresses"),
    "a zone in a group that is closed": (
        parsed("Cluster", privateDns={"mode": "system"}, nodeResourceGroup={"restrictionLevel": "ReadOnly"}),
        [HUB, SPOKE],
        "privateDns.mode",
        "use shared or subzone",
    ),
    "a subzone for servers nobody knows where": (
        parsed("Cluster", privateDns={"mode": "subzone", "subzone": "pay"}),
        [parsed("Hub", dns__customServers=["10.9.0.4"]), SPOKE],
        "privateDns.mode",
        "dns.serverNetworks",
    ),
    "servers nobody knows where for a zone of AKS": (
        parsed("Hub", dns__customServers=["10.9.0.4"]),
        [SPOKE, parsed("Cluster", privateDns={"mode": "system"})],
        "dns",
        "Cluster/payments-prod",
    ),
    "shared zone of another region": (
        CLUSTER, [parsed("Spoke", location="northeurope"), HUB], "privateDns.mode", "use subzone or system"),
    "a cluster attached twice": (
        parsed("Cluster", **ATTACHED), [SPOKE, parsed("Cluster", "b", **THEIRS)], "managedClusterId", "is Cluster/b"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_contradiction_between_documents_is_one_problem(name: str) -> None:
    """What two documents cannot both have is reported at the path of the one that is checked."""
    document, others, path, words = CASES[name]
    (problem,) = check(document, others)
    assert problem.path == f"$.spec.{path}"
    assert words in problem.message


FINE: dict[str, tuple[Document, list[Document]]] = {
    "the three documents, the hub": (HUB, [SPOKE, CLUSTER]),
    "the three documents, the spoke": (SPOKE, [HUB, CLUSTER]),
    "the three documents, the cluster": (CLUSTER, [HUB, SPOKE]),
    "servers in the hub itself, for any zone": (
        parsed("Cluster", privateDns={"mode": "system"}),
        [parsed("Hub", dns__customServers=["10.0.3.4"]), SPOKE],
    ),
    "servers in a network that is named": (
        parsed("Cluster", privateDns={"mode": "system"}),
        [parsed("Hub", dns={"customServers": ["10.9.0.4"], "serverNetworks": [NETWORK]}), SPOKE],
    ),
    "a missing hub is a wait": (SPOKE, []),
    "a missing spoke is a wait": (CLUSTER, [HUB]),
    "itself, as it is stored": (SPOKE, [SPOKE]),
    "its own earlier address space": (parsed("Spoke", addressSpace=["10.64.0.0/21"]), [SPOKE]),
    "a spoke of another hub": (SPOKE, [parsed("Spoke", "a", hub="neu")]),
    "two hubs alike": (HUB, [parsed("Hub", "neu")]),
    "pods of two clusters": (CLUSTER, [SPOKE, parsed("Cluster", "b")]),
    "a spoke to be allocated": (parsed("Spoke", addressSpace=ABSENT), [HUB, SPOKE]),
    "a subzone in another region": (
        parsed("Cluster", privateDns={"mode": "subzone", "subzone": "a"}),
        [parsed("Spoke", location="northeurope"), HUB],
    ),
    "an attached cluster, whatever its subnets, pods and region are": (
        parsed("Cluster", **ATTACHED),
        [parsed("Spoke", location="northeurope", subnets=[{"name": "apps"}], addressSpace=["172.16.0.0/22"]), HUB],
    ),
    "two attached clusters": (parsed("Cluster", **ATTACHED), [SPOKE, parsed("Cluster", "b", **OTHER)]),
    "a network where an attached cluster's pods would be by default": (
        parsed("Hub", spokePool="192.168.0.0/16"),
        [SPOKE, parsed("Cluster", **ATTACHED)],
    ),
    "a subnet just large enough": (
        parsed("Cluster", nodePools__0__count=10),
        [parsed("Spoke", subnets=[{"name": "nodes", "role": "nodes", "prefixLength": 28}])],
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_documents_that_fit_have_no_problems(name: str) -> None:
    """Documents that can live together, or wait for one another, are accepted."""
    document, others = FINE[name]
    assert check(document, others) == ()
