"""How answers about operations are read: a table of what Azure sends, and what it means."""

from __future__ import annotations

from typing import Any

import pytest

from shared.arm.operation import Operation, Verb
from shared.arm.progress import Reply, begun, polled
from shared.model.errors import Changed, Failed, Locked, NotReady, Transient
from tests.arm.wire import CLUSTER, ENDPOINT, VNET, operation_url

OWN = f"{ENDPOINT}{VNET}?api-version=2026-03-01"
ASYNC, LOCATION = operation_url("async"), operation_url("location")
RESOURCE = {"id": VNET, "name": "hub", "type": "Microsoft.Network/virtualNetworks", "properties": {}}


def resource(state: str) -> dict[str, Any]:
    """Return the VNet's body in a provisioningState."""
    return {**RESOURCE, "properties": {"provisioningState": state}}


@pytest.mark.parametrize(
    ("verb", "status", "headers", "body", "url"),
    [
        ("put", 200, {}, resource("Succeeded"), None),
        ("put", 201, {"Location": OWN}, RESOURCE, None),
        ("put", 200, {"Azure-AsyncOperation": ASYNC}, resource("Updating"), ASYNC),
        ("put", 200, {"Azure-AsyncOperation": ASYNC}, resource("Succeeded"), ASYNC),
        ("put", 201, {"Azure-AsyncOperation": ASYNC, "Location": LOCATION}, resource("Creating"), ASYNC),
        ("put", 202, {"Location": LOCATION}, None, LOCATION),
        ("put", 201, {}, resource("Updating"), OWN),
        ("put", 202, {}, None, OWN),
        ("delete", 200, {}, None, None),
        ("delete", 204, {}, None, None),
        ("delete", 202, {"Azure-AsyncOperation": ASYNC, "Location": LOCATION}, None, ASYNC),
        ("run", 202, {"Location": LOCATION}, None, LOCATION),
    ],
)
def test_first_answer(verb: Verb, status: int, headers: dict[str, str], body: Any, url: str | None) -> None:
    """The first answer says where to look, or that there is nothing to wait for."""
    operation = begun(VNET, verb, Reply(status, headers, body, OWN))
    assert (operation.state, operation.url) == ("Succeeded" if url is None else "InProgress", url)
    assert operation.verb == verb
    assert operation.result == body


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "10"}, 10.0),
        ({"Retry-After": "0"}, None),
        ({"retry-after-ms": "250", "Retry-After": "10"}, 0.25),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_pause(headers: dict[str, str], seconds: float | None) -> None:
    """The pause is what the service said, in seconds; zero, or nothing readable, is nothing said."""
    reply = Reply(200, {"Azure-AsyncOperation": ASYNC, **headers}, None, OWN)
    assert begun(VNET, "put", reply).retry_after == seconds
    assert polled(Operation(VNET, "InProgress", ASYNC), Reply(202, headers, None, ASYNC)).retry_after == seconds


AKS_STUMBLED = {"code": "NotLatestOperation", "message": "Cannot proceed with the operation."}


@pytest.mark.parametrize(
    ("verb", "url", "status", "body", "state"),
    [
        ("put", ASYNC, 200, {"status": "InProgress"}, "InProgress"),
        ("put", ASYNC, 202, {"status": "InProgress"}, "InProgress"),
        ("put", ASYNC, 200, {"status": "Creating"}, "InProgress"),
        ("put", ASYNC, 200, {"status": "InProgress", "error": AKS_STUMBLED}, "InProgress"),
        ("put", ASYNC, 200, {"status": "Succeeded", "error": AKS_STUMBLED}, "Succeeded"),
        ("put", ASYNC, 200, {"status": "succeeded"}, "Succeeded"),
        ("delete", ASYNC, 200, {"status": "Succeeded"}, "Succeeded"),
        ("put", LOCATION, 202, None, "InProgress"),
        ("put", LOCATION, 200, resource("Updating"), "Succeeded"),
        ("delete", LOCATION, 202, None, "InProgress"),
        ("delete", LOCATION, 200, None, "Succeeded"),
        ("delete", LOCATION, 204, None, "Succeeded"),
        ("put", OWN, 200, resource("Updating"), "InProgress"),
        ("put", OWN, 200, resource("Succeeded"), "Succeeded"),
        ("delete", OWN, 200, resource("Succeeded"), "InProgress"),
    ],
)
def test_later_answer(verb: Verb, url: str, status: int, body: Any, state: str) -> None:
    """Only `status` judges an operation; without one, a Location by the HTTP status, a resource by its own state."""
    operation = polled(Operation(VNET, "InProgress", url, verb=verb), Reply(status, {}, body, url))
    assert (operation.state, operation.url) == (state, None if state == "Succeeded" else url)


