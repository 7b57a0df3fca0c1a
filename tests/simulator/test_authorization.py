"""Identities, role assignments and definitions, and the time that a permission takes to count."""

from __future__ import annotations

import pytest

from local.simulator.server import SUBSCRIPTION
from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, group, space, vnet

AUTHORIZATION = "providers/Microsoft.Authorization"


@pytest.fixture
async def principal(azure: Azure) -> str:
    """The principal of a new identity; there is a network too."""
    await azure.made(vnet("spoke"), space("10.64.0.0/22"))
    answer = await azure.put(land.IDENTITY, {"location": "westeurope"})
    return str(answer.properties["principalId"])


async def test_an_identity_is_made_at_once(azure: Azure) -> None:
    """201 with a Location that is no operation, a principal that stays, a lower-case id."""
    made = await azure.put(land.IDENTITY, {"location": "westeurope"})
    assert made.status == 201
    assert made.headers["location"].lower().endswith(land.IDENTITY.lower())
    assert "/resourcegroups/" in made.body["id"]
    again = await azure.put(land.IDENTITY, {"location": "westeurope", "tags": {"a": "b"}})
    assert (again.status, again.properties) == (200, made.properties)
    assert (await azure.delete(land.IDENTITY)).status == 200
    assert (await azure.delete(land.IDENTITY)).status == 204


async def test_a_new_principal_is_not_found_without_its_type(azure: Azure, principal: str) -> None:
    """Right after its identity a principal is unknown, unless the request says what it is."""
    early = await land.assign(azure, principal, vnet("spoke"), land.NETWORK_CONTRIBUTOR, principalType=None)
    assert (early.status, early.code) == (400, "PrincipalNotFound")
    typed = await land.assign(azure, principal, vnet("spoke"), land.NETWORK_CONTRIBUTOR)
    assert typed.status == 201
    await azure.pass_time(60)
    late = await land.assign(azure, principal, group("rg"), land.NETWORK_CONTRIBUTOR, principalType=None)
    assert late.status == 201


async def test_an_assignment_exists_once(azure: Azure, principal: str) -> None:
    """The same assignment under another name conflicts; under its own name it changes nothing."""
    first = await land.assign(azure, principal, vnet("spoke"), land.NETWORK_CONTRIBUTOR)
    same = await land.assign(azure, principal, vnet("spoke"), land.NETWORK_CONTRIBUTOR)
    assert (same.status, same.body) == (200, first.body)
    name = "00000000-0000-0000-0000-000000000009"
    other = await land.assign(azure, principal, vnet("spoke"), land.NETWORK_CONTRIBUTOR, name=name)
    assert (other.status, other.code) == (409, "RoleAssignmentExists")


async def test_assignments_are_listed_by_scope_and_principal(azure: Azure, principal: str) -> None:
    """A scope lists what is assigned above and below it; filters narrow it."""
    await land.assign(azure, principal, vnet("spoke"), land.NETWORK_CONTRIBUTOR)
    await land.assign(azure, principal, group("rg"), land.ZONE_CONTRIBUTOR)
    listing = f"{group('rg')}/{AUTHORIZATION}/roleAssignments"
    assert len((await azure.get(listing)).body["value"]) == 2
    above = (await azure.get(listing, **{"$filter": "atScope()"})).body["value"]
    assert [item["properties"]["scope"] for item in above] == [group("rg")]
    nobody = await azure.get(listing, **{"$filter": "principalId eq '00000000-0000-0000-0000-00000000ffff'"})
    assert nobody.body["value"] == []


async def test_assignments_go_with_their_scope(azure: Azure, principal: str) -> None:
    """Deleting a resource deletes the assignments on it."""
    made = await land.assign(azure, principal, vnet("spoke"), land.NETWORK_CONTRIBUTOR)
    await azure.removed(vnet("spoke"))
    assert (await azure.get(made.body["id"])).status == 404


@pytest.mark.parametrize(
    ("name", "guid"),
    [
        pytest.param("Network Contributor", land.NETWORK_CONTRIBUTOR, id="network"),
        pytest.param("Private DNS Zone Contributor", land.ZONE_CONTRIBUTOR, id="zone"),
    ],
)
async def test_built_in_roles_are_found(azure: Azure, name: str, guid: str) -> None:
    """A built-in role is found by its name and by its id."""
    scope = f"/subscriptions/{SUBSCRIPTION}"
    listing = f"{scope}/{AUTHORIZATION}/roleDefinitions"
    (found,) = (await azure.get(listing, **{"$filter": f"roleName eq '{name}'"})).body["value"]
    assert found["name"] == guid
    single = await azure.get(f"{listing}/{guid}")
    assert (single.status, single.properties["type"]) == (200, "BuiltInRole")


async def test_a_permission_counts_only_after_a_while(azure: Azure) -> None:
    """A cluster asked for right after its role assignments is refused, and accepted some minutes later."""
    await land.build_networks(azure)
    await land.build_zone(azure, "spoke")
    principal = str((await azure.put(land.IDENTITY, {"location": "westeurope"})).properties["principalId"])
    for scope, role in (
        (vnet("spoke"), land.NETWORK_CONTRIBUTOR),
        (land.TABLE, land.NETWORK_CONTRIBUTOR),
        (land.ZONE, land.ZONE_CONTRIBUTOR),
    ):
        await land.assign(azure, principal, scope, role)
    early = await azure.put(land.CLUSTER, land.cluster_body())
    assert (early.status, early.body["code"]) == (400, "CustomRouteTableMissingPermission")
    await azure.pass_time(300)
    assert (await azure.put(land.CLUSTER, land.cluster_body())).status == 201
