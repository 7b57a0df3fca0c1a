"""What a write sends, and what its first answer becomes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from shared.arm.door import Arm, Operation
from shared.model.errors import Changed, Failed, Invalid, Locked, NotFound, Throttled, Transient
from tests.arm.wire import (
    ASSIGNMENT,
    CLUSTER,
    GROUP,
    IDENTITY,
    MACHINE,
    NETWORK,
    TOKEN,
    VNET,
    Answer,
    Wire,
    accepted,
    operation_url,
)

BODY = {"location": "westeurope", "properties": {"notInAnyModel": {"yet": True}}}


@pytest.mark.parametrize("resource", [GROUP, VNET, CLUSTER, MACHINE, IDENTITY, ASSIGNMENT])
async def test_put_is_one_request(arm: Arm, wire: Wire, resource: str) -> None:
    """A PUT of any generation of clients is one request to the resource's path, its body as it was given."""
    wire.answers(Answer(201, {"id": resource}))
    assert (await arm.begin_put(resource, BODY)).state == "Succeeded"
    assert wire.only.method == "PUT"
    assert urlsplit(wire.only.url).path.lower() == resource.lower()
    assert wire.body == BODY


async def test_put_says_who_we_are(arm: Arm, wire: Wire) -> None:
    """Requests carry our token and our name, and the client's own api-version."""
    wire.answers(Answer(200, {}))
    await arm.begin_put(VNET, BODY)
    assert wire.only.headers["Authorization"] == f"Bearer {TOKEN}"
    assert wire.only.headers["User-Agent"].startswith("spokewright/0.1.0 ")
    assert wire.only.headers["Content-Type"] == "application/json"
    assert parse_qs(urlsplit(wire.only.url).query)["api-version"] == ["2026-03-01"]


async def test_put_that_goes_on_is_a_handle(arm: Arm, wire: Wire) -> None:
    """An accepted PUT gives the operation's URL, the pause that the service named, and the first body."""
    wire.answers(accepted(201, {"id": VNET}, after="10", Location=f"{operation_url()}&other=1"))
    operation = await arm.begin_put(VNET, BODY)
    assert operation == Operation(VNET, "InProgress", operation_url(), 10.0, {"id": VNET})


@pytest.mark.parametrize(("etag", "sent"), [('W/"1"', 'W/"1"'), (None, None)])
@pytest.mark.parametrize("resource", [VNET, f"{VNET}/subnets/nodes", f"{NETWORK}/privateDnsZones/z", CLUSTER])
async def test_put_of_a_known_version(arm: Arm, wire: Wire, resource: str, etag: str | None, sent: str | None) -> None:
    """With an etag the PUT carries If-Match, without one it does not."""
    wire.answers(Answer(200, {}))
    await arm.begin_put(resource, BODY, etag=etag)
    assert wire.only.headers.get("If-Match") == sent


async def test_put_of_another_version(arm: Arm, wire: Wire) -> None:
    """A PUT that lost the race for a version raises Changed."""
    wire.answers(Answer(412, {"error": {"code": "PreconditionFailed", "message": "has been modified"}}))
    with pytest.raises(Changed):
        await arm.begin_put(VNET, BODY, etag='W/"1"')


async def test_peering_syncs(arm: Arm, wire: Wire) -> None:
    """A PUT of a peering asks Azure to take over the remote address space."""
    wire.answers(accepted(200, {}))
    await arm.begin_put(f"{VNET}/virtualNetworkPeerings/spoke", BODY)
    assert parse_qs(urlsplit(wire.only.url).query)["syncRemoteAddressSpace"] == ["true"]


async def test_assignment_that_exists(arm: Arm, wire: Wire) -> None:
    """A role that is assigned already is a success."""
    wire.answers(Answer(409, {"error": {"code": "RoleAssignmentExists", "message": "already exists"}}))
    assert (await arm.begin_put(ASSIGNMENT, BODY)).state == "Succeeded"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(429, {"error": {"code": "TooManyRequests", "message": ""}}, {"Retry-After": "17"}), Throttled),
        (Answer(429, {"error": {"code": "RetryableError", "message": ""}}, {"Retry-After": "17"}), Locked),
        (Answer(503, b"<html>", {"Content-Type": "text/html"}), Transient),
        (Answer(400, {"error": {"code": "InvalidRequestFormat", "message": ""}}), Failed),
        (ServiceRequestError("refused"), Transient),
        (ServiceResponseError("reset"), Transient),
    ],
)
async def test_refused_write_is_not_sent_again(
    arm: Arm, wire: Wire, answer: Answer | Exception, error: type[Exception]
) -> None:
    """Whatever becomes of a write, it is sent once; waiting and trying again is its caller's."""
    wire.answers(answer)
    with pytest.raises(error) as raised:
        await arm.begin_put(VNET, BODY)
    assert wire.only.method == "PUT"
    assert raised.value.__cause__ is not None


