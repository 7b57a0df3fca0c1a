"""Clusters that somebody else made, attached by a document: proved from the jump server, and given back untouched."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import Json, all_ready, condition, example, is_ready, last, requests, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HOME = "00000000-0000-0000-0000-000000000000"
ELSEWHERE = "11111111-1111-1111-1111-111111111111"
GROUP = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg-theirs"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs"
CLUSTERS = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters"
SPOKE = f"/subscriptions/{HOME}/resourceGroups/rg-payments/providers/Microsoft.Network"
NODES = f"{SPOKE}/virtualNetworks/vnet-payments/subnets/nodes"
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
VERSIONS = {
    "managedClusters": "2025-05-01",
    "userAssignedIdentities": "2023-01-31",
    "roleAssignments": "2022-04-01",
    "virtualNetworkLinks": "2024-06-01",
    "privateDnsZones": "2024-06-01",
}
NO_SWEEP = {"SPOKEWRIGHT_SWEEP_MINUTES": "10000"}


@dataclass
class Somebody:
    """Another user of the simulated Azure, with a client of the app to look at what follows."""

    endpoints: Json
    http: aiohttp.ClientSession
    client: Client
    token: str = ""

    async def sign_in(self) -> None:
        """Get a token."""
        query = {"resource": "https://management.azure.com", "api-version": "2019-08-01"}
        secret = {"X-IDENTITY-HEADER": self.endpoints["identityHeader"]}
        async with self.http.get(self.endpoints["identity"], params=query, headers=secret) as answer:
            self.token = (await answer.json())["access_token"]

    async def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Call Azure Resource Manager; return the status and the answer."""
        kind = next((part for part in reversed(path.split("/")) if part in VERSIONS), "")
        url = f"{self.endpoints['arm'].rstrip('/')}{path}?api-version={VERSIONS.get(kind, '2025-04-01')}"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if await answer.read() else None

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call Azure Resource Manager; return the answer."""
        status, answer = await self.send(method, path, body)
        assert status < 300, answer
        return answer

    async def make(self, name: str, access: Json) -> None:
        """Make a cluster in the spoke's network and wait until it is there."""

        async def begun() -> bool:
            """Try until the identity's roles are seen everywhere."""
            status, answer = await self.send("PUT", f"{CLUSTERS}/{name}", cluster_body(name, access))
            assert status < 300 or "MissingPermission" in answer["code"], answer
            return status < 300

        async def done() -> bool:
            state = (await self.call("GET", f"{CLUSTERS}/{name}"))["properties"]["provisioningState"]
            assert state != "Failed"
            return bool(state == "Succeeded")

        await until(begun)
        await until(done)

    async def links(self) -> list[str]:
        """Return the names of the links in the zone that AKS made."""
        cluster = await self.call("GET", f"{CLUSTERS}/private")
        group = f"/subscriptions/{ELSEWHERE}/resourceGroups/{cluster['properties']['nodeResourceGroup']}"
        zone = cluster["properties"]["privateFQDN"].partition(".")[2]
        path = f"{group}/providers/Microsoft.Network/privateDnsZones/{zone}/virtualNetworkLinks"
        return sorted(link["name"] for link in (await self.call("GET", path))["value"])


def cluster_body(name: str, access: Json) -> Json:
    """Return what somebody asks AKS for."""
    pool = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D4s_v5", "vnetSubnetID": NODES}
    network = {"networkPlugin": "azure", "networkPluginMode": "overlay", "outboundType": "userDefinedRouting"}
    return {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {
            "dnsPrefix": name,
            "agentPoolProfiles": [pool],
            "networkProfile": network,
            "apiServerAccessProfile": access,
        },
    }


