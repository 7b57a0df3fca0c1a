"""Get, list and poll: one GET each (a list: one a page), and what is not there is no error."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseTimeoutError

from shared.arm.door import Arm, ArmSettings, Credentials, Operation
from shared.model.errors import Denied, Failed, Invalid, Transient
from tests.arm.wire import ASSIGNMENT, CLUSTER, ENDPOINT, GROUP, NETWORK, VNET, Answer, Credential, Wire, operation_url

MISSING = Answer(404, {"error": {"code": "ResourceNotFound", "message": "was not found"}})
RUNNING = Operation(VNET, "InProgress", operation_url())


@pytest.mark.parametrize("resource", [GROUP, VNET, CLUSTER, ASSIGNMENT, f"{NETWORK}/privateDnsZones/z/A/api"])
async def test_get(arm: Arm, wire: Wire, resource: str) -> None:
    """A get gives the body as Azure sent it, members included that no model knows."""
    body = {"id": resource, "properties": {"newer": [1], "provisioningState": "Succeeded"}}
    wire.answers(Answer(200, body))
    assert await arm.get(resource) == body
    assert wire.only.method == "GET"
    assert urlsplit(wire.only.url).path.lower() == resource.lower()


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound", "NotFound"])
async def test_get_of_nothing(arm: Arm, wire: Wire, code: str) -> None:
    """What is not there is None."""
    wire.answers(Answer(404, {"error": {"code": code, "message": "not found"}}))
    assert await arm.get(VNET) is None


@pytest.mark.parametrize(("code", "error"), [("InvalidResourceType", Failed), ("SubscriptionNotFound", Denied)])
async def test_not_found_that_is_no_absence(arm: Arm, wire: Wire, code: str, error: type[Exception]) -> None:
    """A 404 that says that we asked wrongly, or may not look, is not taken for an absence."""
    wire.answers(Answer(404, {"error": {"code": code, "message": "could not be found"}}))
    with pytest.raises(error):
        await arm.get(VNET)


async def test_list_takes_every_page(arm: Arm, wire: Wire) -> None:
    """A list follows the next links and gives the bodies as they came."""
    following = f"{ENDPOINT}{NETWORK}/virtualNetworks?api-version=2026-03-01&$skipToken=2"
    wire.answers(
        Answer(200, {"value": [{"id": "a", "unknown": 1}], "nextLink": following}),
        Answer(200, {"value": [{"id": "b"}]}),
    )
    assert await arm.list("Microsoft.Network/virtualNetworks", GROUP) == ({"id": "a", "unknown": 1}, {"id": "b"})
    assert parse_qs(urlsplit(wire.sent[1].url).query)["$skipToken"] == ["2"]


@pytest.mark.parametrize(
    ("type_", "scope", "path"),
    [
        ("microsoft.network/routetables", GROUP, f"{NETWORK}/routeTables"),
        ("Microsoft.Network/virtualNetworks/subnets", VNET, f"{VNET}/subnets"),
        ("Microsoft.Network/privateDnsZones/A", f"{NETWORK}/privateDnsZones/z", f"{NETWORK}/privateDnsZones/z/A"),
        ("Microsoft.Resources/resources", GROUP, f"{GROUP}/resources"),
        (
            "Microsoft.ContainerService/managedClusters",
            GROUP,
            f"{GROUP}/providers/Microsoft.ContainerService/managedClusters",
        ),
    ],
)
async def test_list_path(arm: Arm, wire: Wire, type_: str, scope: str, path: str) -> None:
    """A list is asked for where Azure keeps it: in the group, or below the parent."""
    wire.answers(Answer(200, {"value": []}))
    assert await arm.list(type_, scope) == ()
    assert urlsplit(wire.only.url).path.lower() == path.lower()


async def test_list_of_a_missing_scope(arm: Arm, wire: Wire) -> None:
    """What is listed in a scope that is not there is nothing."""
    wire.answers(MISSING)
    assert await arm.list("Microsoft.Network/virtualNetworks/subnets", VNET) == ()


async def test_list_of_assignments(arm: Arm, wire: Wire) -> None:
    """Of the role assignments that hold at a scope, those made there are given, in any case of its id."""
    here, above = {"id": "1", "properties": {"scope": VNET.upper()}}, {"id": "2", "properties": {"scope": GROUP}}
    wire.answers(Answer(200, {"value": [here, above]}))
    assert await arm.list("Microsoft.Authorization/roleAssignments", VNET) == (here,)
    assert parse_qs(urlsplit(wire.only.url).query)["$filter"] == ["atScope()"]


@pytest.mark.parametrize(
    ("type_", "scope"), [("Microsoft.Network/virtualNetworks/subnets", GROUP), ("Microsoft.Network/routeTables", VNET)]
)
async def test_list_in_the_wrong_place(arm: Arm, wire: Wire, type_: str, scope: str) -> None:
    """A scope that cannot hold the type is refused, and nothing is sent."""
    with pytest.raises(Invalid, match="is listed in a"):
        await arm.list(type_, scope)
    assert not wire.sent


async def test_next_link_elsewhere(arm: Arm, wire: Wire) -> None:
    """A next link to another host is refused before our token goes there."""
    wire.answers(Answer(200, {"value": [], "nextLink": "https://management.azure.com.evil.example/page2"}))
    with pytest.raises(Denied, match=r"evil\.example"):
        await arm.list("Microsoft.Network/virtualNetworks", GROUP)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/operations/1",
        "http://management.azure.com/operations/1",
        "https://management.azure.com:8443/operations/1",
        "https://management.azure.com@evil.example/operations/1",
        "//evil.example/operations/1",
    ],
)
async def test_operation_elsewhere(arm: Arm, wire: Wire, credential: Credential, url: str) -> None:
    """An operation is looked at on Azure's endpoint only: same scheme, host and port."""
    with pytest.raises(Denied):
        await arm.poll(Operation(VNET, "InProgress", url))
    assert not wire.sent
    assert not credential.asked


