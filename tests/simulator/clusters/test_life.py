"""Updates, pools, stop and start, commands, deletion."""

from __future__ import annotations

from typing import Any

from local.simulator.server import SUBSCRIPTION
from tests.simulator import landscape as land
from tests.simulator.conftest import Answer, Azure, group, vnet


async def test_one_operation_at_a_time(ready: Azure) -> None:
    """A second write while the cluster is creating is refused; a deletion preempts the creation."""
    begun = await ready.put(land.CLUSTER, land.cluster_body())
    again = await ready.put(land.CLUSTER, land.cluster_body())
    assert (again.status, again.body["code"]) == (409, "OperationNotAllowed")
    assert "(Creating)" in again.body["message"]
    gone = await ready.delete(land.CLUSTER)
    assert gone.status == 202
    await ready.pass_time(6000)
    assert (await ready.get(begun.headers["azure-asyncoperation"])).code == "AKSOperationPreempted"
    assert (await ready.get(land.CLUSTER)).status == 404


async def test_deleting_the_cluster_removes_all_that_aks_made(ready: Azure) -> None:
    """The node resource group, the record in the shared zone and AKS's own link go; our links stay."""
    await land.create_cluster(ready)
    assert await land.records(ready, land.ZONE)
    await ready.removed(land.CLUSTER)
    await ready.pass_time(6000)
    assert (await ready.get(land.CLUSTER)).code == "ResourceNotFound"
    assert (await ready.get(land.NODE_GROUP)).status == 404
    assert await land.records(ready, land.ZONE) == {}
    assert [item["name"] for item in (await ready.get(f"{land.ZONE}/virtualNetworkLinks")).body["value"]] == [
        "hub",
        "spoke",
    ]


async def test_stop_and_start_move_the_api_server(ready: Azure) -> None:
    """While stopped the name resolves and nothing answers; after the start it leads to another address."""
    _, cluster = await land.create_cluster(ready)
    name = cluster.properties["privateFQDN"]
    before = await land.records(ready, land.ZONE)
    assert (await post(ready, "stop")).status == 202
    await ready.pass_time()
    (address,) = before.values()
    assert f"Address: {address}\n" in await land.run_on_jump_server(ready, f"nslookup {name}")
    assert "timed out" in await land.run_on_jump_server(ready, f"nc -zvw 3 {name} 443")
    await post(ready, "start")
    await ready.pass_time()
    (moved,) = (await land.records(ready, land.ZONE)).values()
    assert f"Address: {moved}\n" in await land.run_on_jump_server(ready, f"nslookup {name}")
    after = await land.records(ready, land.ZONE)
    assert after.keys() == before.keys()
    assert after != before
    assert "succeeded!" in await land.run_on_jump_server(ready, f"nc -zvw 3 {name} 443")


async def post(azure: Azure, action: str, body: dict[str, Any] | None = None) -> Answer:
    """Run an action on the cluster."""
    return await azure.send("POST", f"{land.CLUSTER}/{action}", body)


async def test_pools_are_children_and_inline(ready: Azure) -> None:
    """A pool that is added is shown by the cluster, scales, and goes; the last system pool stays."""
    await land.create_cluster(ready)
    pool = f"{land.CLUSTER}/agentPools/work"
    made = await ready.put(pool, {"properties": {"count": 2, "vmSize": "Standard_D8s_v5", "mode": "User"}})
    assert (made.status, made.properties["provisioningState"]) == (201, "Creating")
    await ready.pass_time(7000)
    scaled = await ready.put(pool, {"properties": {"count": 4}})
    assert (scaled.status, scaled.properties["count"], scaled.properties["vmSize"]) == (200, 4, "Standard_D8s_v5")
    await ready.pass_time(7000)
    shown = (await ready.get(land.CLUSTER)).properties["agentPoolProfiles"]
    assert [(p["name"], p["count"], p["provisioningState"]) for p in shown] == [
        ("system", 3, "Succeeded"),
        ("work", 4, "Succeeded"),
    ]
    await ready.removed(pool)
    assert (await ready.get(pool)).status == 404
    last = await ready.delete(f"{land.CLUSTER}/agentPools/system")
    assert (last.status, last.body["code"]) == (400, "SystemPoolIsRequired")


