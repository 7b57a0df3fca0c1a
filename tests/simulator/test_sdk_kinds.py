"""The real clients of private DNS, identities, authorization, compute and AKS against the simulator, unmodified."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.authorization.aio import AuthorizationManagementClient
from azure.mgmt.compute.aio import ComputeManagementClient
from azure.mgmt.containerservice.aio import ContainerServiceClient
from azure.mgmt.msi.aio import ManagedServiceIdentityClient
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient
from azure.mgmt.resourcegraph.aio import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest

from local.simulator.server import SUBSCRIPTION, Simulator
from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, group, network, space, vnet
from tests.simulator.test_sdk import Credential

ROLE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{land.NETWORK_CONTRIBUTOR}"


class Clients:
    """Makes clients of one simulator; they share a session."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session
        self.azure = Azure(simulator, session)

    def make(self, kind: Callable[..., Any]) -> Any:
        """Make a client."""
        return kind(
            Credential(self.simulator),
            SUBSCRIPTION,
            base_url=self.simulator.base,
            credential_scopes=[self.simulator.base + "/.default"],
            transport=AioHttpTransport(session=self.session, session_owner=False),
            polling_interval=0,
            retry_total=0,
        )


@pytest.fixture
async def clients(spawn: Callable[..., Awaitable[Simulator]]) -> AsyncIterator[Clients]:
    """Clients of an Azure that runs so fast that nobody waits."""
    simulator = await spawn(speed=50_000)
    context = ssl.create_default_context(cafile=simulator.endpoints["caBundle"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        made = Clients(simulator, session)
        await made.azure.put(group("rg"), {"location": "westeurope"})
        yield made


async def test_private_dns(clients: Clients) -> None:
    """Zone, link and record by the SDK's pollers; a failed operation raises with the code of the operation."""
    await clients.azure.put(vnet("hub"), {"location": "westeurope", "properties": space("10.0.0.0/22")})
    async with clients.make(PrivateDnsManagementClient) as client:
        zone = await (
            await client.private_zones.begin_create_or_update("rg", land.ZONE_NAME, {"location": "global"})
        ).result()
        assert zone.name == land.ZONE_NAME
        body = {
            "location": "global",
            "properties": {"virtualNetwork": {"id": vnet("hub")}, "registrationEnabled": False},
        }
        begin = client.virtual_network_links.begin_create_or_update
        link = await (await begin("rg", land.ZONE_NAME, "hub", body)).result()
        assert link.properties.virtual_network_link_state == "Completed"
        with pytest.raises(HttpResponseError) as caught:
            await (await begin("rg", land.ZONE_NAME, "again", body)).result()
        assert caught.value.error is not None
        assert caught.value.error.code == "Conflict"
        listed = [item.name async for item in client.virtual_network_links.list("rg", land.ZONE_NAME)]
        assert listed == ["hub"]


async def test_records_go_with_their_zone(clients: Clients) -> None:
    """A records by the SDK: written, changed, listed; a zone is deleted with the records in it."""
    async with clients.make(PrivateDnsManagementClient) as client:
        await (await client.private_zones.begin_create_or_update("rg", "corp.example", {"location": "global"})).result()
        write = client.record_sets.create_or_update
        for addresses in (["10.0.0.4"], ["10.0.0.4", "10.0.0.5"]):
            records = [{"ipv4Address": address} for address in addresses]
            made = await write("rg", "corp.example", "A", "dns", {"properties": {"ttl": 60, "aRecords": records}})
            assert [each.ipv4_address for each in made.properties.a_records] == addresses
        listed = client.record_sets.list_by_type("rg", "corp.example", "A")
        assert [(each.name, each.properties.ttl) async for each in listed] == [("dns", 60)]
        await (await client.private_zones.begin_delete("rg", "corp.example")).result()
        assert [zone.name async for zone in client.private_zones.list()] == []
        await (await client.private_zones.begin_create_or_update("rg", "corp.example", {"location": "global"})).result()
        assert [each.name async for each in client.record_sets.list_by_type("rg", "corp.example", "A")] == []


async def test_availability_sets(clients: Clients) -> None:
    """A set is written at once, listed and deleted."""
    body = {"location": "westeurope", "sku": {"name": "Aligned"}, "properties": {"platformFaultDomainCount": 2}}
    async with clients.make(ComputeManagementClient) as client:
        made = await client.availability_sets.create_or_update("rg", "dns", body)
        assert (made.sku.name, made.properties.platform_fault_domain_count) == ("Aligned", 2)
        assert [each.name async for each in client.availability_sets.list("rg")] == ["dns"]
        await client.availability_sets.delete("rg", "dns")
        assert [each.name async for each in client.availability_sets.list_by_subscription()] == []


async def test_identities_and_roles(clients: Clients) -> None:
    """An identity is made and given a role."""
    async with clients.make(ManagedServiceIdentityClient) as identities:
        made = await identities.user_assigned_identities.create_or_update("rg", "aks", {"location": "westeurope"})
    async with clients.make(AuthorizationManagementClient) as client:
        body = {
            "properties": {
                "principalId": made.principal_id,
                "roleDefinitionId": ROLE,
                "principalType": "ServicePrincipal",
            }
        }
        name = "7f3c7e0e-7a1d-4f5c-9d43-0a1b2c3d4e5f"
        assignment = await client.role_assignments.create(group("rg"), name, body)
        assert assignment.principal_id == made.principal_id
        found = [item.name async for item in client.role_assignments.list_for_scope(group("rg"))]
        assert found == [name]


async def test_tags_at_a_scope(clients: Clients) -> None:
    """The pollers of the tags operations end with the tags, and these are the resource's."""
    await settled(clients.azure, vnet("hub"), space("10.0.0.0/22"))
    async with clients.make(ResourceManagementClient) as client:
        begun = client.tags.begin_create_or_update_at_scope(vnet("hub"), {"properties": {"tags": {"a": "1"}}})
        assert (await (await begun).result()).properties.tags == {"a": "1"}
        patch = {"operation": "Merge", "properties": {"tags": {"b": "2"}}}
        await (await client.tags.begin_update_at_scope(vnet("hub"), patch)).result()
        assert (await client.tags.get_at_scope(vnet("hub"))).properties.tags == {"a": "1", "b": "2"}
        await (await client.tags.begin_delete_at_scope(vnet("hub"))).result()
    assert (await clients.azure.get(vnet("hub"))).body["tags"] == {}


async def test_resource_graph(clients: Clients) -> None:
    """A query over one subscription; a refused one raises with Azure's code."""
    await settled(clients.azure, vnet("hub"), space("10.0.0.0/22"))
    query = "resources | where type =~ 'microsoft.network/virtualnetworks' | project id"
    async with ResourceGraphClient(
        Credential(clients.simulator),
        base_url=clients.simulator.base,
        credential_scopes=[clients.simulator.base + "/.default"],
        transport=AioHttpTransport(session=clients.session, session_owner=False),
        retry_total=0,
    ) as client:
        found = await client.resources(QueryRequest(query=query, subscriptions=[SUBSCRIPTION]))
        rows: Any = found.data
        assert (found.total_records, found.count, rows) == (1, 1, [{"id": vnet("hub")}])
        assert (found.result_truncated, found.skip_token) == ("false", None)
        with pytest.raises(HttpResponseError) as raised:
            await client.resources(QueryRequest(query="resources | summarize count()"))
        assert raised.value.error is not None
        assert raised.value.error.code == "BadRequest"


async def test_permissions(clients: Clients) -> None:
    """What the caller may do at a resource, as the SDK lists it."""
    await settled(clients.azure, vnet("hub"), space("10.0.0.0/22"))
    clients.simulator.arm.deny([{"scope": group("rg"), "actions": ["*/delete"]}])
    async with clients.make(AuthorizationManagementClient) as client:
        listed = client.permissions.list_for_resource("rg", "Microsoft.Network", "", "virtualNetworks", "hub")
        assert [(each.actions, each.not_actions) async for each in listed] == [(["*"], ["*/delete"])]


async def test_run_command(clients: Clients) -> None:
    """The poller of a run command ends with what the script printed."""
    azure = clients.azure
    await azure.put(vnet("hub"), {"location": "westeurope", "properties": space("10.0.0.0/22", jump="10.0.1.0/26")})
    place = {"subnet": {"id": network("virtualNetworks/subnets", "hub", "jump")}}
    nic = network("networkInterfaces", "jump")
    await settled(azure, nic, {"ipConfigurations": [{"name": "ip", "properties": place}]})
    async with clients.make(ComputeManagementClient) as client:
        body = {"location": "westeurope", "properties": land.machine(nic)}
        machine = await (await client.virtual_machines.begin_create_or_update("rg", "jump", body)).result()
        assert machine.provisioning_state == "Succeeded"
        script = {"commandId": "RunShellScript", "script": ["nslookup mcr.microsoft.com"]}
        result = await (await client.virtual_machines.begin_run_command("rg", "jump", script)).result()
        assert "Name:\tmcr.microsoft.com\nAddress: " in result.value[0].message


async def settled(azure: Azure, url: str, properties: dict[str, Any]) -> None:
    """PUT as soon as the network is not being written any more."""
    for _ in range(100):
        answer = await azure.put(url, {"location": "westeurope", "properties": properties})
        if answer.status in {200, 201}:
            return
    pytest.fail(f"{url}: {answer.body}")


async def test_clusters(clients: Clients) -> None:
    """A cluster that brings no network is made, listed, and gone after its deletion; refusals keep their code."""
    pool = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D4s_v5"}
    properties = {
        "dnsPrefix": "demo",
        "agentPoolProfiles": [pool],
        "apiServerAccessProfile": {"enablePrivateCluster": True},
    }
    body: dict[str, Any] = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {**properties, "agentPoolProfiles": []},
    }
    async with clients.make(ContainerServiceClient) as client:
        with pytest.raises(HttpResponseError) as caught:
            await client.managed_clusters.begin_create_or_update("rg", "demo", body)
        assert caught.value.error is not None
        assert caught.value.error.code == "InvalidParameter"
        begun = await client.managed_clusters.begin_create_or_update("rg", "demo", {**body, "properties": properties})
        made = await begun.result()
        assert made.provisioning_state == "Succeeded"
        assert made.private_fqdn.endswith(f".{land.ZONE_NAME}")
        pools = [item.name async for item in client.agent_pools.list("rg", "demo")]
        assert pools == ["system"]
        await (await client.managed_clusters.begin_delete("rg", "demo")).result()
        assert [item.name async for item in client.managed_clusters.list_by_resource_group("rg")] == []
