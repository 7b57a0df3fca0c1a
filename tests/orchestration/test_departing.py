"""What was onboarded and has to leave: marked once, with what was found in it, detached, and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orchestration import departing, observing
from shared.model import naming
from shared.model.document import to_json
from shared.model.envelope import DocumentKey
from shared.plan.steps import canonical
from tests.model.samples import MANAGED_CLUSTER, NETWORK, spoke
from tests.orchestration.test_onboarding import ASK, attached, put_cluster, taking_in

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

FOUND = DocumentKey("Spoke", naming.onboarded_name(NETWORK))
CLUSTER = DocumentKey("Cluster", naming.onboarded_name(MANAGED_CLUSTER))
TABLE = f"{NETWORK[: NETWORK.index('/virtualNetworks')]}/routeTables/rt-theirs"


async def with_cluster(app: App) -> None:
    """Attach a network, and a cluster in it."""
    await attached(app)
    put_cluster(app)
    await app.event(MANAGED_CLUSTER)
    await app.settle()
    app.ticks += 10
    app.arm.counted()


def ours(app: App) -> list[str]:
    """Return what is left of ours outside of the hub, and the peerings of the hub."""
    others = ("/rg-hub-weu", "/virtualnetworks/old", "/rg-theirs", "/mc_shop")
    rest = [where for where in app.azure.resources if not any(name in where for name in others)]
    return [where for where in rest if not where.endswith("/rg-old")] + [
        where for where in app.azure.resources if "/virtualnetworkpeerings/" in where
    ]


def theirs(app: App) -> dict[str, bytes]:
    """Return what is in the network's group, without versions and tags, in one case."""
    found = {where: body for where, body in app.azure.resources.items() if "/rg-old" in where}
    return {where: canonical({**body, "etag": "", "tags": {}}).lower() for where, body in found.items()}


def untag(app: App) -> None:
    """Take the tag off the network."""
    body = app.azure.resources[NETWORK.lower()]
    del body["tags"]["spokewright-hub"]
    body["etag"] = 'W/"untagged"'


async def test_the_look_that_sees_it_marks_it_and_plans_its_removal(app: App) -> None:
    """One look marks the document and answers with the steps of its removal; the audit says why."""
    await attached(app)
    untag(app)
    planned = await app.plan(FOUND)
    assert planned["deleting"] is True
    assert {step["action"] for step in planned["steps"]} <= {"delete", "update"}
    assert planned["steps"]
    document = await app.read(FOUND)
    assert (document.deleting, document.metadata.generation, planned["generation"]) == (True, 2, 2)
    first = (await app.store.audit.list(FOUND))[0]
    assert (first["action"], first["who"]) == ("departed", {"event": "Azure"})
    assert first["reason"] == "virtual network old has no tag spokewright-hub any more"


async def test_it_leaves_no_trace(app: App) -> None:
    """Peerings, table and document go; the network is as it was, and the hub is ready without it."""
    await app.ready(taking_in())
    app.network()
    app.azure.put(TABLE, {"location": "westeurope"})
    app.azure.put(f"{NETWORK}/subnets/a", {"properties": {"routeTable": {"id": TABLE}}})
    before = theirs(app)
    await app.event()
    await app.settle()
    assert len(ours(app)) > 3
    untag(app)
    app.ticks += 10
    await app.event()
    await app.settle()
    assert await app.names() == ["Hub/weu"]
    assert theirs(app) == before
    assert await app.store.baselines.get(FOUND) is None
    assert await app.store.ledger.taken("weu") == {}
    assert await app.said("Hub/weu", "Ready") == ("True", "Provisioned")


async def test_clusters_that_were_found_in_it_leave_with_it(app: App) -> None:
    """They are marked and woken in the same look; the spoke waits for them, and then both are gone."""
    await with_cluster(app)
    assert (await app.read(CLUSTER)).spec.spoke == FOUND.name
    untag(app)
    planned = await app.plan(FOUND)
    assert [wait["reason"] for wait in planned["waits"]] == ["ClustersAttached"]
    assert (await app.read(CLUSTER)).deleting
    assert str(CLUSTER) in app.client.running
    await app.wake(FOUND)
    await app.settle()
    assert await app.names() == ["Hub/weu"]
    assert app.azure.get(MANAGED_CLUSTER) is not None
    assert ours(app) == []


