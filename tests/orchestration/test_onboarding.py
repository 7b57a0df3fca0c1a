"""What an event makes of a resource: a document, a wake, or nothing; and never more than one call to Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orchestration import onboarding
from shared.model import naming
from shared.model.document import to_json
from shared.model.envelope import DocumentKey
from tests.model.samples import MANAGED_CLUSTER, NETWORK, SUBSCRIPTION, hub, spoke
from tests.plan.newcomers import WHO

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

AUTO, ASK = {"action": "auto"}, {"action": "approve"}
SPOKE = DocumentKey("Spoke", naming.onboarded_name(NETWORK))
CLUSTER = DocumentKey("Cluster", naming.onboarded_name(MANAGED_CLUSTER))
ONE_GET = {"get": 1}


def taking_in(*rules: dict[str, Any], name: str = "", **changes: Any) -> Any:
    """Return a hub that takes networks in."""
    return hub(name, onboarding__rules=list(rules or (AUTO,)), **changes)


async def attached(app: App) -> None:
    """Bring a network into the hub by its event, to rest."""
    await app.ready(taking_in())
    app.network()
    await app.event(who=WHO)
    await app.settle()
    assert await app.said(SPOKE, "Ready") == ("True", "Provisioned")
    app.ticks += 10


async def test_a_network_that_asks_gets_a_document(app: App) -> None:
    """One GET; the document says where it came from, who made it, and is the same for every spelling of the id."""
    await app.ready(taking_in(onboarding__excludedSubnets=["legacy"]))
    app.network()
    assert await app.event(who=WHO) == ONE_GET
    assert app.client.running == [str(SPOKE)]
    body = to_json(await app.read(SPOKE))
    assert body["metadata"] | {"order": None} == {
        "name": SPOKE.name,
        "generation": 1,
        "deletionRequested": None,
        "origin": "event",
        "requestedBy": WHO,
        "changedBy": None,
        "order": None,
    }
    assert (body["spec"]["hub"], body["spec"]["location"]) == ("weu", "westeurope")
    assert body["spec"]["virtualNetworkId"].lower() == NETWORK.lower()
    assert body["spec"]["excludedSubnets"] == ["legacy"]
    app.ticks += 10
    await app.event(NETWORK.replace("resourceGroups/rg-old", "resourcegroups/RG-OLD"))
    assert await app.names() == ["Hub/weu", str(SPOKE)]


async def test_a_network_is_wired_by_its_event(app: App) -> None:
    """The event, the reconcilers, and both are ready; nothing of the network but the peering was added."""
    await attached(app)
    assert await app.said("Hub/weu", "Ready") == ("True", "Provisioned")
    assert await app.said(SPOKE, "Approved") == ("True", "ApprovedByRule")
    states = [
        body["properties"]["peeringState"]
        for where, body in app.azure.resources.items()
        if "/virtualnetworkpeerings/" in where
    ]
    assert states == ["Connected", "Connected"]


UNKNOWN: dict[str, dict[str, Any]] = {
    "without a tag": {"tag": None},
    "with another hub's tag": {"tag": "neu"},
    "with a hub's name in another case": {"tag": "WEU"},
}


@pytest.mark.parametrize("network", UNKNOWN.values(), ids=UNKNOWN)
async def test_an_unknown_network_costs_one_get(app: App, network: dict[str, Any]) -> None:
    """Nobody's network is read once; nothing is stored and nobody woken."""
    await app.ready(taking_in())
    app.network(**network)
    assert await app.event() == ONE_GET
    assert (app.client.running, await app.names()) == ([], ["Hub/weu"])


async def test_a_network_that_is_gone_already(app: App) -> None:
    """An event that comes after its network was deleted costs one GET."""
    await app.ready(taking_in())
    assert await app.event() == ONE_GET
    assert app.client.running == []


async def test_what_we_may_not_read_asks_for_nothing(app: App) -> None:
    """A resource that is denied to us is nobody's, and no fault that would bring the event again."""
    await app.ready(taking_in())
    app.network()
    app.arm.denied.add(NETWORK.lower())
    assert await app.event() == ONE_GET
    assert app.client.running == []