async def test_unregistered_provider_is_not_registered_behind_our_back(arm: Arm, wire: Wire) -> None:
    """The clients' habit of registering a provider, and sleeping for it, is off."""
    said = {"code": "MissingSubscriptionRegistration", "message": "not registered to use namespace 'Microsoft.Network'"}
    wire.answers(Answer(409, {"error": said}))
    with pytest.raises(Exception, match="not registered"):
        await arm.begin_put(VNET, BODY)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(204),
        Answer(200, {"id": VNET}),
        Answer(404, {"error": {"code": "ResourceNotFound", "message": "was not found"}}),
        Answer(404, {"code": "NotFound", "message": "Could not find managed cluster"}),
    ],
)
async def test_delete_that_is_over(arm: Arm, wire: Wire, answer: Answer) -> None:
    """A delete that ends at once, or finds nothing, is done."""
    wire.answers(answer)
    assert (await arm.begin_delete(VNET)).state == "Succeeded"
    assert wire.only.method == "DELETE"


async def test_delete_that_goes_on(arm: Arm, wire: Wire) -> None:
    """A resource group's delete is followed by its Location; an etag guards a delete too."""
    wire.answers(Answer(202, None, {"Location": operation_url(), "Retry-After": "15"}))
    operation = await arm.begin_delete(GROUP, etag="1")
    assert (operation.state, operation.url, operation.retry_after, operation.verb) == (
        "InProgress",
        operation_url(),
        15.0,
        "delete",
    )
    assert wire.only.headers["If-Match"] == "1"


async def test_accepted_without_a_place_to_look(arm: Arm, wire: Wire) -> None:
    """A delete that Azure accepts without saying where to look is followed at the resource until it is gone."""
    wire.answers(Answer(202), Answer(200, {"id": VNET}), Answer(404))
    operation = await arm.begin_delete(VNET)
    assert urlsplit(str(operation.url)).path == VNET
    operation = await arm.poll(operation)
    assert operation.state == "InProgress"
    assert (await arm.poll(operation)).state == "Succeeded"


async def test_run_command(arm: Arm, wire: Wire) -> None:
    """A run command sends the lines to the machine's shell; its printed text is the finished operation's result."""
    wire.answers(accepted(202))
    operation = await arm.begin_run_command(MACHINE, ("nslookup a.b", "nc -z a.b 443"))
    assert wire.only.method == "POST"
    assert urlsplit(wire.only.url).path == f"{MACHINE}/runCommand"
    assert wire.body == {"commandId": "RunShellScript", "script": ["nslookup a.b", "nc -z a.b 443"]}
    said = {"code": "ProvisioningState/succeeded", "message": "Enable succeeded: \n[stdout]\nName: a.b\n\n[stderr]\n"}
    wire.answers(Answer(200, {"status": "Succeeded", "properties": {"output": {"value": [said]}}}))
    done = await arm.poll(Operation.from_json(operation.to_json()))
    assert done.result == said["message"]


@pytest.mark.parametrize(
    "resource",
    [f"{NETWORK}/loadBalancers/lb", f"{NETWORK}/privateDnsZones/z/CNAME/api", "/subscriptions/s", "/not/an/id"],
)
async def test_unserved_kind(arm: Arm, wire: Wire, resource: str) -> None:
    """What the door does not write is refused in plain words, and nothing is sent."""
    with pytest.raises(Invalid, match=r"\$: "):
        await arm.begin_put(resource, BODY)
    assert not wire.sent


async def test_write_into_a_missing_group(arm: Arm, wire: Wire) -> None:
    """A PUT into a resource group that is not there is NotFound, and names the resource."""
    wire.answers(Answer(404, {"error": {"code": "ResourceGroupNotFound", "message": "rg could not be found"}}))
    with pytest.raises(NotFound) as raised:
        await arm.begin_put(VNET, BODY)
    assert raised.value.resource_id == VNET