async def test_poll_is_one_get(arm: Arm, wire: Wire) -> None:
    """A poll sends one GET to the operation's URL, untouched, with our token."""
    wire.answers(Answer(200, {"status": "InProgress"}, {"Retry-After": "7"}))
    assert await arm.poll(RUNNING) == Operation(VNET, "InProgress", operation_url(), 7.0)
    assert (wire.only.method, wire.only.url) == ("GET", operation_url())
    assert "Authorization" in wire.only.headers


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (Answer(429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "20"}), 20.0),
        (Answer(503, b"busy"), None),
        (Answer(200, b"{cut off"), None),
        (ServiceResponseTimeoutError("slow"), None),
    ],
)
async def test_look_that_failed(arm: Arm, wire: Wire, answer: Answer | Exception, pause: float | None) -> None:
    """A look that does not come through says nothing about the operation: it is still in progress."""
    wire.answers(answer)
    assert await arm.poll(RUNNING) == Operation(VNET, "InProgress", operation_url(), pause)
    assert len(wire.sent) == 1


async def test_operation_that_azure_forgot(arm: Arm, wire: Wire) -> None:
    """An operation that is no longer known: a delete is done, a PUT has to be begun again."""
    wire.answers(MISSING, MISSING)
    assert (await arm.poll(Operation(VNET, "InProgress", operation_url(), verb="delete"))).state == "Succeeded"
    with pytest.raises(Transient) as raised:
        await arm.poll(RUNNING)
    assert raised.value.code == "OperationNotFound"


async def test_poll_of_what_is_over(arm: Arm, wire: Wire) -> None:
    """What is over is not asked for again."""
    done = Operation(VNET, "Succeeded")
    assert await arm.poll(done) is done
    assert not wire.sent


async def test_read_over_a_broken_connection(arm: Arm, wire: Wire) -> None:
    """A read whose connection broke is sent once more, and only once."""
    wire.answers(ServiceRequestError("reset"), Answer(200, {"id": VNET}))
    assert await arm.get(VNET) == {"id": VNET}
    wire.answers(ServiceRequestError("reset"), ServiceRequestError("reset"))
    with pytest.raises(Transient):
        await arm.get(VNET)
    assert len(wire.sent) == 4


async def test_one_token_for_many_calls(arm: Arm, wire: Wire, credential: Credential) -> None:
    """Calls at the same time, for several subscriptions and clients, share one token."""
    wire.answers(*(Answer(200, {"id": "x"}) for _ in range(40)))
    other = VNET.replace("0001/", "0002/")
    await asyncio.gather(*(arm.get(resource) for resource in (VNET, other, CLUSTER, ASSIGNMENT) * 10))
    assert credential.asked == [f"{ENDPOINT}/.default"]
    assert sum("0002/" in request.url for request in wire.sent) == 10


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientAuthenticationError("no managed identity"), Denied),
        (ServiceRequestError("identity endpoint is down"), Transient),
    ],
)
async def test_no_token(wire: Wire, error: Exception, expected: type[Exception]) -> None:
    """Without an identity a person has to act; an identity endpoint that is down passes. Nothing is sent."""
    arm = Arm(ArmSettings(), Credentials(*[Credential(error)] * 3), wire)
    with pytest.raises(expected):
        await arm.get(VNET)
    assert not wire.sent


async def test_close(arm: Arm, wire: Wire) -> None:
    """Closing closes the connections, and may be repeated."""
    wire.answers(Answer(200, {}))
    await arm.get(VNET)
    await arm.close()
    await arm.close()
    assert wire.closed
