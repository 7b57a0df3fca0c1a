"""Spans of calls to Azure: what they are called, what they say, and what they leave out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.arm.calls import CallSpans, type_of_path
from shared.telemetry import names, trace

if TYPE_CHECKING:
    from tests.telemetry.conftest import Kept

GROUP = "/subscriptions/s/resourceGroups/rg"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
OPERATION = (
    "https://management.azure.com/subscriptions/s/providers/Microsoft.Network/locations/westeurope/operations/1"
    "?api-version=2026-03-01&t=planted&c=planted&s=planted&h=planted"
)


@pytest.mark.parametrize(
    ("path", "type_"),
    {
        "/subscriptions": "Microsoft.Resources/subscriptions",
        "/subscriptions/s": "Microsoft.Resources/subscriptions",
        GROUP: "Microsoft.Resources/resourceGroups",
        VNET: "Microsoft.Network/virtualNetworks",
        f"{VNET}/subnets/a": "Microsoft.Network/virtualNetworks/subnets",
        f"{VNET}/subnets": "Microsoft.Network/virtualNetworks/subnets",
        f"{GROUP}/providers/Microsoft.Compute/disks/d/act": "Microsoft.Compute/disks/act",
        f"{VNET}/providers/Microsoft.Authorization/roleAssignments/r": "Microsoft.Authorization/roleAssignments",
        "/subscriptions/s/providers/A.B/locations/w/operations/1": "A.B/locations/operations",
        "/providers/Microsoft.ResourceGraph/resources": "Microsoft.ResourceGraph/resources",
    }.items(),
)
def test_the_type_of_a_path(path: str, type_: str) -> None:
    """A path leads to a resource, a collection, an action, or where operations are asked for."""
    assert type_of_path(path) == type_


class Wire(AsyncHttpTransport[Any, Any]):
    """Answers whatever it is told to, and keeps what was sent."""

    def __init__(self, status: int, headers: Any) -> None:
        self.status, self.headers = status, headers
        self.sent: list[Any] = []

    async def send(self, request: Any, **_: Any) -> Any:
        """Answer."""
        self.sent.append(request)
        if not self.status:
            raise ServiceRequestError("planted")
        return SimpleNamespace(status_code=self.status, headers=self.headers)

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def __aexit__(self, *_: object) -> None:
        """Do nothing."""


async def call(method: str, url: str, status: int, **headers: str) -> Wire:
    """Send a request through the policy."""
    wire = Wire(status, headers)
    await AsyncPipeline(wire, [CallSpans()]).run(HttpRequest(method, url))
    return wire


async def test_a_look_at_an_operation(kept: Kept) -> None:
    """A poll is named by the resource that it is about; of the URL nothing is left but host and api-version."""
    with trace.about({names.RESOURCE: VNET, names.POLL: True, names.DOCUMENT: "Hub/weu"}):
        wire = await call("GET", OPERATION, 202, **{"Retry-After": "7", "x-ms-request-id": "r"})
    name = "poll Microsoft.Network/virtualNetworks"
    assert kept.attributes(name) == {
        names.DOCUMENT: "Hub/weu",
        names.RESOURCE: VNET,
        names.POLL: True,
        names.METHOD: "GET",
        names.ADDRESS: "management.azure.com",
        names.PORT: 443,
        names.PROVIDER: "Microsoft.Network",
        names.TYPE: "Microsoft.Network/virtualNetworks",
        names.API_VERSION: "2026-03-01",
        names.STATUS: 202,
        names.RETRY_AFTER: 7,
        names.REQUEST_ID: "r",
    }
    assert "planted" not in kept.spans[name].to_json()
    assert wire.sent[0].headers["traceparent"] == kept.context(name)


@pytest.mark.parametrize(
    ("status", "error"), [(200, None), (404, None), (400, "400"), (409, "409"), (429, "429"), (503, "503")]
)
async def test_which_answers_are_errors(kept: Kept, status: int, error: str | None) -> None:
    """A refusal is the span's error; that something is not there is none. A 429 is a throttle, and counted as one."""
    await call("GET", f"https://management.azure.com{VNET}?api-version=1", status)
    found = kept.attributes("GET Microsoft.Network/virtualNetworks")
    assert found.get(names.ERROR) == error
    assert found.get(names.THROTTLED) == (True if status == 429 else None)
    by = (("method", "GET"), ("provider", "Microsoft.Network"), ("status", str(status)))
    assert kept.measured[names.CALLS.name, by] == 1
    throttles = kept.measured.get((names.THROTTLES.name, (("provider", "Microsoft.Network"),)))
    assert throttles == (1 if status == 429 else None)


async def test_no_answer(kept: Kept) -> None:
    """A call without an answer has the class of the error, and the status 0 among the counts."""
    with pytest.raises(ServiceRequestError):
        await call("PUT", f"https://management.azure.com{VNET}", 0)
    found = kept.spans["PUT Microsoft.Network/virtualNetworks"]
    assert (found.attributes or {})[names.ERROR] == "ServiceRequestError"
    assert "planted" not in found.to_json()
    by = (("method", "PUT"), ("provider", "Microsoft.Network"), ("status", "0"))
    assert kept.measured[names.CALLS.name, by] == 1


async def test_off_sends_no_context() -> None:
    """While telemetry is off Azure gets no header of it."""
    wire = await call("GET", f"https://management.azure.com{VNET}", 200)
    assert "traceparent" not in wire.sent[0].headers
