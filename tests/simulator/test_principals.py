"""Identities that were deployed with roles: they get tokens of their own, and are refused what no role allows."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from local.rights import CONDITION
from tests.simulator import landscape as land
from tests.simulator.conftest import SUBSCRIPTION, Azure, group, network, peering_to, space, vnet

WRITER = ("Microsoft.Network/virtualNetworks/*", "Microsoft.Network/networkSecurityGroups/write")
PEERING = ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",)
ASSIGN = ("Microsoft.Authorization/roleAssignments/*",)


def principal(*actions: str, scope: str = group("rg"), name: str = "writer", **more: Any) -> dict[str, Any]:
    """Return a principal with one role."""
    permissions = [{"actions": list(actions), "notActions": more.pop("without", [])}]
    return {"name": name, "assignments": [{"scope": scope, "permissions": permissions, **more}]}


def body(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a resource's body."""
    return {"location": "westeurope", "properties": properties}


async def deployed(azure: Azure, *principals: dict[str, Any]) -> list[dict[str, Any]]:
    """Deploy principals; return them with their ids."""
    url = azure.simulator.base + "/_simulator/principals"
    async with azure.session.put(url, json=list(principals)) as answer:
        assert answer.status == 200, await answer.text()
        found: list[dict[str, Any]] = await answer.json()
        return found


async def token(azure: Azure, client: str) -> tuple[int, dict[str, Any]]:
    """Ask the identity endpoint for a token of a client id."""
    endpoints = azure.simulator.endpoints
    query = {"resource": azure.simulator.base, "api-version": "2019-08-01", "client_id": client}
    headers = {"X-IDENTITY-HEADER": endpoints["identityHeader"]}
    async with aiohttp.ClientSession() as plain, plain.get(endpoints["identity"], params=query, headers=headers) as got:
        return got.status, await got.json()


async def become(azure: Azure, *principals: dict[str, Any]) -> None:
    """Deploy principals, and ask as the first from now on."""
    first = (await deployed(azure, *principals))[0]
    status, answer = await token(azure, first["clientId"])
    assert (status, answer["client_id"]) == (200, first["clientId"])
    azure.token = answer["access_token"]


@pytest.fixture
async def made(azure: Azure) -> Azure:
    """Two networks and a security group, made by the owner."""
    await azure.made(vnet("v"), space("10.0.0.0/16", nodes="10.0.0.0/24"))
    await azure.made(vnet("w"), space("10.1.0.0/16"))
    await azure.made(network("networkSecurityGroups", "nsg"), {})
    return azure


async def test_only_what_a_role_allows(made: Azure) -> None:
    """An action of the role is allowed at its scope and below, every other one refused in Azure's words."""
    await become(made, principal(*WRITER))
    assert (await made.put(vnet("x"), body(space("10.2.0.0/16")))).status == 201
    refused = await made.get(network("networkSecurityGroups", "nsg"))
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    assert "'Microsoft.Network/networkSecurityGroups/read' over scope" in refused.body["error"]["message"]
    assert (await made.get(f"/subscriptions/{SUBSCRIPTION}/resourceGroups", version="2021-04-01")).status == 403


async def test_what_a_role_leaves_out(made: Azure) -> None:
    """`notActions` take away from their own permission."""
    await become(made, principal("Microsoft.Network/*", without=["*/delete"]))
    assert (await made.get(vnet("v"))).status == 200
    assert (await made.delete(vnet("v"))).status == 403


async def test_what_a_body_refers_to(made: Azure) -> None:
    """Whoever peers with a network, or gives a subnet a security group, needs that on the other side too."""
    await become(made, principal(*PEERING))
    answer = await made.put(network("virtualNetworks/virtualNetworkPeerings", "v", "to-w"), body(peering_to(vnet("w"))))
    assert (answer.status, answer.code) == (403, "LinkedAuthorizationFailed")
    await become(made, principal(*PEERING, "Microsoft.Network/virtualNetworks/peer/action"))
    again = await made.put(network("virtualNetworks/virtualNetworkPeerings", "v", "to-w"), body(peering_to(vnet("w"))))
    assert again.status == 201


