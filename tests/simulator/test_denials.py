"""Permissions and denials: what the caller may not do is told beforehand, and refused in Azure's words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.conftest import SUBSCRIPTION, Azure, group, network, peering_to, space, vnet

if TYPE_CHECKING:
    from local.simulator.server import Simulator

SUBNET = network("virtualNetworks/subnets", "v", "nodes")
DENIED = "Microsoft.Network/virtualNetworks/subnets/*"


async def deny(azure: Azure, *denials: dict[str, Any]) -> tuple[int, Any]:
    """Put denials through the administration door."""
    url = azure.simulator.base + "/_simulator/denials"
    async with azure.session.put(url, json=list(denials)) as answer:
        return answer.status, await answer.json()


async def permissions(azure: Azure, scope: str) -> dict[str, Any]:
    """The caller's permissions at a scope."""
    answer = await azure.get(f"{scope}/providers/Microsoft.Authorization/permissions", version="2022-04-01")
    assert answer.status == 200, answer.body
    (permission,) = answer.body["value"]
    found: dict[str, Any] = permission
    return found


@pytest.fixture
async def made(azure: Azure) -> str:
    """A network with a subnet."""
    await azure.made(vnet("v"), space("10.0.0.0/16", nodes="10.0.0.0/24"))
    return vnet("v")


async def test_everything_is_allowed_at_first(azure: Azure, made: str) -> None:
    """Without denials the caller is an owner, of groups and resources."""
    for scope in (made, group("rg"), f"/subscriptions/{SUBSCRIPTION}"):
        assert await permissions(azure, scope) == {
            "actions": ["*"],
            "notActions": [],
            "dataActions": [],
            "notDataActions": [],
        }


async def test_a_denial_holds_at_its_scope_and_below(azure: Azure, made: str) -> None:
    """It shows as notActions there, and not beside it or above."""
    await deny(azure, {"scope": made.upper(), "actions": [DENIED]})
    assert (await permissions(azure, made))["notActions"] == [DENIED]
    assert (await permissions(azure, SUBNET))["notActions"] == [DENIED]
    assert (await permissions(azure, group("rg")))["notActions"] == []
    await azure.made(vnet("v2"), space("10.1.0.0/16"))
    assert (await permissions(azure, vnet("v2")))["notActions"] == []


async def test_a_denied_write_is_refused(azure: Azure, made: str) -> None:
    """The code is AuthorizationFailed, the message names caller, action and scope; other actions go on."""
    await deny(azure, {"scope": group("rg"), "actions": [DENIED]})
    refused = await azure.put(SUBNET, {"properties": {"addressPrefix": "10.0.0.0/25"}})
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    identity = azure.simulator.identity
    assert refused.body["error"]["message"] == (
        f"The client '{identity.app_id}' with object id '{identity.object_id}' does not have authorization to perform "
        f"action 'Microsoft.Network/virtualNetworks/subnets/write' over scope '{SUBNET}' or the scope is invalid. If "
        "access was recently granted, please refresh your credentials."
    )
    assert (await azure.get(made)).status == 200
    assert (await azure.send("PATCH", made, {"tags": {"a": "1"}})).status == 200


@pytest.mark.parametrize(
    ("action", "method", "path"),
    [
        pytest.param("*/read", "GET", vnet("v"), id="read"),
        pytest.param("Microsoft.Network/virtualNetworks/read", "GET", network("virtualNetworks"), id="list"),
        pytest.param("*/virtualNetworks/delete", "DELETE", vnet("v"), id="delete"),
        pytest.param("*/subnets/join/action", "POST", f"{SUBNET}/join", id="action"),
        pytest.param("Microsoft.Resources/subscriptions/resourceGroups/write", "PATCH", group("rg"), id="group"),
        pytest.param("*/tags/write", "PUT", f"{vnet('v')}/providers/Microsoft.Resources/tags/default", id="tags"),
    ],
)
async def test_what_a_request_needs(azure: Azure, made: str, action: str, method: str, path: str) -> None:
    """Each method needs its action: read, write, delete, or the name of what is run."""
    assert made
    await deny(azure, {"scope": group("rg"), "actions": [action]})
    refused = await azure.send(method, path, {"properties": {"tags": {}}} if method != "GET" else None)
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    await deny(azure)
    allowed = await azure.send(method, path, {"properties": {"tags": {}}} if method != "GET" else None)
    assert allowed.status != 403


async def test_a_denial_can_be_for_one_principal(azure: Azure, made: str) -> None:
    """Somebody else's does not concern the caller."""
    other = {"scope": group("rg"), "actions": ["*"], "principal": "somebody-else"}
    await deny(azure, other, {"scope": made, "actions": ["*/delete"], "principal": azure.simulator.identity.object_id})
    assert (await permissions(azure, made))["notActions"] == ["*/delete"]


async def test_what_a_body_refers_to_needs_permission_too(azure: Azure, made: str) -> None:
    """A peering needs peer/action at the other network."""
    await azure.made(vnet("w"), space("10.1.0.0/16"))
    await deny(azure, {"scope": vnet("w"), "actions": ["Microsoft.Network/virtualNetworks/peer/action"]})
    refused = await azure.put(f"{made}/virtualNetworkPeerings/p", {"properties": peering_to(vnet("w"))})
    assert (refused.status, refused.code) == (403, "LinkedAuthorizationFailed")
    assert vnet("w") in refused.body["error"]["message"]


async def test_a_query_does_not_show_what_may_not_be_read(azure: Azure, made: str) -> None:
    """Resource Graph leaves it out without a word."""
    await azure.made(vnet("w"), space("10.1.0.0/16"))
    await deny(azure, {"scope": made, "actions": ["*/read"]})
    query = {"query": "resources | project name"}
    answer = await azure.send("POST", "/providers/Microsoft.ResourceGraph/resources", query, version="2021-03-01")
    assert answer.body["data"] == [{"name": "w"}]


async def test_denials_survive_a_restart(spawn: Callable[..., Awaitable[Simulator]]) -> None:
    """They are kept with the state, and a reset leaves them."""
    first = await spawn()
    first.arm.deny([{"scope": "/subscriptions/x", "actions": ["*"]}])
    first.arm.reset()
    await first.stop()
    again = await spawn()
    assert [denial.document for denial in again.arm.world.denials] == [{"scope": "/subscriptions/x", "actions": ["*"]}]


@pytest.mark.parametrize(
    "denial",
    [{"scope": "rg", "actions": ["*"]}, {"scope": "/x"}, {"scope": "/x", "actions": []}, {"scopes": "/x"}],
    ids=["scope", "no actions", "empty actions", "unknown member"],
)
async def test_what_is_no_denial_is_refused(azure: Azure, denial: dict[str, Any]) -> None:
    """A mistake is told, and what was denied before stays denied."""
    await deny(azure, {"scope": group("rg"), "actions": ["*/delete"]})
    status, answer = await deny(azure, denial)
    assert (status, bool(answer["error"])) == (400, True)
    assert (await permissions(azure, group("rg")))["notActions"] == ["*/delete"]
