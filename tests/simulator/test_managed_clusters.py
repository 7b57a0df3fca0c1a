"""Private clusters in a hub-spoke network: what they need, what they make, and how they fail."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulator.server import SUBSCRIPTION
from tests.simulator import landscape as land
from tests.simulator.conftest import Answer, Azure, group, network, vnet

NODE_GROUP = group("MC_rg_payments_westeurope")


@pytest.fixture
async def ready(azure: Azure) -> Azure:
    """Everything that a private cluster with the shared zone needs."""
    await land.build_networks(azure)
    await land.build_zone(azure, "hub", "spoke")
    await land.build_identity(azure)
    return azure


async def refused(azure: Azure, body: dict[str, Any] | None = None) -> str:
    """PUT a cluster that AKS refuses; the code of its unwrapped error."""
    answer = await azure.put(land.CLUSTER, body or land.cluster_body())
    assert answer.status == 400, answer.body
    return str(answer.body["code"])


async def records(azure: Azure, zone: str) -> dict[str, str]:
    """The A records of a zone."""
    listed = (await azure.get(f"{zone}/A")).body["value"]
    return {r["name"]: r["properties"]["aRecords"][0]["ipv4Address"] for r in listed}


async def test_the_jump_server_resolves_and_reaches_the_api_server(ready: Azure) -> None:
    """A cluster in the shared zone is up, and the jump server gets the endpoint's address and an answer on 443."""
    end, cluster = await land.create_cluster(ready)
    assert end.body["status"] == "Succeeded", end.body
    private = cluster.properties["privateFQDN"]
    assert private.startswith("payments-")
    assert private.endswith(f".{land.ZONE_NAME}")
    address = (await records(ready, land.ZONE))[private.split(".")[0]]
    message = await land.run_on_jump_server(ready, f"nslookup {private}", f"nc -z -v -w 5 {private} 443")
    assert message == (
        "Enable succeeded: \n[stdout]\n"
        "Server:\t\t168.63.129.16\nAddress:\t168.63.129.16#53\n\n"
        f"Non-authoritative answer:\nName:\t{private}\nAddress: {address}\n\n"
        "\n[stderr]\n"
        f"Connection to {private} ({address}) 443 port [tcp/https] succeeded!\n"
    )


async def test_the_node_resource_group_holds_endpoint_and_interface(ready: Azure) -> None:
    """The endpoint and its interface lie in the node resource group, the address in the subnet of the nodes."""
    _, cluster = await land.create_cluster(ready)
    found = await ready.get(NODE_GROUP)
    assert found.body["managedBy"].lower() == land.CLUSTER.lower()
    nics = (await ready.get(f"{NODE_GROUP}/providers/Microsoft.Network/networkInterfaces")).body["value"]
    (address,) = [nic["properties"]["ipConfigurations"][0]["properties"] for nic in nics]
    assert address["subnet"]["id"].lower() == land.NODES.lower()
    assert address["privateIPAddress"] in (await records(ready, land.ZONE)).values()
    assert cluster.properties["nodeResourceGroup"] == "MC_rg_payments_westeurope"


async def test_a_system_zone_is_made_and_linked_by_aks(azure: Azure) -> None:
    """Without a zone AKS makes one with a GUID in the node resource group and links it to the cluster's VNet."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    end, cluster = await land.create_cluster(azure, privateDNSZone="system")
    assert end.body["status"] == "Succeeded", end.body
    (zone,) = (await azure.get(f"{NODE_GROUP}/providers/Microsoft.Network/privateDnsZones")).body["value"]
    assert cluster.properties["privateFQDN"].endswith(zone["name"])
    assert zone["name"].endswith(f".{land.ZONE_NAME}")
    (link,) = (await azure.get(f"{zone['id']}/virtualNetworkLinks")).body["value"]
    assert link["properties"]["virtualNetwork"]["id"].lower() == vnet("spoke").lower()


@pytest.mark.parametrize(
    ("before", "made"), [pytest.param(["spoke"], 1, id="linked"), pytest.param([], 1, id="not linked")]
)
async def test_aks_links_a_given_zone_unless_it_is_linked(azure: Azure, before: list[str], made: int) -> None:
    """Whoever linked the zone to the cluster's VNet, in the end there is exactly one link."""
    await land.build_networks(azure)
    await land.build_zone(azure, *before)
    await land.build_identity(azure)
    await land.create_cluster(azure)
    links = (await azure.get(f"{land.ZONE}/virtualNetworkLinks")).body["value"]
    assert len(links) == made
    assert links[0]["properties"]["virtualNetwork"]["id"].lower() == vnet("spoke").lower()


