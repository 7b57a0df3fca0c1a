"""The Event Grid webhook: handshakes, deliveries, and failures that are resent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.host.running import Running, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture
async def running_host(tmp_path: Path) -> AsyncIterator[Running]:
    """A host with the orders app."""
    async with running(tmp_path) as host:
        yield host


def path(host: Running, function: str = "on_event", key: str = "") -> str:
    """The webhook's address."""
    return f"/runtime/webhooks/eventgrid?functionName={function}&code={key or host.host.keys.event_grid}"


def event(number: int, **data: Any) -> dict[str, Any]:
    """An event in Event Grid's own schema."""
    return {
        "id": str(number),
        "topic": "/subscriptions/s",
        "subject": "/a",
        "eventType": "Orders.Placed",
        "eventTime": "2026-01-02T03:04:05.1234567Z",
        "dataVersion": "2",
        "data": data,
    }


def cloud_event(number: int, **data: Any) -> dict[str, Any]:
    """A CloudEvent."""
    return {"specversion": "1.0", "id": str(number), "source": "/s", "type": "Orders.Placed", "data": data}


NOTIFICATION = {"aeg-event-type": "Notification"}
VALIDATION = {"aeg-event-type": "SubscriptionValidation"}
CLOUD = {"Content-Type": "application/cloudevents+json; charset=utf-8"}


@pytest.mark.parametrize(
    "body",
    [
        [event(1, validationCode="512d38b6")],
        {**cloud_event(1), "data": json.dumps({"validationCode": "512d38b6"})},
    ],
    ids=["Event Grid", "CloudEvents"],
)
async def test_the_handshake_answers_the_code(running_host: Running, body: Any) -> None:
    """A subscription is validated by echoing its code, also where a CloudEvent has its data encoded twice."""
    status, answer, _ = await running_host.call("POST", path(running_host), json=body, headers=VALIDATION)
    assert (status, json.loads(answer)) == (200, {"validationResponse": "512d38b6"})
    assert "event" not in running_host.app.seen


async def test_cloud_events_are_consented_to(running_host: Running) -> None:
    """CloudEvents are validated by OPTIONS."""
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    status, _, answered = await running_host.call("OPTIONS", path(running_host), headers=headers)
    assert (status, answered["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert (await running_host.call("OPTIONS", path(running_host)))[0] == 400


async def test_each_event_of_a_delivery_is_one_call(running_host: Running) -> None:
    """A list of events calls the function once for each; the header is read in any case."""
    headers = {"aeg-event-type": "notification"}
    body = [event(1, a=1), event(2, a=2)]
    assert (await running_host.call("POST", path(running_host), json=body, headers=headers))[0] == 202
    assert running_host.app.seen["event"] == [["1", "Orders.Placed", {"a": 1}], ["2", "Orders.Placed", {"a": 2}]]


@pytest.mark.parametrize("headers", [NOTIFICATION, CLOUD, NOTIFICATION | CLOUD], ids=["kind", "content type", "both"])
async def test_a_cloud_event_comes_alone(running_host: Running, headers: dict[str, str]) -> None:
    """A single CloudEvent, told by the header or by its content type, is one call."""
    data = json.dumps(cloud_event(7, a=1)).encode()
    assert (await running_host.call("POST", path(running_host), data=data, headers=headers))[0] == 202
    assert running_host.app.seen["event"] == [["7", "Orders.Placed", {"a": 1}]]


async def test_a_failing_function_is_answered_so_that_it_is_resent(running_host: Running) -> None:
    """One failure of a delivery is 500, for Event Grid to send it again; so is what the SDK cannot decode."""
    for bad in (event(2, fail=True), event(2) | {"eventTime": "yesterday"}):
        body = [event(1), bad]
        assert (await running_host.call("POST", path(running_host), json=body, headers=NOTIFICATION))[0] == 500
    assert [seen[0] for seen in running_host.app.seen["event"]] == ["1", "2", "1"]


async def test_refusals(running_host: Running) -> None:
    """A wrong key is 401, an unknown function 404, and so is another method."""
    assert (await running_host.call("POST", path(running_host, key="wrong"), json=[]))[0] == 401
    assert (await running_host.call("POST", path(running_host, "nobody"), json=[]))[0] == 404
    assert (await running_host.call("GET", path(running_host)))[0] == 404
    headers = {"aeg-event-type": "Unsubscribe"}
    assert (await running_host.call("POST", path(running_host), json=[event(1)], headers=headers))[0] == 202
    assert "event" not in running_host.app.seen


@pytest.mark.parametrize(
    ("body", "headers", "says"),
    [
        (b"{", NOTIFICATION, "not JSON"),
        (b"[" * 100_000, NOTIFICATION, "not JSON"),
        (b"[1]", NOTIFICATION, "an event is a JSON object"),
        (b'"event"', NOTIFICATION, "an event is a JSON object"),
        (b"[]", {}, "aeg-event-type"),
        (b"[]", {"aeg-event-type": "Gossip"}, "aeg-event-type"),
        (b"[]", VALIDATION, "data.validationCode"),
        (b'[{"data": "{"}]', VALIDATION, "data.validationCode"),
        (b'[{"data": [1]}]', VALIDATION, "data.validationCode"),
    ],
    ids=["half", "deep", "a number", "a text", "no kind", "another kind", "nothing", "half a code", "no code"],
)
async def test_nonsense_is_refused_with_the_reason(
    running_host: Running, body: bytes, headers: dict[str, str], says: str
) -> None:
    """What is no delivery is 400, and the answer says why; the function is not called."""
    status, text, _ = await running_host.call("POST", path(running_host), data=body, headers=headers)
    assert (status, says in text) == (400, True), text
    assert "event" not in running_host.app.seen
