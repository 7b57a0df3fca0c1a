"""Azure's errors in our tree: recorded bodies, those that documentation names, and what may not leak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.arm import translation
from shared.arm.operation import Operation
from shared.arm.progress import Reply, polled
from shared.model import errors
from shared.model.redaction import CAP, redact
from tests.arm.wire import CLUSTER, VNET

RECORDED = json.loads((Path(__file__).parent / "recorded_errors.json").read_text())["errors"]
REFUSED = [row for row in RECORDED if row["status"] >= 400]
OPERATIONS = [row for row in RECORDED if row["status"] == 200]


def named(rows: list[dict[str, Any]]) -> list[Any]:
    """Return the rows as parameters with their names."""
    return [pytest.param(row, id=row["name"]) for row in rows]


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "bare"])
@pytest.mark.parametrize("row", named(REFUSED))
def test_recorded_refusal(row: dict[str, Any], *, wrapped: bool) -> None:
    """A recorded refusal has its class, code and text, wrapped as Network's or bare as AKS's."""
    body = {"error": row["error"]} if wrapped else row["error"]
    error = translation.of_response(row["status"], {}, body, VNET)
    assert type(error).__name__ == row["means"]
    assert (error.code, error.resource_id) == (row["error"]["code"], VNET)
    assert row["error"]["message"].split()[0] in error.message


@pytest.mark.parametrize("row", named(OPERATIONS))
def test_recorded_operation(row: dict[str, Any]) -> None:
    """A recorded operation fails only if its status says so, whatever error it shows."""
    running = Operation(CLUSTER, "InProgress", "https://management.azure.com/operations/1")
    reply = Reply(200, {}, {"status": row["operation"], "error": row["error"]}, str(running.url))
    if row["means"] is None:
        assert polled(running, reply).state == "InProgress"
        return
    with pytest.raises(getattr(errors, row["means"])):
        polled(running, reply)


IN_PROGRESS = "Operation is not allowed: Another operation (Updating) is in progress, please wait for it to finish."
UNAUTHORIZED = (
    "The client 'a' with object id 'b' does not have authorization to perform action "
    "'Microsoft.Network/virtualNetworks/write' over scope '/subscriptions/s' or the scope is invalid."
)
LINKED = (
    "The client 'a' with object id 'b' has permission to perform action 'Microsoft.Network/x/write' on scope '/s/1'; "
    "however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' "
    "on the linked scope(s) '/subscriptions/s/vnet' (respectively)."
)


@pytest.mark.parametrize(
    ("status", "code", "message", "resource", "expected"),
    [
        (409, "OperationNotAllowed", IN_PROGRESS, CLUSTER, "Locked"),
        (409, "OperationNotAllowed", "exceeding approved Total Regional Cores quota", CLUSTER, "Failed"),
        (409, "OperationNotAllowed", "The managed cluster is stopped.", CLUSTER, "Failed"),
        (409, "AnotherOperationInProgress", "Another operation on this or dependent resource", VNET, "Locked"),
        (400, "ReferencedResourceNotProvisioned", "Resource is in Updating state and", VNET, "Locked"),
        (400, "ReferencedResourceNotProvisioned", "Resource is in Failed state and", VNET, "Failed"),
        (400, "VirtualNetworkNotInSucceededState", "is in Updating state.", CLUSTER, "Locked"),
        (409, "ResourceGroupBeingDeleted", "", VNET, "Locked"),
        (409, "CannotDeleteResource", "nested resources exist", VNET, "Failed"),
        (400, "CustomPrivateDNSZoneMissingPermissionError", "", CLUSTER, "NotReady"),
        (400, "CustomRouteTableMissingPermission", "", CLUSTER, "NotReady"),
        (403, "LinkedAuthorizationFailed", LINKED, CLUSTER, "NotReady"),
        (403, "LinkedAuthorizationFailed", LINKED, VNET, "Denied"),
        (403, "RequestDisallowedByPolicy", "", VNET, "Denied"),
        (409, "ScopeLocked", "", VNET, "Denied"),
        (409, "MissingSubscriptionRegistration", "", VNET, "Denied"),
        (400, "NoRegisteredProviderFound", "", VNET, "Failed"),
        (400, "RemotePeeringIsDisconnected", "", VNET, "Transient"),
        (400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", "", VNET, "Failed"),
        (429, "SubscriptionRequestsThrottled", "", VNET, "Throttled"),
        (408, "RequestTimeout", "", VNET, "Transient"),
        (500, "Weird", "", VNET, "Transient"),
        (418, "Weird", "", VNET, "Failed"),
    ],
)
def test_meaning(status: int, code: str, message: str, resource: str, expected: str) -> None:
    """A code means what can be done: what no waiting heals is not called a lock."""
    error = translation.of_response(status, {}, {"error": {"code": code, "message": message}}, resource)
    assert type(error).__name__ == expected


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({}, "The call can be retried in 12 seconds.", 12.0),
        ({"Retry-After": "30"}, "The call can be retried in 12 seconds.", 30.0),
        ({"Retry-After": "5"}, "", 5.0),
        ({}, "Please try again after 2 minutes.", 120.0),
        ({"x-ms-user-quota-resets-after": "00:01:05"}, "", 65.0),
        ({"x-ms-user-quota-resets-after": "00:01:05", "Retry-After": "9"}, "", 9.0),
        ({"x-ms-user-quota-resets-after": "00:00:00"}, "", None),
        ({"x-ms-user-quota-resets-after": "soon"}, "", None),
        ({}, "Please wait.", None),
    ],
)
def test_pause(headers: dict[str, str], message: str, seconds: float | None) -> None:
    """A lock's pause is what its text or its header says, the longer of both."""
    details = [{"code": "RetryableErrorDueToAnotherOperation", "message": message}]
    body = {"error": {"code": "RetryableError", "message": "A retryable error occurred.", "details": details}}
    error = translation.of_response(429, headers, body)
    assert isinstance(error, errors.Locked)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("message", "action", "scope"),
    [
        (
            UNAUTHORIZED,
            "Microsoft.Network/virtualNetworks/write",
            "/subscriptions/s",
        ),
        (LINKED, "Microsoft.Network/virtualNetworks/subnets/join/action", "/subscriptions/s/vnet"),
    ],
)
def test_denied_says_what_to_grant(message: str, action: str, scope: str) -> None:
    """A denial names the action that was missing and its scope, first."""
    error = translation.of_response(403, {}, {"error": {"code": "AuthorizationFailed", "message": message}})
    assert error.message.startswith(f"grant the app's identity {action} on {scope};")