async def test_without_a_zone_the_public_name_leads_to_the_private_address(ready: Azure) -> None:
    """With privateDNSZone none there is no private name, and the public one resolves to the endpoint."""
    end, cluster = await land.create_cluster(ready, privateDNSZone="none")
    assert end.body["status"] == "Succeeded", end.body
    assert "privateFQDN" not in cluster.properties
    message = await land.run_on_jump_server(ready, f"nslookup {cluster.properties['fqdn']}")
    assert "Address: 10.64." in message


async def subnet_without_table(azure: Azure) -> None:
    """Take the route table off the subnet of the nodes."""
    await land.put_nodes(azure)


async def route(azure: Azure, prefix: str, hop: str) -> None:
    """Replace the only route."""
    item = {"name": "default", "properties": {"addressPrefix": prefix, "nextHopType": hop}}
    await azure.made(land.TABLE, {"routes": [item]})


async def no_default(azure: Azure) -> None:
    """Leave a route to somewhere else."""
    await route(azure, "10.9.0.0/16", "VnetLocal")


async def default_to_internet(azure: Azure) -> None:
    """Send all to the internet."""
    await route(azure, "0.0.0.0/0", "Internet")


async def no_zone_role(azure: Azure) -> None:
    """Take all roles on the zone away."""
    for item in (await azure.get(f"{land.ZONE}/providers/Microsoft.Authorization/roleAssignments")).body["value"]:
        if item["properties"]["scope"].lower() == land.ZONE.lower():
            await azure.delete(item["id"])


async def no_table_role(azure: Azure) -> None:
    """Take all roles on the route table away."""
    for item in (await azure.get(f"{land.TABLE}/providers/Microsoft.Authorization/roleAssignments")).body["value"]:
        await azure.delete(item["id"])


async def no_identity(azure: Azure) -> None:
    """Remove the identity."""
    await azure.delete(land.IDENTITY)


async def overlapping_subnet(azure: Azure) -> None:
    """Give the spoke a subnet inside the service CIDR."""
    prefixes = {"addressPrefixes": ["10.64.0.0/22", "172.16.0.0/24"]}
    await azure.made(vnet("spoke"), {"addressSpace": prefixes})
    subnet = network("virtualNetworks/subnets", "spoke", "clash")
    await azure.made(subnet, {"addressPrefix": "172.16.0.0/24"}, location=None)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(subnet_without_table, "ExistingRouteTableNotAssociatedWithSubnet", id="no route table"),
        pytest.param(no_default, "RouteTableMissingDefaultRouteError", id="no default route"),
        pytest.param(default_to_internet, "RouteTableInvalidNextHop", id="default route to the internet"),
        pytest.param(no_zone_role, "CustomPrivateDNSZoneMissingPermissionError", id="no role on the zone"),
        pytest.param(no_table_role, "CustomRouteTableMissingPermission", id="no role on the route table"),
        pytest.param(overlapping_subnet, "ServiceCidrOverlapExistingSubnetsCidr", id="service CIDR in the VNet"),
    ],
)
async def test_preconditions_are_refused_at_once(ready: Azure, spoil: Any, code: str) -> None:
    """AKS refuses a cluster whose network or permissions are not ready, with its own unwrapped error."""
    await spoil(ready)
    assert await refused(ready) == code
    assert (await ready.get(land.CLUSTER)).status == 404