def attaching(name: str) -> Json:
    """Return the document that attaches a cluster."""
    spec = {"spoke": "payments", "policy": "Attach", "managedClusterId": f"{CLUSTERS}/{name}"}
    return {"apiVersion": "spokewright/v1", "kind": "Cluster", "metadata": {"name": name}, "spec": spec}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def somebody(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Somebody]:
    """Yield somebody with an identity that may make clusters in a spoke that is ready."""
    options = Options(tmp_path_factory.mktemp("attach"), 60.0, settings=NO_SWEEP, subscriptions=(HOME, ELSEWHERE))
    async with Stack(options) as stack, Client(stack.endpoints) as client:
        trust = ssl.create_default_context(cafile=stack.endpoints["caBundle"])
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as http:
            user = Somebody(stack.endpoints, http, client)
            await user.sign_in()
            await client.send({"documents": example()[:2]}, message_id="networks")
            await until(lambda: all_ready(client, 2))
            await user.call("PUT", GROUP, {"location": "westeurope"})
            principal = (await user.call("PUT", IDENTITY, {"location": "westeurope"}))["properties"]["principalId"]
            for scope in (f"{SPOKE}/virtualNetworks/vnet-payments", f"{SPOKE}/routeTables/rt-payments"):
                await user.call(
                    "PUT",
                    f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}",
                    {
                        "properties": {
                            "principalId": principal,
                            "principalType": "ServicePrincipal",
                            "roleDefinitionId": f"/subscriptions/{HOME}/providers/Microsoft.Authorization"
                            f"/roleDefinitions/{NETWORK_CONTRIBUTOR}",
                        }
                    },
                )
            yield user


async def test_a_private_cluster_of_another_subscription_is_proved(somebody: Somebody) -> None:
    """One link into the zone that AKS made is all that is written; then its name resolves and answers from the hub."""
    await somebody.make("private", {"enablePrivateCluster": True, "privateDNSZone": "system"})
    before = last(await somebody.client.journal())
    await somebody.client.send(attaching("private"), message_id="attach")
    await until(lambda: all_ready(somebody.client, 3))
    document = await somebody.client.api("clusters/private")
    evidence = document["status"]["outputs"]["verification"]
    assert evidence["addresses"] == [evidence["endpointAddress"]]
    assert condition(document, "ApiServerPrivate")["status"] == "True"
    assert condition(document, "EgressRouted")["status"] == "True"
    writes = [line["path"].lower() for line in requests(await somebody.client.journal(before), "PUT", "DELETE")]
    assert [path.rpartition("/")[2] for path in writes] == ["vnet-hub-weu"]
    assert "vnet-hub-weu" in await somebody.links()


async def test_a_public_cluster_is_said_to_be_one(somebody: Somebody) -> None:
    """Nothing is written for it, nothing verified, and the reason names who may call its API server."""
    before = last(await somebody.client.journal())
    await somebody.make("public", {"authorizedIPRanges": ["198.51.100.0/24"]})
    await somebody.client.send(attaching("public"), message_id="attach-public")

    async def said() -> bool:
        found = await somebody.client.api("clusters/public")
        return bool(condition(found, "Ready")["reason"] == "PublicApiServer")

    await until(said)
    document = await somebody.client.api("clusters/public")
    assert "198.51.100.0/24" in condition(document, "ApiServerPrivate")["message"]
    assert not is_ready(document)
    assert document["status"].get("retryAt") is None
    writes = requests(await somebody.client.journal(before), "PUT", "DELETE", "POST")
    assert [line["path"] for line in writes if "rg-theirs" not in line["path"]] == []


async def test_the_documents_go_and_the_clusters_stay(somebody: Somebody) -> None:
    """The link goes with the document; the cluster is as it was."""
    before = await somebody.call("GET", f"{CLUSTERS}/private")
    documents = [attaching("private"), attaching("public")]
    await somebody.client.send({"documents": documents}, "delete", message_id="detach")
    await until(lambda: all_ready(somebody.client, 2))
    assert "vnet-hub-weu" not in await somebody.links()
    assert await somebody.call("GET", f"{CLUSTERS}/private") == before
