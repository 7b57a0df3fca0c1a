"""The Event Grid webhook: handshakes, deliveries, and failures that are resent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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


async def test_the_handshake_answers_the_code(running_host: Running) -> None:
    """A subscription is validated by echoing its code."""
    validation = [
        {**event(1, validationCode="512d38b6"), "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"}
    ]
    headers = {"aeg-event-type": "SubscriptionValidation"}
    status, body, _ = await running_host.call("POST", path(running_host), json=validation, headers=headers)
    assert (status, json.loads(body)) == (200, {"validationResponse": "512d38b6"})


async def test_cloud_events_are_consented_to(running_host: Running) -> None:
    """CloudEvents are validated by OPTIONS."""
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    status, _, answered = await running_host.call("OPTIONS", path(running_host), headers=headers)
    assert (status, answered["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert (await running_host.call("OPTIONS", path(running_host)))[0] == 400


async def test_each_event_of_a_delivery_is_one_call(running_host: Running) -> None:
    """A list of events calls the function once for each."""
    status, _, _ = await running_host.call("POST", path(running_host), json=[event(1, a=1), event(2, a=2)])
    assert status == 202
    assert running_host.app.seen["event"] == [["1", "Orders.Placed", {"a": 1}], ["2", "Orders.Placed", {"a": 2}]]


async def test_a_failing_function_is_answered_so_that_it_is_resent(running_host: Running) -> None:
    """One failure of a delivery is 500, for Event Grid to send it again."""
    assert (await running_host.call("POST", path(running_host), json=[event(1), event(2, fail=True)]))[0] == 500


async def test_refusals(running_host: Running) -> None:
    """A wrong key is 401, an unknown function 404, nonsense 400."""
    assert (await running_host.call("POST", path(running_host, key="wrong"), json=[]))[0] == 401
    assert (await running_host.call("POST", path(running_host, "nobody"), json=[]))[0] == 404
    assert (await running_host.call("POST", path(running_host), data=b"{"))[0] == 400
    assert (await running_host.call("POST", path(running_host), json=[1]))[0] == 400
    assert (await running_host.call("GET", path(running_host)))[0] == 404
    headers = {"aeg-event-type": "Unsubscribe"}
    assert (await running_host.call("POST", path(running_host), json=[event(1)], headers=headers))[0] == 202