async def test_an_unknown_identity_is_refused_by_the_resource_manager(ready: Azure) -> None:
    """The identity must exist; that error comes wrapped, from before AKS."""
    await no_identity(ready)
    answer = await ready.put(land.CLUSTER, land.cluster_body())
    assert (answer.status, answer.code) == (400, "FailedIdentityOperation")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"agentPoolProfiles": []}, "InvalidParameter", id="no pools"),
        pytest.param({"dnsPrefix": None}, "InvalidParameter", id="no DNS prefix"),
        pytest.param({"kubernetesVersion": "latest"}, "InvalidParameter", id="no version"),
        pytest.param(
            {"servicePrincipalProfile": {"clientId": "http://app"}}, "ServicePrincipalNotFound", id="no client"
        ),
    ],
)
async def test_parameters_are_checked(ready: Azure, changes: dict[str, Any], code: str) -> None:
    """What AKS cannot use it refuses by its parameter."""
    body = land.cluster_body()
    body["properties"].update(changes)
    assert await refused(ready, body) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"serviceCidr": "172.30.0.0/16"}, "InvalidParameter", id="reserved"),
        pytest.param({"podCidr": "172.16.8.0/21"}, "PodCIDROverlapServiceCIDR", id="pods in services"),
        pytest.param({"podCidr": "10.64.0.0/16"}, "NetworkProfileCIDROverlapVNET", id="pods in the VNet"),
        pytest.param({"dnsServiceIP": "10.0.0.10"}, "InvalidParameter", id="DNS service elsewhere"),
    ],
)
async def test_address_ranges_are_checked(ready: Azure, changes: dict[str, Any], code: str) -> None:
    """Pod and service ranges must keep clear of each other, of the VNet and of what AKS reserves."""
    body = land.cluster_body()
    body["properties"]["networkProfile"].update(changes)
    assert await refused(ready, body) == code