async def test_an_update_keeps_names_and_refuses_new_ones(ready: Azure) -> None:
    """A second PUT keeps the names that AKS gave; the DNS prefix cannot change."""
    _, before = await land.create_cluster(ready)
    body = land.cluster_body()
    body["tags"] = {"team": "payments"}
    changed = await ready.put(land.CLUSTER, body)
    assert (changed.status, changed.properties["provisioningState"]) == (200, "Updating")
    await ready.pass_time(6000)
    after = await ready.get(land.CLUSTER)
    for name in ("fqdn", "privateFQDN", "nodeResourceGroup", "azurePortalFQDN"):
        assert after.properties[name] == before.properties[name]
    assert after.body["tags"] == {"team": "payments"}
    body["properties"]["dnsPrefix"] = "other"
    answer = await ready.put(land.CLUSTER, body)
    assert answer.body["code"] == "PropertyChangeNotAllowed"


async def test_commands_and_credentials(ready: Azure) -> None:
    """A command's result is found at Location, 202 until it is there; kubeconfigs name the private server."""
    _, cluster = await land.create_cluster(ready)
    begun = await post(ready, "runCommand", {"command": "kubectl get nodes"})
    assert (begun.status, set(begun.headers) & {"location", "azure-asyncoperation"}) == (202, {"location"})
    assert (await ready.get(begun.headers["location"])).status == 202
    await ready.pass_time(60)
    result = await ready.get(begun.headers["location"])
    assert (result.status, result.properties["exitCode"]) == (200, 0)
    assert result.properties["logs"].count("Ready") == 3
    given = await post(ready, "listClusterUserCredential")
    assert given.body["kubeconfigs"][0]["name"] == "clusterUser"
    assert cluster.properties["currentKubernetesVersion"].startswith("1.33.")


async def test_teardown_in_order_leaves_nothing(ready: Azure) -> None:
    """Cluster, links, zone, peerings, networks: each goes once what uses it is gone, and not before."""
    await land.create_cluster(ready)
    assert (await ready.delete(vnet("spoke"))).code == "InUseSubnetCannotBeDeleted"
    order = [land.CLUSTER, land.link("hub"), land.link("spoke"), land.ZONE, land.vnet_peering("hub", "spoke")]
    order += [land.vnet_peering("spoke", "hub"), vnet("spoke"), land.TABLE]
    for path in order:
        await ready.removed(path)
        assert (await ready.get(path)).status == 404, path


async def test_a_group_takes_cluster_and_network_along(ready: Azure) -> None:
    """Deleting the group of cluster and network removes both, and the node resource group with them."""
    await land.create_cluster(ready)
    await ready.removed(group("rg"))
    await ready.pass_time(6000)
    assert (await ready.get(group("rg"))).status == 404
    assert (await ready.get(land.NODE_GROUP)).status == 404


async def test_versions_on_offer(ready: Azure) -> None:
    """The region's versions, a cluster's upgrades and a pool's versions agree with each other."""
    await land.create_cluster(ready)
    region = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/locations/westeurope"
    offered = {
        v for item in (await ready.get(f"{region}/kubernetesVersions")).body["values"] for v in item["patchVersions"]
    }
    upgrades = (await ready.get(f"{land.CLUSTER}/upgradeProfiles/default")).properties["controlPlaneProfile"][
        "upgrades"
    ]
    assert upgrades
    assert {item["kubernetesVersion"] for item in upgrades} <= offered
    pool = await ready.get(f"{land.CLUSTER}/agentPools/system/upgradeProfiles/default")
    assert [u["kubernetesVersion"] for u in pool.properties["upgrades"]] == [u["kubernetesVersion"] for u in upgrades]
    versions = (await ready.get(f"{land.CLUSTER}/availableAgentPoolVersions")).properties["agentPoolVersions"]
    assert [item["kubernetesVersion"] for item in versions if item["default"]] == ["1.33.5"]