async def test_a_person_s_cluster_is_not_taken_along(app: App) -> None:
    """What somebody asked for is theirs to take back: the spoke waits, and says for whom."""
    await with_cluster(app)
    body = to_json(await app.read(CLUSTER))
    body["metadata"]["origin"] = "request"
    await app.apply(body)
    untag(app)
    planned = await app.plan(FOUND)
    assert [wait["message"] for wait in planned["waits"]] == [f"{CLUSTER} has to go first"]
    assert not (await app.read(CLUSTER)).deleting


async def test_a_cluster_that_is_deleted_leaves_alone(app: App) -> None:
    """Its document goes, and its spoke stays."""
    await with_cluster(app)
    app.azure.delete(MANAGED_CLUSTER)
    await app.event(MANAGED_CLUSTER)
    await app.settle()
    assert await app.names() == ["Hub/weu", str(FOUND)]


async def test_marking_twice_is_marking_once(app: App) -> None:
    """An activity that is run again finds it marked."""
    await attached(app)
    untag(app)
    picture = await observing.look(app.dependencies, FOUND)
    assert picture is not None
    assert await departing.depart(app.dependencies, app.client, picture)
    first = await app.store.documents.get(FOUND)
    assert await departing.depart(app.dependencies, app.client, picture)
    assert await app.store.documents.get(FOUND) == first
    again = await observing.look(app.dependencies, FOUND)
    assert again is not None
    assert not await departing.depart(app.dependencies, app.client, again)


async def test_what_was_never_let_in_leaves_without_a_write(app: App) -> None:
    """A network that waits for an approval and loses its tag: its document goes, and nothing else happens."""
    await app.ready(taking_in(ASK))
    app.network()
    await app.event()
    await app.settle()
    untag(app)
    app.azure.writes.clear()
    app.ticks += 10
    await app.event()
    await app.settle()
    assert await app.names() == ["Hub/weu"]
    assert app.azure.writes == []


async def test_a_tag_that_comes_back_while_it_leaves(app: App) -> None:
    """It is detached first, and then joins anew, as if it had never been there."""
    await attached(app)
    untag(app)
    planned = await app.plan(FOUND)
    assert planned["deleting"]
    app.azure.resources[NETWORK.lower()]["tags"]["spokewright-hub"] = "weu"
    while planned["steps"]:
        await app.execute(planned)
        planned = await app.plan(FOUND)
    assert (await app.conclude(FOUND, planned))["again"]
    # Azure refuses the new side until the hub's old one is gone, which the hub is told of by the first look.
    await app.plan(FOUND)
    await app.reconcile("Hub/weu")
    await app.reconcile(FOUND)
    await app.settle()
    document = await app.read(FOUND)
    assert (document.metadata.generation, document.deleting) == (1, False)
    assert await app.said(FOUND, "Ready") == ("True", "Provisioned")


@pytest.mark.parametrize("attempts", [2, 3])
async def test_an_end_that_is_run_again(app: App, attempts: int) -> None:
    """The activity that removes a document may be run twice, as all are: the second time there is nothing to do."""
    await attached(app)
    untag(app)
    while (planned := await app.plan(FOUND))["steps"]:
        await app.execute(planned)
    ended: list[Any] = [await app.conclude(FOUND, planned) for _ in range(attempts)]
    assert [end["outcome"] for end in ended] == ["removed", *["gone"] * (attempts - 1)]


async def test_a_requested_spoke_does_not_leave(app: App) -> None:
    """Its owner deleted the network: that is said, and waited for."""
    app.network(tag=None)
    await app.ready(taking_in(), spoke(addressSpace=[], virtualNetworkId=NETWORK))
    app.azure.delete(NETWORK)
    await app.wake(spoke().key)
    await app.settle()
    assert await app.said(spoke().key, "Ready") == ("False", "ResourceMissing")
