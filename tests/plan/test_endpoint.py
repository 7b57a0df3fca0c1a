"""Where a private cluster's API server is, whether that is news, and whether the cluster runs."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import naming
from shared.plan import endpoint
from shared.plan.observed import Observed
from shared.plan.resources import network_interface
from tests.model import samples
from tests.model.samples import SUBSCRIPTION

Json = dict[str, Any]

HUB, SPOKE = samples.hub(), samples.spoke()
NODES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-payments-prod-nodes"
ADDRESS, OTHER = "10.64.0.4", "10.64.0.9"


def cluster(**outputs: Any) -> Any:
    """Return a cluster whose node resource group is known, with what its last proof knew."""
    document = samples.cluster()
    known = {endpoint.GROUP: NODES} | outputs
    return document.model_copy(update={"status": document.status.model_copy(update={"outputs": known})})


def interface(name: str, address: str | None = ADDRESS, group: str = NODES) -> Json:
    """Return a network interface as Azure lists it; ids in a case of its own."""
    place = {} if address is None else {"privateIPAddress": address}
    where = group.replace("resourceGroups", "resourcegroups").upper()
    body: Json = {"id": f"{where}/providers/{network_interface.TYPE}/{name}", "name": name}
    return body | {"properties": {"ipConfigurations": [{"properties": place}]}}


OF_API = interface("kube-apiserver.nic.1f0a")
SEEN: dict[str, tuple[list[Json], str | None]] = {
    "the endpoint": ([OF_API], ADDRESS),
    "beside others": ([interface("agent-1", OTHER), OF_API], ADDRESS),
    "in any case": ([interface("Kube-ApiServer.nic")], ADDRESS),
    "others only": ([interface("agent-1", OTHER)], None),
    "another group's": ([interface("kube-apiserver.nic", OTHER, f"{NODES}-2")], None),
    "no address yet": ([interface("kube-apiserver.nic", None)], None),
    "nobody looked": ([], None),
}


@pytest.mark.parametrize("name", SEEN)
def test_the_endpoint_is_found_by_its_name(name: str) -> None:
    """Only in the cluster's own node resource group, whatever else has an interface there."""
    bodies, expected = SEEN[name]
    assert endpoint.address(cluster(), Observed(bodies)) == expected


def test_without_a_group_there_is_no_address() -> None:
    """A cluster that AKS has not begun yet has nothing to look for."""
    assert endpoint.address(samples.cluster(), Observed([OF_API])) is None


MOVES: dict[str, tuple[Json, list[Json], bool]] = {
    "as it was": ({"verification": {"endpointAddress": ADDRESS}}, [OF_API], False),
    "elsewhere": ({"verification": {"endpointAddress": OTHER}}, [OF_API], True),
    "nobody looked": ({"verification": {"endpointAddress": OTHER}}, [], False),
    "no proof yet": ({}, [OF_API], False),
    "a proof that failed": ({"verification": {"error": {"message": "x"}}}, [OF_API], False),
    "a proof from before addresses were kept": ({"verification": {"addresses": [OTHER]}}, [OF_API], False),
    "one that did not know it": ({"verification": {"endpointAddress": None}}, [OF_API], True),
}


@pytest.mark.parametrize("name", MOVES)
def test_an_address_is_news_where_the_proof_knew_another(name: str) -> None:
    """What nobody saw, then or now, has not moved."""
    outputs, bodies, expected = MOVES[name]
    assert endpoint.has_moved(cluster(**outputs), Observed(bodies)) is expected


POWER: dict[str, tuple[Json | None, bool]] = {
    "running": ({"powerState": {"code": "Running"}}, False),
    "stopped": ({"powerState": {"code": "Stopped"}}, True),
    "nothing said": ({}, False),
    "null": ({"powerState": None}, False),
    "gone": (None, False),
}


@pytest.mark.parametrize("name", POWER)
def test_a_stopped_cluster_is_said_to_be_stopped(name: str) -> None:
    """It is no fault, and the outputs remember it; a cluster that runs has neither."""
    properties, stopped = POWER[name]
    document, identity = cluster(), naming.managed_cluster(samples.cluster(), SPOKE, HUB)
    body = {"id": str(identity), "name": identity.name, "properties": properties}
    observed = Observed([] if properties is None else [body, OF_API])
    assert endpoint.is_stopped(document, SPOKE, HUB, observed) is stopped
    said = endpoint.findings(document, SPOKE, HUB, observed)
    assert [(one.status, one.reason) for one in said] == ([("Unknown", "ClusterStopped")] if stopped else [])
    if properties is not None:
        power = {"powerState": "Stopped"} if stopped else {}
        assert endpoint.outputs(document, body, observed) == {"endpointAddress": ADDRESS} | power