@pytest.mark.parametrize(
    ("resource", "documents"),
    [
        (f"{NETWORK[: NETWORK.index('/Microsoft')]}/Microsoft.Network/networkSecurityGroups/g", [taking_in()]),
        (NETWORK, [hub()]),
        (NETWORK, []),
        (MANAGED_CLUSTER, [taking_in()]),
        (f"{NETWORK[: NETWORK.index('/Microsoft')]}/Microsoft.Network/routeTables/t", [taking_in()]),
        (f"{NETWORK[: NETWORK.index('/Microsoft')]}/Microsoft.Network/privateDnsZones/z", [taking_in()]),
    ],
    ids=["a kind not looked at", "no rules", "no hub", "a cluster, no spoke", "an unknown table", "an unknown zone"],
)
async def test_what_can_be_nothing_of_ours_costs_no_call(app: App, resource: str, documents: list[Any]) -> None:
    """A kind that we do not look at, a table or zone that is nobody's, a hub that takes nobody in: no read."""
    await app.ready(*documents)
    assert await app.event(resource) == {}
    assert app.client.running == []


async def test_a_known_one_at_rest_and_unchanged(app: App) -> None:
    """The echo of our own write: one GET, and nobody is woken."""
    await attached(app)
    assert await app.event() == ONE_GET
    assert app.client.running == []
    table = (await app.read(SPOKE)).status.outputs["routeTableId"]
    assert await app.event(table) == ONE_GET
    assert app.client.running == []


async def test_a_known_one_at_rest_that_changed(app: App) -> None:
    """Another version than the last look saw: its document is woken."""
    await attached(app)
    app.azure.versions += 1
    app.azure.resources[NETWORK.lower()]["etag"] = 'W/"new"'
    assert await app.event() == ONE_GET
    assert app.client.running == [str(SPOKE)]


async def test_a_known_one_that_is_gone(app: App) -> None:
    """A network that was deleted wakes its document, which then leaves."""
    await attached(app)
    app.azure.delete(NETWORK)
    assert await app.event() == ONE_GET
    await app.settle()
    assert await app.names() == ["Hub/weu"]
    assert not [where for where in app.azure.resources if "/virtualnetworkpeerings/" in where or "rg-old/p" in where]


async def test_a_known_one_that_runs(app: App) -> None:
    """Who runs is woken softly and looks by itself: no GET, no hint that would cut its look short."""
    await attached(app)
    await app.wake(SPOKE)
    await app.plan(SPOKE)
    before = (await app.store.wakes.state(SPOKE)).count
    assert await app.event() == {}
    assert (await app.store.wakes.state(SPOKE)).count == before + 1
    assert (SPOKE.instance_id in app.client.told, app.client.running) == (False, [str(SPOKE)])


async def test_one_that_we_may_not_read_any_more(app: App) -> None:
    """Its own look has to say so in the document: it is woken."""
    await attached(app)
    app.arm.denied.add(NETWORK.lower())
    assert await app.event() == ONE_GET
    assert app.client.running == [str(SPOKE)]


async def test_a_document_that_is_there_already_is_only_woken(app: App) -> None:
    """Who does not know yet that the network has a document finds out when it would make one."""
    await app.ready(taking_in())
    app.network()
    owners = await app.dependencies.owners.current(app.store)
    body = app.azure.get(NETWORK)
    assert body is not None
    typed = body | {"type": "Microsoft.Network/virtualNetworks"}
    first = await onboarding.found(app.dependencies, app.client, owners, typed, WHO)
    stored = await app.store.documents.get(SPOKE)
    again = await onboarding.found(app.dependencies, app.client, owners, typed, "somebody else")
    assert first == again == SPOKE
    assert await app.store.documents.get(SPOKE) == stored


# Clusters


def put_cluster(app: App, network: str = NETWORK) -> None:
    """Make somebody's cluster with its nodes in a network."""
    app.azure.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-theirs", {"location": "westeurope"})
    if app.azure.get(f"{network}/subnets/nodes") is None:
        app.azure.put(f"{network}/subnets/nodes", {"properties": {"addressPrefix": "10.80.0.0/24"}})
    profile = {"name": "system", "vnetSubnetID": f"{network}/subnets/nodes"}
    properties = {
        "dnsPrefix": "shop",
        "nodeResourceGroup": "MC_shop",
        "agentPoolProfiles": [profile],
        "apiServerAccessProfile": {"enablePrivateCluster": True},
    }
    app.azure.put(MANAGED_CLUSTER, {"location": "westeurope", "properties": properties})


