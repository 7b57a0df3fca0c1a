"""Another team: makes networks in the simulated Azure with Microsoft's own client, and tells nobody.

It knows nothing of Spokewright but the tag. The client is the plain synchronous one, with a managed identity.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from azure.identity import ManagedIdentityCredential
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
LOCATION = "westeurope"


class OtherTeam:
    """Calls that end when Azure has taken them; nobody waits for an operation: its event is what the demo shows."""

    def __init__(self, endpoints: Mapping[str, Any]) -> None:
        # Where the identity's tokens come from is read from the environment, as in a Functions app or a VM.
        os.environ |= {"IDENTITY_ENDPOINT": endpoints["identity"], "IDENTITY_HEADER": endpoints["identityHeader"]}
        arm = endpoints["arm"].rstrip("/")
        settings = {
            "base_url": arm,
            "credential_scopes": [f"{arm}/.default"],
            "connection_verify": endpoints["caBundle"],
        }
        credential = ManagedIdentityCredential()
        self._resources = ResourceManagementClient(credential, SUBSCRIPTION, **settings)
        self._networks = NetworkManagementClient(credential, SUBSCRIPTION, **settings)

    async def make(self, group: str, network: str, space: str, subnets: Mapping[str, str], tags: Json) -> str:
        """Ask for a virtual network in a resource group of its own; return its id."""
        members = [{"name": name, "properties": {"addressPrefix": prefix}} for name, prefix in subnets.items()]
        body: Any = {
            "location": LOCATION,
            "tags": tags,
            "properties": {"addressSpace": {"addressPrefixes": [space]}, "subnets": members},
        }

        def ask() -> None:
            self._resources.resource_groups.create_or_update(group, {"location": LOCATION})
            self._networks.virtual_networks.begin_create_or_update(group, network, body, polling=False)

        await asyncio.to_thread(ask)
        home = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
        return f"{home}/providers/Microsoft.Network/virtualNetworks/{network}"

    async def tag(self, group: str, network: str, tags: Json) -> None:
        """Give a network these tags, and no others."""
        body: Any = {"tags": tags}
        await asyncio.to_thread(lambda: self._networks.virtual_networks.update_tags(group, network, body))

    async def network(self, group: str, network: str) -> Json:
        """Return a network as Azure has it, with its subnets and peerings."""
        found = await asyncio.to_thread(self._networks.virtual_networks.get, group, network)
        return found.as_dict()

    async def tables(self, group: str) -> list[str]:
        """Return the names of the route tables in a resource group."""
        found = await asyncio.to_thread(lambda: list(self._networks.route_tables.list(group)))
        return [str(table.name) for table in found]

    def close(self) -> None:
        """Close the connections."""
        self._resources.close()
        self._networks.close()