async def test_permissions_are_the_callers(made: Azure) -> None:
    """Everybody is shown their own: one entry for each permission of a role."""
    await become(made, principal(*WRITER))
    shown = await made.get(f"{vnet('v')}/providers/Microsoft.Authorization/permissions", version="2022-04-01")
    assert shown.status == 403
    await become(made, principal(*WRITER, "Microsoft.Authorization/permissions/read"))
    shown = await made.get(f"{vnet('v')}/providers/Microsoft.Authorization/permissions", version="2022-04-01")
    assert [entry["actions"] for entry in shown.body["value"]] == [
        [*WRITER, "Microsoft.Authorization/permissions/read"]
    ]


async def test_only_some_roles_may_be_given_away(made: Azure) -> None:
    """Under the condition that is deployed, an identity gives clusters their two roles and nobody anything else."""
    answer = await made.put(land.IDENTITY, {"location": "westeurope"})
    cluster = str(answer.properties["principalId"])
    await become(made, principal(*ASSIGN, condition=CONDITION.read_text(encoding="utf-8")))
    owner = await land.assign(made, cluster, vnet("v"), "8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
    assert (owner.status, owner.code) == (403, "AuthorizationFailed")
    user = await land.assign(made, cluster, vnet("v"), land.NETWORK_CONTRIBUTOR, principalType="User")
    assert user.status == 403
    given = await land.assign(made, cluster, vnet("v"), land.NETWORK_CONTRIBUTOR)
    assert given.status == 201
    assert (await made.delete(given.body["id"])).status == 200


async def test_they_outlive_a_reset(made: Azure) -> None:
    """Resources are forgotten, who may do what is not."""
    (before,) = await deployed(made, principal(*WRITER))
    await made.session.post(made.simulator.base + "/_simulator/reset")
    async with made.session.get(made.simulator.base + "/_simulator/principals") as answer:
        assert await answer.json() == [before]


async def test_an_unknown_client_has_no_token(azure: Azure) -> None:
    """A client id that nobody has is refused as App Service does."""
    status, answer = await token(azure, "11111111-1111-1111-1111-111111111111")
    assert status == 400
    assert "No User Assigned" in answer["message"]


async def test_an_identity_of_this_azure_has_a_token(azure: Azure) -> None:
    """A user-assigned identity that was made here is known by its client id; it is not judged by roles."""
    made = await azure.put(land.IDENTITY, {"location": "westeurope"})
    status, answer = await token(azure, made.properties["clientId"])
    assert (status, answer["client_id"]) == (200, made.properties["clientId"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x"},
        [{"assignments": []}],
        [{"name": "x"}, {"name": "x"}],
        [{"name": "x", "assignments": [{"scope": "nowhere"}]}],
        [{"name": "x", "assignments": [{"scope": "/", "permissions": [{"actions": "all"}]}]}],
        [{"name": "x", "assignments": [{"scope": "/", "condition": "maybe"}]}],
    ],
)
async def test_what_is_no_principal(azure: Azure, wrong: Any) -> None:
    """The door says what it expects."""
    async with azure.session.put(azure.simulator.base + "/_simulator/principals", json=wrong) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]


async def test_the_journal_says_who_needed_what(made: Azure) -> None:
    """Each request names its principal, and the actions that it needed with their scopes."""
    first = principal(*WRITER)
    await become(made, first)
    (shown,) = await deployed(made, first)
    await made.put(vnet("x"), body(space("10.2.0.0/16")))
    lines = await made.lines("request")
    line = next(one for one in reversed(lines) if one["method"] == "PUT" and one["path"].endswith("/x"))
    assert line["principal"] == shown["objectId"]
    assert line["needed"][0] == {"action": "Microsoft.Network/virtualNetworks/write", "scope": vnet("x")}
