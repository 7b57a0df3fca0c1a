"""Clusters that appear in an attached spoke: found by their event or by the sweep, linked, proved, and let go again."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import ELSEWHERE, HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.damage import NO_EVENTS, short
from tests.e2e.site import NO_SWEEP
from tests.e2e.stage import Json, all_ready, condition, example, is_ready, last, requests, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SPEED = 250.0
HUBS_LINK = "vnet-hub-weu"
ZONE_CONTRIBUTOR = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"
SUBZONE = "team.privatelink.westeurope.azmk8s.io"
SYSTEM = {"enablePrivateCluster": True, "privateDNSZone": "system"}
PUBLIC = {"authorizedIPRanges": ["198.51.100.0/24", "203.0.113.7/32"]}


@dataclass
class Scene:
    """An onboarded network that somebody makes clusters in, with an identity of each subscription."""

    client: Client
    somebody: Somebody
    network: str = ""
    identity: str = ""
    stranger: str = ""
    mark: int = 0

    @property
    def subnet(self) -> str:
        """The subnet of the nodes."""
        return f"{self.network}/subnets/nodes"

    async def begin(self) -> None:
        """From here on writes are counted."""
        self.mark = last(await self.client.journal())

    async def make(self, name: str, access: Json, *, abroad: bool = False) -> str:
        """Make a cluster, in the network's subscription or in the other one; return its id."""
        group = f"/subscriptions/{ELSEWHERE if abroad else HOME}/resourceGroups/rg-theirs"
        return await self.somebody.cluster(group, name, self.subnet, self.stranger if abroad else self.identity, access)

    async def document(self, cluster: str) -> Json | None:
        """Return the document of a cluster; None where it has none."""
        found = (await self.client.api("clusters"))["items"]
        return next((one for one in found if one["spec"].get("managedClusterId", "").lower() == cluster.lower()), None)

    async def ready(self, cluster: str) -> Json:
        """Wait until a cluster has a document that is ready; return that."""

        async def so() -> bool:
            found = await self.document(cluster)
            return found is not None and is_ready(found)

        await until(so, 60)
        return await self.document(cluster) or {}

    async def writes(self) -> list[str]:
        """Return our accepted writes since the beginning, as `METHOD type/name`; without commands and queries."""
        lines = requests(await self.client.journal(self.mark), "PUT", "DELETE", "PATCH", "POST")
        done = sorted(f"{line['method']} {short(line['path'])}" for line in lines if line["status"] < 400)
        return [line for line in done if not line.endswith(("/runCommand", "Microsoft.ResourceGraph/resources"))]

    async def links(self, zone: str) -> list[str]:
        """Return the names of the links of a zone; none where it is gone."""
        found = await self.somebody.get(f"{zone}/virtualNetworkLinks")
        return sorted(link["name"] for link in found["value"]) if found else []

    async def unheard(self, do: Callable[[], Awaitable[Any]]) -> Any:
        """Do something of which no event tells."""
        await self.client.break_azure([NO_EVENTS])
        result = await do()
        await self.client.break_azure([])
        return result


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Yield a scene in which the network is attached by its tag, and the identities may make clusters."""
    options = Options(tmp_path_factory.mktemp("found"), SPEED, settings=NO_SWEEP, subscriptions=(HOME, ELSEWHERE))
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await client.send(example()[0], message_id="hub")
        group, other = await somebody.group("rg-theirs"), await somebody.group("rg-theirs", ELSEWHERE)
        subnets = {"nodes": {"addressPrefix": "10.80.0.0/24"}}
        network = await somebody.network(group, "vnet-team", ["10.80.0.0/22"], subnets, {"spokewright-hub": "weu"})
        await until(lambda: all_ready(client, 2))
        table = (await client.api("spokes"))["items"][0]["status"]["outputs"]["routeTableId"]
        identity = await somebody.identity(group, "theirs", network, table)
        stranger = await somebody.identity(other, "stranger", network, table)
        yield Scene(client, somebody, network, identity, stranger)


async def _is_proved(document: Json) -> None:
    evidence = document["status"]["outputs"]["verification"]
    assert evidence["addresses"] == [evidence["endpointAddress"]]
    assert evidence["addresses"][0].startswith("10.80.")
    assert condition(document, "ApiServerReachable")["status"] == "True"
    assert condition(document, "EgressRouted")["status"] == "True"


async def test_a_private_cluster_is_attached_by_its_event(scene: Scene) -> None:
    """A document with origin event; one link into the zone that AKS made; then the jump server reaches it."""
    await scene.begin()
    cluster = await scene.make("private", SYSTEM)
    document = await scene.ready(cluster)
    assert (document["metadata"]["origin"], document["spec"]["policy"]) == ("event", "Attach")
    await _is_proved(document)
    assert await scene.writes() == [f"PUT virtualNetworkLinks/{HUBS_LINK}"]
    assert HUBS_LINK in await scene.somebody.links(cluster)


async def test_a_zone_of_another_subscription_is_linked(scene: Scene) -> None:
    """A cluster of another subscription with a zone that its owner brought is resolved by one link in that."""
    group = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg-theirs"
    zone = f"{group}/providers/Microsoft.Network/privateDnsZones/{SUBZONE}"
    await scene.somebody.put(zone, {"location": "global"})
    await _grant(scene, zone)
    await scene.begin()
    access = {"enablePrivateCluster": True, "privateDNSZone": zone}
    document = await scene.ready(await scene.make("brought", access, abroad=True))
    await _is_proved(document)
    assert document["status"]["outputs"]["privateDnsZoneId"].lower() == zone.lower()
    assert await scene.writes() == [f"PUT virtualNetworkLinks/{HUBS_LINK}"]
    assert HUBS_LINK in await scene.links(zone)


async def _grant(scene: Scene, zone: str) -> None:
    principal = (await scene.somebody.get(scene.stranger))["properties"]["principalId"]
    role = f"/subscriptions/{HOME}/providers/Microsoft.Authorization/roleDefinitions/{ZONE_CONTRIBUTOR}"
    grant = {"principalId": principal, "principalType": "ServicePrincipal", "roleDefinitionId": role}
    place = f"{zone}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    await scene.somebody.put(place, {"properties": grant})


async def test_a_public_cluster_is_left_alone(scene: Scene) -> None:
    """The condition says who may call its API server; nothing is written in Azure, not even for others' sake."""
    await scene.begin()
    cluster = await scene.make("public", PUBLIC)

    async def said() -> bool:
        found = await scene.document(cluster)
        return found is not None and condition(found, "Ready")["reason"] == "PublicApiServer"

    await until(said, 30)
    document = await scene.document(cluster) or {}
    message = condition(document, "ApiServerPrivate")["message"]
    assert condition(document, "ApiServerPrivate")["status"] == "False"
    assert all(allowed in message for allowed in PUBLIC["authorizedIPRanges"])
    assert await scene.writes() == []


