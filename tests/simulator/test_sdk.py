"""The real azure-mgmt clients against the simulator, unmodified."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

import aiohttp
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.network.aio import NetworkManagementClient

from local.simulator.server import SUBSCRIPTION, Simulator
from tests.simulator.conftest import Azure, group, peering_to, space, vnet


class Credential:
    """Gives the simulator's token."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Hand out a token."""
        return AccessToken(self.simulator.token(), 2**31)

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""


@pytest.fixture
async def client(spawn: Callable[..., Awaitable[Simulator]]) -> AsyncIterator[NetworkManagementClient]:
    """A network client on a fast Azure with a resource group rg."""
    simulator = await spawn(speed=5000)
    context = ssl.create_default_context(cafile=simulator.endpoints["caBundle"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        await Azure(simulator, session).put(group("rg"), {"location": "westeurope"})
        async with NetworkManagementClient(
            Credential(simulator),
            SUBSCRIPTION,
            base_url=simulator.base,
            credential_scopes=[simulator.base + "/.default"],
            transport=AioHttpTransport(session=session, session_owner=False),
            polling_interval=0,
            retry_total=0,
        ) as made:
            yield made


async def test_a_client_makes_networks_and_peers_them(client: NetworkManagementClient) -> None:
    """begin_create_or_update, list and get of the SDK's default api-version work."""
    for name, prefix in (("a", "10.0.0.0/16"), ("b", "10.1.0.0/16")):
        body: Any = {"location": "westeurope", "properties": space(prefix)}
        await client.virtual_networks.begin_create_or_update("rg", name, body, polling=False)
    await settle(client, "a", "b")
    for local, remote in (("a", "b"), ("b", "a")):
        peering: Any = {"properties": peering_to(vnet(remote))}
        await client.virtual_network_peerings.begin_create_or_update("rg", local, "p", peering, polling=False)
        await settle(client, "a", "b")
    assert [each.name async for each in client.virtual_networks.list("rg")] == ["a", "b"]
    found = await client.virtual_network_peerings.get("rg", "a", "p")
    assert (found.peering_state, found.peering_sync_level) == ("Connected", "FullyInSync")


async def test_a_poller_follows_an_operation_to_its_end(client: NetworkManagementClient) -> None:
    """The poller of the SDK ends with the provisioned resource."""
    properties = {"publicIPAllocationMethod": "Static"}
    body: Any = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": properties}
    poller = await client.public_ip_addresses.begin_create_or_update("rg", "ip", body)
    made = await poller.result()
    assert (made.provisioning_state, bool(made.ip_address)) == ("Succeeded", True)


async def test_refusals_carry_azures_code(client: NetworkManagementClient) -> None:
    """A refused write raises HttpResponseError with status and code."""
    body: Any = {"properties": {"addressPrefix": "10.0.0.0/24"}}
    with pytest.raises(HttpResponseError) as raised:
        await client.subnets.begin_create_or_update("rg", "none", "s", body, polling=False)
    error = raised.value.error
    assert (raised.value.status_code, error.code if error else "") == (404, "ParentResourceNotFound")


async def settle(client: NetworkManagementClient, *names: str) -> None:
    """Wait until the networks' operations ended."""
    for name in names:
        while True:
            found = await client.virtual_networks.get("rg", name)
            states = [found.provisioning_state, *(p.provisioning_state for p in found.virtual_network_peerings or [])]
            if all(state == "Succeeded" for state in states):
                break
