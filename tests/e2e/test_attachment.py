"""Clusters that somebody else made, attached by a document: proved from the jump server, and given back untouched."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import ELSEWHERE, HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.site import NO_SWEEP, Site
from tests.e2e.stage import Json, all_ready, condition, example, is_ready, last, requests, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

GROUP = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg-theirs"
CLUSTERS = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters"
SPOKE = f"/subscriptions/{HOME}/resourceGroups/rg-payments/providers/Microsoft.Network"
NODES = f"{SPOKE}/virtualNetworks/vnet-payments/subnets/nodes"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs"


def attaching(name: str) -> Json:
    """Return the document that attaches a cluster."""
    spec = {"spoke": "payments", "policy": "Attach", "managedClusterId": f"{CLUSTERS}/{name}"}
    return {"apiVersion": "spokewright/v1", "kind": "Cluster", "metadata": {"name": name}, "spec": spec}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a spoke that is ready, and somebody with an identity that may make clusters in it."""
    options = Options(tmp_path_factory.mktemp("attach"), 60.0, settings=NO_SWEEP, subscriptions=(HOME, ELSEWHERE))
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await client.send({"documents": example()[:2]}, message_id="networks")
        await until(lambda: all_ready(client, 2))
        await somebody.simulator("PUT", "webhooks", [])  # An event would attach the clusters before the documents do.
        await somebody.group("rg-theirs", ELSEWHERE)
        await somebody.identity(
            GROUP, "theirs", f"{SPOKE}/virtualNetworks/vnet-payments", f"{SPOKE}/routeTables/rt-payments"
        )
        yield Site(stack, client, somebody)


async def test_a_private_cluster_of_another_subscription_is_proved(site: Site) -> None:
    """One link into the zone that AKS made is all that is written; then its name resolves and answers from the hub."""
    access = {"enablePrivateCluster": True, "privateDNSZone": "system"}
    await site.somebody.cluster(GROUP, "private", NODES, IDENTITY, access)
    before = last(await site.client.journal())
    await site.client.send(attaching("private"), message_id="attach")
    await until(lambda: all_ready(site.client, 3))
    document = await site.client.api("clusters/private")
    evidence = document["status"]["outputs"]["verification"]
    assert evidence["addresses"] == [evidence["endpointAddress"]]
    assert condition(document, "ApiServerPrivate")["status"] == "True"
    assert condition(document, "EgressRouted")["status"] == "True"
    writes = [line["path"].lower() for line in requests(await site.client.journal(before), "PUT", "DELETE")]
    assert [path.rpartition("/")[2] for path in writes] == ["vnet-hub-weu"]
    assert "vnet-hub-weu" in await site.somebody.links(f"{CLUSTERS}/private")


async def test_a_public_cluster_is_said_to_be_one(site: Site) -> None:
    """Nothing is written for it, nothing verified, and the reason names who may call its API server."""
    before = last(await site.client.journal())
    await site.somebody.cluster(GROUP, "public", NODES, IDENTITY, {"authorizedIPRanges": ["198.51.100.0/24"]})
    await site.client.send(attaching("public"), message_id="attach-public")

    async def said() -> bool:
        found = await site.client.api("clusters/public")
        return bool(condition(found, "Ready")["reason"] == "PublicApiServer")

    await until(said)
    document = await site.client.api("clusters/public")
    assert "198.51.100.0/24" in condition(document, "ApiServerPrivate")["message"]
    assert not is_ready(document)
    assert document["status"].get("retryAt") is None
    writes = requests(await site.client.journal(before), "PUT", "DELETE", "POST")
    assert [line["path"] for line in writes if "rg-theirs" not in line["path"]] == []


async def test_the_documents_go_and_the_clusters_stay(site: Site) -> None:
    """The link goes with the document; the cluster is as it was."""
    before = await site.somebody.get(f"{CLUSTERS}/private")
    documents = [attaching("private"), attaching("public")]
    await site.client.send({"documents": documents}, "delete", message_id="detach")
    await until(lambda: all_ready(site.client, 2))
    assert "vnet-hub-weu" not in await site.somebody.links(f"{CLUSTERS}/private")
    assert await site.somebody.get(f"{CLUSTERS}/private") == before