async def test_what_no_event_told_is_found_by_the_sweep(scene: Scene) -> None:
    """A cluster whose events were dropped is attached by the next sweep."""
    cluster = await scene.unheard(lambda: scene.make("unheard", SYSTEM, abroad=True))
    assert await scene.document(cluster) is None
    swept = await scene.client.post("sweep")
    document = await scene.ready(cluster)
    assert swept["found"] == [f"Cluster/{document['metadata']['name']}"]
    await _is_proved(document)


@pytest.mark.parametrize("told", [True, False], ids=["event", "sweep"])
async def test_a_deleted_cluster_takes_link_and_document_along(scene: Scene, told: bool) -> None:  # noqa: FBT001 - a table
    """What its event, or else the sweep, finds gone is detached: from a zone that stays our link is removed."""
    group = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg-theirs/providers"
    name = "brought" if told else "unheard"
    cluster = f"{group}/Microsoft.ContainerService/managedClusters/{name}"
    zone = f"{group}/Microsoft.Network/privateDnsZones/{SUBZONE}"
    key = f"Cluster/{(await scene.document(cluster) or {})['metadata']['name']}"
    if told:
        await scene.somebody.delete(cluster)
    else:
        await scene.unheard(lambda: scene.somebody.delete(cluster))
        assert (await scene.client.post("sweep"))["woken"] == [key]

    async def forgotten() -> bool:
        return await scene.document(cluster) is None

    await until(forgotten, 30)
    assert HUBS_LINK not in await scene.links(zone)
    assert await scene.somebody.get(zone) is not None


async def test_the_tag_goes_and_so_do_the_clusters_first(scene: Scene) -> None:
    """Clusters that were found are let go, their links before the spoke's peerings; the clusters stay as they were."""
    cluster = f"/subscriptions/{HOME}/resourceGroups/rg-theirs/providers/Microsoft.ContainerService/managedClusters"
    before = await scene.somebody.get(f"{cluster}/private"), await scene.somebody.get(f"{cluster}/public")
    await scene.begin()
    await scene.somebody.tag(scene.network, "Delete", {"spokewright-hub": "weu"})
    await until(lambda: all_ready(scene.client, 1), 60)
    assert HUBS_LINK not in await scene.somebody.links(f"{cluster}/private")
    lines = requests(await scene.client.journal(scene.mark), "DELETE")
    removed = [short(line["path"]).partition("/")[0] for line in lines if line["status"] < 400]
    assert removed[0] == "virtualNetworkLinks"
    assert "virtualNetworkPeerings" in removed
    assert before == (await scene.somebody.get(f"{cluster}/private"), await scene.somebody.get(f"{cluster}/public"))
