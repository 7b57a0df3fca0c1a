"""What AKS refuses at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, network, vnet


async def refused(azure: Azure, body: dict[str, Any] | None = None) -> str:
    """PUT a cluster that AKS refuses; the code of its unwrapped error."""
    answer = await azure.put(land.CLUSTER, body or land.cluster_body())
    assert answer.status == 400, answer.body
    return str(answer.body["code"])


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