@pytest.mark.parametrize(
    "body",
    [
        {
            "error": {
                "code": "DeploymentFailed",
                "message": "At least one.",
                "details": [{"code": "X", "message": "why"}],
            }
        },
        {"error": {"code": "Outer", "message": '{"error": {"code": "X", "message": "why"}}'}},
        {"error": {"code": "Outer", "message": "m", "innererror": {"code": "X", "message": "why"}}},
        {"error": {"code": "Outer", "details": [{"code": "B", "message": '{"code": "X", "message": "why"}'}]}},
    ],
)
def test_inner_cause(body: Any) -> None:
    """The innermost cause is told, wherever Azure put it."""
    error = translation.of_response(400, {}, body)
    assert "X: why" in error.message


@pytest.mark.parametrize("body", [None, [], "", "text", {}, {"error": None}, {"error": {"details": "[{'code'"}}])
def test_body_that_is_none(body: Any) -> None:
    """A refusal without a readable body has its HTTP status for a code."""
    error = translation.of_response(502, {}, body)
    assert (type(error), error.code) == (errors.Transient, "Http502")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("got Bearer abcDEF123.456_x here", "abcDEF123"),
        ("token eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJodHRwczov.c2lnbmF0dXJl end", "eyJ0eXAi"),
        ("GET https://x/op?api-version=1&t=638&c=MIIHsecret&s=sigsecret&h=hash", "secret"),
        ("blob?sv=2020&sig=abc%2Bdef", "abc%2Bdef"),
        ("Endpoint=sb://x;SharedAccessKey=verysecret=;EntityPath=q", "verysecret"),
        ('{"access_token":"verysecret"}', "verysecret"),
        ("-----BEGIN RSA PRIVATE KEY-----\nverysecret\n-----END RSA PRIVATE KEY-----", "verysecret"),
    ],
)
def test_no_secret_passes(text: str, secret: str) -> None:
    """Tokens, signatures and keys that a remote text quotes are taken out."""
    assert secret not in redact(text)
    body = {"error": {"code": "Odd", "message": text}}
    assert secret not in translation.of_response(400, {}, body).message


def test_long_text_is_cut() -> None:
    """A remote text is not longer than a message, however long it was."""
    error = translation.of_response(400, {}, {"error": {"code": "Odd", "message": "x" * 1_000_000}})
    assert CAP <= len(error.message) <= CAP + 100