async def test_a_busy_network_is_refused(ready: Azure) -> None:
    """While the VNet is being written the cluster is refused."""
    await ready.put(
        vnet("spoke"), {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.64.0.0/22"]}}}
    )
    assert await refused(ready) == "VirtualNetworkNotInSucceededState"


async def test_nodes_that_cannot_resolve_the_api_server_fail_with_52(azure: Azure) -> None:
    """A spoke whose DNS server's VNet is not linked to the zone cannot resolve: the create fails with exit 52."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    await use_firewall_dns(azure)
    end, cluster = await land.create_cluster(azure)
    assert (end.body["status"], end.code) == ("Failed", "VMExtensionProvisioningError")
    assert "exit status=52" in end.body["error"]["message"]
    assert cluster.properties["provisioningState"] == "Failed"


async def test_a_failed_cluster_is_repaired_by_another_put(azure: Azure) -> None:
    """Once the zone is linked where the DNS server asks, the same PUT brings a failed cluster up."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    await use_firewall_dns(azure)
    await land.create_cluster(azure)
    await land.put_link(azure, "hub")
    again = await azure.put(land.CLUSTER, land.cluster_body())
    assert (again.status, again.properties["provisioningState"]) == (200, "Updating")
    await azure.pass_time(6000)
    assert (await azure.get(land.CLUSTER)).properties["provisioningState"] == "Succeeded"


async def test_a_link_made_while_the_cluster_is_creating_saves_it(azure: Azure) -> None:
    """With custom DNS and a system zone, linking the zone to the DNS server's VNet in time makes the create succeed."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    await use_firewall_dns(azure)
    begun = await azure.put(land.CLUSTER, land.cluster_body(privateDNSZone="system"))
    await azure.pass_time(250)
    (zone,) = (await azure.get(f"{NODE_GROUP}/providers/Microsoft.Network/privateDnsZones")).body["value"]
    properties = {"virtualNetwork": {"id": vnet("hub")}}
    await land.accepted(
        azure, f"{zone['id']}/virtualNetworkLinks/hub", {"location": "global", "properties": properties}
    )
    await azure.pass_time(6000)
    assert (await azure.get(begun.headers["azure-asyncoperation"])).body["status"] == "Succeeded"


async def use_firewall_dns(azure: Azure) -> None:
    """Let the spoke ask the firewall's DNS proxy."""
    await azure.made(
        vnet("spoke"),
        {"addressSpace": {"addressPrefixes": ["10.64.0.0/22"]}, "dhcpOptions": {"dnsServers": [land.FIREWALL_IP]}},
    )


async def test_a_closed_firewall_fails_with_50(ready: Azure) -> None:
    """Without rules for what AKS needs, the nodes find no way out: exit 50, naming a host."""
    await land.put_rules(ready, [])
    end, _ = await land.create_cluster(ready)
    assert end.code == "VMExtensionProvisioningError"
    assert "exit status=50" in end.body["error"]["message"]
    assert "mcr.microsoft.com" in end.body["error"]["message"]


async def test_a_role_on_the_subnet_alone_fails_in_the_operation(azure: Azure) -> None:
    """A private cluster's identity needs the VNet; the subnet is not enough."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    principal = str((await azure.put(land.IDENTITY, {"location": "westeurope"})).properties["principalId"])
    for scope, role in ((land.NODES, land.NETWORK_CONTRIBUTOR), (land.TABLE, land.NETWORK_CONTRIBUTOR)):
        await land.assign(azure, principal, scope, role)
    await land.assign(azure, principal, land.ZONE, land.ZONE_CONTRIBUTOR)
    await azure.pass_time(300)
    end, _ = await land.create_cluster(azure)
    assert (end.body["status"], end.code) == ("Failed", "LinkedAuthorizationFailed")


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
    assert await records(ready, land.ZONE)
    await ready.removed(land.CLUSTER)
    await ready.pass_time(6000)
    assert (await ready.get(land.CLUSTER)).code == "ResourceNotFound"
    assert (await ready.get(NODE_GROUP)).status == 404
    assert await records(ready, land.ZONE) == {}
    assert [item["name"] for item in (await ready.get(f"{land.ZONE}/virtualNetworkLinks")).body["value"]] == [
        "hub",
        "spoke",
    ]


async def test_stop_and_start_move_the_api_server(ready: Azure) -> None:
    """While stopped nothing answers; after the start the record leads to another address, which answers."""
    _, cluster = await land.create_cluster(ready)
    name = cluster.properties["privateFQDN"]
    before = await records(ready, land.ZONE)
    assert (await post(ready, "stop")).status == 202
    await ready.pass_time()
    assert "timed out" in await land.run_on_jump_server(ready, f"nc -zvw 3 {name} 443")
    await post(ready, "start")
    await ready.pass_time()
    after = await records(ready, land.ZONE)
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


async def test_a_subzone_holds_the_record(azure: Azure) -> None:
    """A zone below the regional one works like it: record and link lie in it."""
    await land.build_networks(azure)
    await land.build_zone(azure, "hub")
    subzone = network("privateDnsZones", f"payments.{land.ZONE_NAME}")
    await land.accepted(azure, subzone, {"location": "global"})
    principal = await land.build_identity(azure)
    await land.assign(azure, principal, subzone, land.ZONE_CONTRIBUTOR)
    await azure.pass_time(300)
    end, cluster = await land.create_cluster(azure, privateDNSZone=subzone)
    assert end.body["status"] == "Succeeded", end.body
    assert cluster.properties["privateFQDN"].endswith(f".payments.{land.ZONE_NAME}")
    assert len(await records(azure, subzone)) == 1


async def test_a_locked_node_group_takes_no_links(azure: Azure) -> None:
    """A cluster that keeps its node resource group read-only lets nobody link the zone in it."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    body = land.cluster_body(privateDNSZone="system")
    body["properties"]["nodeResourceGroupProfile"] = {"restrictionLevel": "ReadOnly"}
    await azure.put(land.CLUSTER, body)
    await azure.pass_time(6000)
    (zone,) = (await azure.get(f"{NODE_GROUP}/providers/Microsoft.Network/privateDnsZones")).body["value"]
    link = {"location": "global", "properties": {"virtualNetwork": {"id": vnet("hub")}}}
    answer = await azure.put(f"{zone['id']}/virtualNetworkLinks/hub", link)
    assert (answer.status, answer.code) == (403, "DenyAssignmentAuthorizationFailed")


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
    assert (await ready.get(NODE_GROUP)).status == 404


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
