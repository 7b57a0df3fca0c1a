"""Somebody else in the simulated Azure: makes and changes things by the raw wire, behind Spokewright's back.

For tests and measurements; what it may do is whatever the simulated Azure lets it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

HOME = "00000000-0000-0000-0000-000000000000"
ELSEWHERE = "11111111-1111-1111-1111-111111111111"
AGENT = "somebody/1.0"
VERSIONS = {
    "virtualmachines": "2025-04-01",
    "managedclusters": "2025-05-01",
    "userassignedidentities": "2023-01-31",
    "roleassignments": "2022-04-01",
    "virtualnetworklinks": "2024-06-01",
    "privatednszones": "2024-06-01",
    "resourcegroups": "2025-04-01",
    "tags": "2025-04-01",
}
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
NETWORK_VERSION = "2025-01-01"
PASSING = ("NotReady", "MissingPermission", "ReferencedResourceNotProvisioned")
"""What is over when it is tried again: roles that are not seen everywhere yet, a network on which somebody works."""

REFUSED, LATER = 300, (409, 429)
"""HTTP statuses that are no success, and those that pass: a lock, a quota."""

PATIENCE, PAUSE = 150.0, 0.2
"""Seconds that anything may take, and between two looks at it."""

SETTLED = ("Succeeded", "Failed", "Canceled")


class Somebody:
    """A client of Azure Resource Manager; use as an asynchronous context manager."""

    def __init__(self, endpoints: Mapping[str, Any]) -> None:
        self._endpoints = endpoints
        self._trust = ssl.create_default_context(cafile=endpoints["caBundle"])
        self._token = ""

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers={"User-Agent": AGENT})
        query = {"resource": "https://management.azure.com", "api-version": "2019-08-01"}
        secret = {"X-IDENTITY-HEADER": self._endpoints["identityHeader"]}
        async with self._http.get(self._endpoints["identity"], params=query, headers=secret) as answer:
            self._token = (await answer.json())["access_token"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    @property
    def object_id(self) -> str:
        """Who this is in Azure's events."""
        claims = self._token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["oid"])

    async def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Call Azure Resource Manager; return the status and the answer."""
        status, answer, _ = await self._exchange(method, self._address(path), body)
        return status, answer

    def _address(self, path: str) -> str:
        parts = path.lower().split("?")[0].split("/")
        version = next((VERSIONS[part] for part in reversed(parts) if part in VERSIONS), NETWORK_VERSION)
        if "microsoft.network" in parts and "privatednszones" not in parts and "tags" not in parts:
            version = NETWORK_VERSION
        return f"{self._endpoints['arm'].rstrip('/')}{path}?api-version={version}"

    async def _exchange(self, method: str, url: str, body: Any = None) -> tuple[int, Any, str]:
        """Return the status, the answer, and the address of the operation that was begun, '' where none was."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._http.request(method, url, json=body, headers=headers, ssl=self._trust) as answer:
            operation = answer.headers.get("Azure-AsyncOperation", "")
            return answer.status, await answer.json() if await answer.read() else None, operation

    async def get(self, path: str) -> Any:
        """Return a resource; None where it is not there."""
        status, answer = await self.send("GET", path)
        return answer if status < REFUSED else None

    async def put(self, path: str, body: Any) -> Any:
        """Write a resource, whatever else is being written; return it when it is done."""

        async def accepted() -> bool:
            status, answer = await self.send("PUT", path, body)
            _require(status < REFUSED or status in LATER or any(word in str(answer) for word in PASSING), answer)
            return status < REFUSED

        await _until(accepted)
        await _until(self._settled(path))
        return await self.get(path)

    async def change(self, path: str, edit: Callable[[Json], Any]) -> Any:
        """Read a resource, change it in place, and write it back."""
        body = await self.get(path)
        edit(body)
        return await self.put(path, body)

    async def delete(self, path: str) -> None:
        """Delete a resource; return when it was gone, for somebody may have made it again by then."""
        begun: list[str] = []

        async def accepted() -> bool:
            status, answer, operation = await self._exchange("DELETE", self._address(path))
            _require(status < REFUSED or status in LATER, answer)
            begun[:] = [operation]
            return status < REFUSED

        async def gone() -> bool:
            if not begun[0]:
                return await self.get(path) is None
            _, answer, _ = await self._exchange("GET", begun[0])
            return str(answer["status"]) in SETTLED

        await _until(accepted)
        await _until(gone)

    async def tag(self, path: str, operation: str, tags: Json) -> None:
        """Change a resource's tags: `Merge`, `Replace` or `Delete` some."""
        where = f"{path}/providers/Microsoft.Resources/tags/default"
        status, answer = await self.send("PATCH", where, {"operation": operation, "properties": {"tags": tags}})
        _require(status < REFUSED, answer)

    async def simulator(self, method: str, door: str, body: Any = None) -> Any:
        """Use the simulator's own door."""
        url = f"{self._endpoints['arm'].rstrip('/')}/_simulator/{door}"
        async with self._http.request(method, url, json=body, ssl=self._trust) as answer:
            _require(answer.status < REFUSED, await answer.text())
            return await answer.json() if answer.content_type == "application/json" else await answer.text()

    async def group(self, name: str, subscription: str = HOME) -> str:
        """Make a resource group; return its id."""
        path = f"/subscriptions/{subscription}/resourceGroups/{name}"
        await self.send("PUT", path, {"location": "westeurope"})
        return path

    async def network(
        self,
        group: str,
        name: str,
        space: list[str],
        subnets: Json | None = None,
        tags: Json | None = None,
        location: str = "westeurope",
    ) -> str:
        """Make a virtual network; return its id."""
        path = f"{group}/providers/Microsoft.Network/virtualNetworks/{name}"
        members = [{"name": each, "properties": properties} for each, properties in (subnets or {}).items()]
        body = {
            "location": location,
            "tags": tags or {},
            "properties": {"addressSpace": {"addressPrefixes": space}, "subnets": members},
        }
        await self.put(path, body)
        return path

    async def table(self, group: str, name: str) -> str:
        """Make a route table with a route in it; return its id."""
        path = f"{group}/providers/Microsoft.Network/routeTables/{name}"
        route = {"name": "theirs", "properties": {"addressPrefix": "10.99.0.0/16", "nextHopType": "VnetLocal"}}
        await self.put(path, {"location": "westeurope", "properties": {"routes": [route]}})
        return path

    async def peer(self, network: str, name: str, other: str, *, forwarded: bool = False) -> str:
        """Make one side of a peering; return its id. `forwarded`: it takes what comes through a firewall."""
        path = f"{network}/virtualNetworkPeerings/{name}"
        properties = {"remoteVirtualNetwork": {"id": other}, "allowVirtualNetworkAccess": True}
        await self.put(path, {"properties": properties | {"allowForwardedTraffic": forwarded}})
        return path

    async def machine(self, subnet: str, name: str, address: str, tags: Json | None = None) -> str:
        """Make a Linux machine at an address of a subnet, in its network's group; return its id."""
        group = subnet.partition("/providers/")[0]
        interface = f"{group}/providers/Microsoft.Network/networkInterfaces/nic-{name}"
        place = {"subnet": {"id": subnet}, "privateIPAllocationMethod": "Static", "privateIPAddress": address}
        configurations = [{"name": "primary", "properties": place}]
        await self.put(interface, {"location": "westeurope", "properties": {"ipConfigurations": configurations}})
        path = f"{group}/providers/Microsoft.Compute/virtualMachines/{name}"
        await self.put(path, {"location": "westeurope", "tags": tags or {}, "properties": machine_body(interface)})
        return path

    async def act(self, path: str, action: str) -> None:
        """Run an action on a resource, such as `start` or `deallocate`, and wait until it is done."""
        status, answer, operation = await self._exchange("POST", self._address(f"{path}/{action}"))
        _require(status < REFUSED, answer)

        async def done() -> bool:
            _, seen, _ = await self._exchange("GET", operation)
            return str(seen["status"]) in SETTLED

        await _until(done)

    async def identity(self, group: str, name: str, *scopes: str) -> str:
        """Make an identity that may change what clusters need of a network and its route table; return its id."""
        path = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        principal = (await self.put(path, {"location": "westeurope"}))["properties"]["principalId"]
        role = f"/subscriptions/{HOME}/providers/Microsoft.Authorization/roleDefinitions/{NETWORK_CONTRIBUTOR}"
        grant = {"principalId": principal, "principalType": "ServicePrincipal", "roleDefinitionId": role}
        for scope in scopes:
            place = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
            await self.put(place, {"properties": grant})
        return path

    async def cluster(self, group: str, name: str, subnet: str, identity: str, access: Json) -> str:
        """Make a managed cluster in a subnet and wait until it is there; return its id."""
        path = f"{group}/providers/Microsoft.ContainerService/managedClusters/{name}"
        made = await self.put(path, cluster_body(name, subnet, identity, access))
        _require(made["properties"]["provisioningState"] == "Succeeded", made)
        return path

    async def links(self, cluster: str) -> list[str]:
        """Return the names of the links in the zone that AKS made for a cluster."""
        found = (await self.get(cluster))["properties"]
        group = f"{cluster.partition('/resourceGroups/')[0]}/resourceGroups/{found['nodeResourceGroup']}"
        zone = found["privateFQDN"].partition(".")[2]
        path = f"{group}/providers/Microsoft.Network/privateDnsZones/{zone}/virtualNetworkLinks"
        return sorted(link["name"] for link in (await self.get(path))["value"])

    def _settled(self, path: str) -> Callable[[], Awaitable[bool]]:
        async def settled() -> bool:
            body = await self.get(path) or {}
            return (body.get("properties") or {}).get("provisioningState", "Succeeded") in SETTLED

        return settled


