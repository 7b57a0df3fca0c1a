"""What a cluster makes, and how its creation ends well or badly."""

from __future__ import annotations

import pytest

from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, network, vnet


async def test_the_jump_server_resolves_and_reaches_the_api_server(ready: Azure) -> None:
    """A cluster in the shared zone is up, and the jump server gets the endpoint's address and an answer on 443."""
    end, cluster = await land.create_cluster(ready)
    assert end.body["status"] == "Succeeded", end.body
    private = cluster.properties["privateFQDN"]
    assert private.startswith("payments-")
    assert private.endswith(f".{land.ZONE_NAME}")
    address = (await land.records(ready, land.ZONE))[private.split(".")[0]]
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
    found = await ready.get(land.NODE_GROUP)
    assert found.body["managedBy"].lower() == land.CLUSTER.lower()
    nics = (await ready.get(f"{land.NODE_GROUP}/providers/Microsoft.Network/networkInterfaces")).body["value"]
    (address,) = [nic["properties"]["ipConfigurations"][0]["properties"] for nic in nics]
    assert address["subnet"]["id"].lower() == land.NODES.lower()
    assert address["privateIPAddress"] in (await land.records(ready, land.ZONE)).values()
    assert cluster.properties["nodeResourceGroup"] == "MC_rg_payments_westeurope"


async def test_a_system_zone_is_made_and_linked_by_aks(azure: Azure) -> None:
    """Without a zone AKS makes one with a GUID in the node resource group and links it to the cluster's VNet."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    end, cluster = await land.create_cluster(azure, privateDNSZone="system")
    assert end.body["status"] == "Succeeded", end.body
    (zone,) = (await azure.get(f"{land.NODE_GROUP}/providers/Microsoft.Network/privateDnsZones")).body["value"]
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


async def test_nodes_that_cannot_resolve_the_api_server_fail_with_52(azure: Azure) -> None:
    """A spoke whose DNS server's VNet is not linked to the zone cannot resolve: the create fails with exit 52."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    await land.use_firewall_dns(azure)
    end, cluster = await land.create_cluster(azure)
    assert (end.body["status"], end.code) == ("Failed", "VMExtensionProvisioningError")
    assert "exit status=52" in end.body["error"]["message"]
    assert cluster.properties["provisioningState"] == "Failed"


async def test_a_failed_cluster_is_repaired_by_another_put(azure: Azure) -> None:
    """Once the zone is linked where the DNS server asks, the same PUT brings a failed cluster up."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    await land.use_firewall_dns(azure)
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
    await land.use_firewall_dns(azure)
    begun = await azure.put(land.CLUSTER, land.cluster_body(privateDNSZone="system"))
    await azure.pass_time(250)
    (zone,) = (await azure.get(f"{land.NODE_GROUP}/providers/Microsoft.Network/privateDnsZones")).body["value"]
    properties = {"virtualNetwork": {"id": vnet("hub")}}
    await land.accepted(
        azure, f"{zone['id']}/virtualNetworkLinks/hub", {"location": "global", "properties": properties}
    )
    await azure.pass_time(6000)
    assert (await azure.get(begun.headers["azure-asyncoperation"])).body["status"] == "Succeeded"


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
    assert len(await land.records(azure, subzone)) == 1


async def test_a_locked_node_group_takes_no_links(azure: Azure) -> None:
    """A cluster that keeps its node resource group read-only lets nobody link the zone in it."""
    await land.build_networks(azure)
    await land.build_zone(azure)
    await land.build_identity(azure)
    body = land.cluster_body(privateDNSZone="system")
    body["properties"]["nodeResourceGroupProfile"] = {"restrictionLevel": "ReadOnly"}
    await azure.put(land.CLUSTER, body)
    await azure.pass_time(6000)
    (zone,) = (await azure.get(f"{land.NODE_GROUP}/providers/Microsoft.Network/privateDnsZones")).body["value"]
    link = {"location": "global", "properties": {"virtualNetwork": {"id": vnet("hub")}}}
    answer = await azure.put(f"{zone['id']}/virtualNetworkLinks/hub", link)
    assert (answer.status, answer.code) == (403, "DenyAssignmentAuthorizationFailed")