async def test_a_cluster_in_an_attached_network_gets_a_document(app: App) -> None:
    """One GET; the document attaches it and never manages it."""
    await attached(app)
    put_cluster(app)
    assert await app.event(MANAGED_CLUSTER) == ONE_GET
    document = await app.read(CLUSTER)
    assert (document.spec.spoke, document.spec.policy, document.metadata.origin) == (SPOKE.name, "Attach", "event")
    assert document.spec.managed_cluster_id.lower() == MANAGED_CLUSTER.lower()
    assert str(CLUSTER) in app.client.running


async def test_a_cluster_of_a_network_attached_this_moment_gets_a_document(app: App) -> None:
    """What was remembered of the owners does not know the network yet: before a cluster is passed over, it is read."""
    await app.dependencies.owners.current(app.store)
    kept = app.ticks
    await attached(app)
    put_cluster(app)
    app.ticks = kept
    assert await app.event(MANAGED_CLUSTER) == ONE_GET
    assert await app.read(CLUSTER) is not None


async def test_a_cluster_elsewhere_is_nobody_s(app: App) -> None:
    """A cluster in a network that is no spoke costs one GET."""
    await attached(app)
    other = NETWORK + "er"
    app.network("10.99.0.0/22", tag=None, identity=other)
    put_cluster(app, other)
    assert await app.event(MANAGED_CLUSTER) == ONE_GET
    assert await app.read(CLUSTER) is None


# Dismissals


async def dismissed(app: App) -> None:
    """Have a person send the network away, until it is gone from the hub."""
    await attached(app)
    await app.store.dismissals.dismiss(NETWORK.lower(), "weu")
    await depart(app)


async def depart(app: App) -> None:
    """Mark the spoke for deletion, as a request does, and bring all to rest."""
    body = to_json(await app.read(SPOKE))
    body["metadata"]["deletionRequested"] = "2026-01-01T00:00:00Z"
    await app.ready(body)


async def test_what_a_person_sent_away_does_not_come_back_by_itself(app: App) -> None:
    """The tag is still there: neither the end of its document nor an event brings it back."""
    await dismissed(app)
    assert await app.names() == ["Hub/weu"]
    assert await app.event() == ONE_GET
    assert await app.names() == ["Hub/weu"]


@pytest.mark.parametrize("between", ["untagged", "another hub", "deleted"])
async def test_it_may_ask_anew(app: App, between: str) -> None:
    """After its tag was off, or named another hub, or the network was made anew, the tag counts again."""
    await dismissed(app)
    if between == "deleted":
        app.azure.delete(NETWORK)
    else:
        app.network(tag=None if between == "untagged" else "neu")
    await app.event()
    assert await app.store.dismissals.all() == {}
    app.network()
    await app.event()
    assert str(SPOKE) in await app.names()


# Moving


async def test_a_tag_that_names_another_hub_moves_the_network(app: App) -> None:
    """It leaves the one first, and joins the other as soon as it left, without another event."""
    await attached(app)
    await app.ready(taking_in(name="neu", resourceGroup="rg-hub-neu", addressSpace=["10.4.0.0/22"], spokePool=None))
    app.network(tag="neu")
    await app.event()
    await app.settle()
    document = await app.read(SPOKE)
    assert (document.spec.hub, document.metadata.generation) == ("neu", 1)
    assert await app.said(SPOKE, "Ready") == ("True", "Provisioned")
    sides = [where for where in app.azure.resources if "/virtualnetworkpeerings/" in where]
    assert len(sides) == 2
    assert not [side for side in sides if "vnet-hub-weu" in side or side.endswith("-to-weu")]


async def test_a_person_s_spoke_is_left_alone(app: App) -> None:
    """A network that a request adopted does not leave because it has no tag."""
    app.network(tag=None)
    await app.ready(taking_in(), spoke(addressSpace=[], virtualNetworkId=NETWORK))
    app.ticks += 10
    assert await app.event() == ONE_GET
    assert app.client.running == []
    assert await app.names() == ["Hub/weu", "Spoke/payments"]