def test_location_that_moves() -> None:
    """A Location may name another place to look next."""
    reply = Reply(202, {"Location": f"{LOCATION}&page=2"}, None, LOCATION)
    assert polled(Operation(VNET, "InProgress", LOCATION), reply).url == f"{LOCATION}&page=2"


def test_last_answer_with_the_resource() -> None:
    """Where the operation ends with the resource, it is the result: nobody needs to read it again."""
    reply = Reply(200, {}, resource("Succeeded"), LOCATION)
    assert polled(Operation(VNET, "InProgress", LOCATION), reply).result == resource("Succeeded")


@pytest.mark.parametrize(
    "body",
    [
        {"status": "Succeeded", "properties": {"output": {"value": [{"message": "one"}, {"message": "two"}]}}},
        {"value": [{"message": "one"}, {"message": "two"}]},
    ],
)
def test_printed_text(body: Any) -> None:
    """A run command's text is found in the operation and at its Location."""
    done = polled(Operation(VNET, "InProgress", ASYNC, verb="run"), Reply(200, {}, body, ASYNC))
    assert done.result == "one\ntwo"


@pytest.mark.parametrize(
    ("error", "expected", "code"),
    [
        ({"code": "VMExtensionProvisioningError", "message": "exit code 52"}, Failed, "VMExtensionProvisioningError"),
        ({"code": "PreconditionFailed", "message": "etag mismatch"}, Changed, "PreconditionFailed"),
        ({"code": "AKSOperationPreempted", "message": "by another"}, Locked, "AKSOperationPreempted"),
        (
            {"code": "CustomPrivateDNSZoneMissingPermissionError"},
            NotReady,
            "CustomPrivateDNSZoneMissingPermissionError",
        ),
        ({"code": "InternalServerError", "message": "An error occurred."}, Transient, "InternalServerError"),
        (None, Failed, "Failed"),
    ],
)
def test_failed_operation(error: Any, expected: type[Exception], code: str) -> None:
    """A failed operation raises Azure's code and message, in the class that says what can be done."""
    with pytest.raises(expected) as raised:
        polled(Operation(CLUSTER, "InProgress", ASYNC), Reply(200, {}, {"status": "Failed", "error": error}, ASYNC))
    assert (raised.value.code, raised.value.resource_id) == (code, CLUSTER)  # type: ignore[attr-defined]


def test_failed_resource() -> None:
    """A resource that is looked at itself fails with its provisioningState."""
    with pytest.raises(Failed, match="ended as Failed"):
        polled(Operation(VNET, "InProgress", OWN), Reply(200, {}, resource("Failed"), OWN))


def test_handle_crosses_a_boundary() -> None:
    """The handle is small plain JSON, and what comes back polls the same."""
    operation = Operation(VNET, "InProgress", ASYNC, 10.0, {"large": "body"}, "delete")
    handle = operation.to_json()
    assert handle == {"resourceId": VNET, "state": "InProgress", "url": ASYNC, "verb": "delete"}
    assert Operation.from_json(handle) == Operation(VNET, "InProgress", ASYNC, verb="delete")