def machine_body(interface: str) -> Json:
    """Return what somebody asks of a machine."""
    image = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
    disk = {"createOption": "FromImage", "deleteOption": "Delete"}
    secret = {"computerName": "vm", "adminUsername": "azureuser", "adminPassword": "not-used-Anywhere-1"}
    return {
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {"imageReference": image, "osDisk": disk},
        "osProfile": secret,
        "networkProfile": {"networkInterfaces": [{"id": interface}]},
    }


def cluster_body(name: str, subnet: str, identity: str, access: Json) -> Json:
    """Return what somebody asks AKS for."""
    pool = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D4s_v5", "vnetSubnetID": subnet}
    network = {"networkPlugin": "azure", "networkPluginMode": "overlay", "outboundType": "userDefinedRouting"}
    return {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
        "properties": {
            "dnsPrefix": name,
            "agentPoolProfiles": [pool],
            "networkProfile": network,
            "apiServerAccessProfile": access,
        },
    }


def _require(holds: bool, answer: Any) -> None:  # noqa: FBT001 - what has to hold, as an assertion has it
    if not holds:
        raise RuntimeError(f"Azure answered {answer}")


async def _until(what: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something to hold."""
    limit = time.monotonic() + PATIENCE
    while not await what():
        _require(time.monotonic() < limit, f"nothing within {PATIENCE:.0f} s")
        await asyncio.sleep(PAUSE)
