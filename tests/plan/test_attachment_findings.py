"""What is found out about a cluster that somebody else made: whether it is private, and how its nodes get out."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import conditions
from shared.model.document import parse_document
from shared.model.envelope import DocumentKey
from shared.plan import attachment
from tests.model.samples import cluster, hub, spoke
from tests.plan.documents import CLUSTER, SPOKE
from tests.plan.fleet import Fleet
from tests.plan.foreign_clusters import NODES, Json, attached, attaching, made, network_ready, theirs

PUBLIC = {
    "with ranges": (["198.51.100.0/24", "203.0.113.7/32"], "198.51.100.0/24, 203.0.113.7/32"),
    "open to all": ([], "any address"),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_cluster_is_said_to_be_one(name: str) -> None:
    """It is not connected, and the condition says from where it can be called."""
    ranges, words = PUBLIC[name]
    fleet = attached(made(apiServerAccessProfile={"authorizedIPRanges": ranges}))
    (wait,) = fleet.plan(CLUSTER).waits
    private = found(fleet)[conditions.API_SERVER_PRIVATE]
    assert wait.reason == private.reason == conditions.PUBLIC_API_SERVER
    assert private.status == "False"
    assert words in private.message
    assert words in wait.message


def found(fleet: Fleet) -> dict[str, Any]:
    """Return the findings by type."""
    document = fleet.documents[CLUSTER]
    seen = attachment.findings(document, fleet.related(document), fleet.look(document))
    return {condition.type: condition for condition in seen}


EGRESS: dict[str, tuple[Json, str, str]] = {
    "through the firewall": ({}, "Routed", "only way out"),
    "a load balancer": ({"networkProfile": {"outboundType": "loadBalancer"}}, "OtherWayOut", "replies"),
    "Azure's default": ({"networkProfile": {}}, "OtherWayOut", "loadBalancer"),
    "a NAT gateway": ({"networkProfile": {"outboundType": "userAssignedNATGateway"}}, "OtherWayOut", "of its own"),
    "a subnet without our route": (
        {"agentPoolProfiles": [{"vnetSubnetID": str(NODES.parent.child("subnets", "other"))}]},
        "NotRouted",
        "subnet other",
    ),
    "a network of AKS": ({"agentPoolProfiles": [{"name": "system"}]}, "NotRouted", "network that AKS made"),
}


@pytest.mark.parametrize("name", EGRESS)
def test_the_way_out_is_judged(name: str) -> None:
    """The nodes' subnets, the route and the outbound type together say whether all goes through the firewall."""
    changes, reason, words = EGRESS[name]
    fleet = network_ready()
    seen = theirs(), made("none", **changes)
    fleet.azure.put(str(seen[0].resource_group), {"location": "westeurope"})
    fleet.azure.resources[seen[0].key] = {"id": str(seen[0]), "name": "shop", **seen[1]}
    fleet.documents[CLUSTER] = attaching(theirs())
    egress = found(fleet)[conditions.EGRESS_ROUTED]
    assert (egress.status, egress.reason) == ("True" if reason == "Routed" else "False", reason)
    assert words in egress.message


def test_a_route_that_leads_elsewhere_is_not_the_firewalls() -> None:
    """A spoke whose default route has another next hop does not count as routed."""
    fleet = attached(made())
    seen = fleet.documents[SPOKE].status
    outputs = seen.outputs | {"defaultRoute": "10.9.9.9"}
    fleet.documents[SPOKE] = fleet.documents[SPOKE].model_copy(
        update={"status": seen.model_copy(update={"outputs": outputs})}
    )
    egress = found(fleet)[conditions.EGRESS_ROUTED]
    assert egress.reason == conditions.NOT_ROUTED
    assert "no route for 0.0.0.0/0" in egress.message


def test_our_own_clusters_have_no_findings() -> None:
    """What we make is private and routed by its document; an attached cluster that is gone is not judged either."""
    fleet = Fleet([hub(), spoke(), cluster()])
    fleet.settle()
    assert found(fleet) == {}
    fleet = network_ready()
    fleet.documents[CLUSTER] = attaching(theirs())
    assert found(fleet) == {}


def test_a_found_cluster_becomes_a_document() -> None:
    """From a body in any spelling: a valid document, and the network by which its spoke is found."""
    body = {"id": str(theirs()).replace("resourceGroups", "resourcegroups"), **made()}
    document = parse_document(attachment.attach_document("shop-1", "payments", body))
    assert document.key == DocumentKey("Cluster", "shop-1")
    assert document.metadata.origin == "event"
    assert document == document.model_copy(update={"spec": attaching(theirs()).spec})
    assert attachment.clusters_network(body) == str(NODES.parent)
    assert attachment.clusters_network(made(agentPoolProfiles=[{"name": "system"}])) is None
