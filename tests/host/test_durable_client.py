"""The real DurableOrchestrationClient against the host's webhooks, and the engine's loop at speed."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import pytest
import pytest_asyncio

from local.host.clock import Origin
from local.host.invocation import client_binding
from tests.host.running import Running, eventually, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SPEED = 100_000.0
SIMULATED = datetime(2030, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture
async def running_host(tmp_path: Path) -> AsyncIterator[Running]:
    """A host with the orders app, on a fast clock."""
    async with running(tmp_path, speed=SPEED, origin=Origin(time.time(), SIMULATED.timestamp())) as host:
        yield host


@pytest.fixture
def client(running_host: Running) -> df.DurableOrchestrationClient:
    """The SDK's client, as a function gets it."""
    return df.DurableOrchestrationClient(client_binding(running_host.host.url, "hub", running_host.host.keys.durable))


async def ended(client: df.DurableOrchestrationClient, instance_id: str) -> Any:
    """Wait for the end of an instance and return its status."""

    async def look() -> Any:
        status = await client.get_status(instance_id, show_input=True)
        return status if status.output is not None else None

    return await eventually(look)


async def test_an_http_function_starts_an_orchestration(
    running_host: Running, client: df.DurableOrchestrationClient, tmp_path: Path
) -> None:
    """start_new, activities in threads and on the loop, a timer of days, the status links, and the activity log."""
    parcel = {"id": "p1", "days": 2}
    status, body, _ = await running_host.call("POST", "/api/ship/p1", json=parcel, headers=running_host.key)
    assert status == 202
    final = await ended(client, "p1")
    assert final.runtime_status is df.OrchestrationRuntimeStatus.Completed
    assert final.input_ == parcel
    assert final.output["parcel"] == "packed p1"
    taken = datetime.fromisoformat(final.output["at"]) - SIMULATED
    assert timedelta(days=2) <= taken < timedelta(days=4)
    assert final.created_time >= SIMULATED
    async with running_host.http.get(json.loads(body)["statusQueryGetUri"]) as answer:
        assert (answer.status, (await answer.json())["runtimeStatus"]) == (200, "Completed")
    lines = [json.loads(line) for line in (tmp_path / "activities.jsonl").read_text().splitlines()]
    assert [(line["name"], line["instance"], line["outcome"]) for line in lines] == [
        ("pack", "p1", "Completed"),
        ("hand_over", "p1", "Completed"),
    ]
    assert all(0 <= line["seconds"] < 5 and line["simulated"] > "2030-01-01" for line in lines)


async def test_an_activity_may_use_the_client(client: df.DurableOrchestrationClient) -> None:
    """An activity with a durable client raises an event in the orchestration that called it."""
    instance_id = await client.start_new("announcing")
    assert (await ended(client, instance_id)).output == [{"by": "activity"}, "announced"]


async def test_one_instance_of_an_id_runs_at_a_time(client: df.DurableOrchestrationClient) -> None:
    """A second start_new is refused while the first runs, and replaces it once it is over."""
    await client.start_new("listening", "one")
    with pytest.raises(Exception, match="An Orchestration instance with the ID one already exists"):
        await client.start_new("listening", "one")
    await client.raise_event("one", "event", {"n": 1})
    assert (await ended(client, "one")).output == {"n": 1}
    with pytest.raises(Exception, match="is gone"):
        await client.raise_event("one", "event")
    await client.start_new("listening", "one")
    assert (await client.get_status("one")).output is None
    with pytest.raises(Exception, match="doesn't exist"):
        await client.start_new("nobody")
    with pytest.raises(Exception, match="No instance"):
        await client.raise_event("nobody", "event")


async def test_the_life_of_an_instance_is_controlled(client: df.DurableOrchestrationClient) -> None:
    """Suspend, resume, terminate, restart and purge work through the client."""
    await client.start_new("listening", "it", "input")

    async def status() -> str:
        return str((await client.get_status("it")).runtime_status.name)

    await eventually(lambda: _is(status, "Running"))
    assert (await client.get_status("it")).custom_status == "listening"
    await client.suspend("it", "wait")
    assert await status() == "Suspended"
    await client.resume("it", "go on")
    assert await status() == "Running"
    assert (await client.purge_instance_history("it")).instances_deleted == 0
    await client.terminate("it", "enough")
    final = await client.get_status("it")
    assert (final.runtime_status.name, final.output) == ("Terminated", "enough")
    again = await client.restart("it")
    assert (await client.get_status(again, show_input=True)).input_ == "input"
    assert (await client.purge_instance_history("it")).instances_deleted == 1
    assert not await client.get_status("it")
    with pytest.raises(Exception, match="unexpected"):
        await client.signal_entity(df.EntityId("counter", "a"), "add")


async def _is(look: Any, wanted: str) -> bool:
    return bool(await look() == wanted)


async def test_instances_are_listed_and_purged_by_query(client: df.DurableOrchestrationClient) -> None:
    """Queries by prefix, status and time find what fits; purging by query takes only what is over."""
    for name in ("a-1", "a-2", "b-1"):
        await client.start_new("listening", name)
    await client.terminate("a-1", "")
    listed = await client.get_status_by(instance_id_prefix="a-")
    assert [status.instance_id for status in listed] == ["a-1", "a-2"]
    terminated = await client.get_status_by(runtime_status=[df.OrchestrationRuntimeStatus.Terminated])
    assert [status.instance_id for status in terminated] == ["a-1"]
    assert await client.get_status_by(created_time_from=SIMULATED + timedelta(days=3650)) == []
    assert len(await client.get_status_all()) == 3
    assert (await client.purge_instance_history_by(SIMULATED)).instances_deleted == 1


async def test_the_webhooks_outside_want_the_key(running_host: Running) -> None:
    """Without the durable key nothing is told or done from outside."""
    assert (await running_host.call("GET", "/runtime/webhooks/durabletask/instances"))[0] == 401
    key = running_host.host.keys.durable
    assert (await running_host.call("GET", f"/runtime/webhooks/durabletask/instances?code={key}"))[0] == 200


async def test_bodies_may_be_plain_json(running_host: Running, client: df.DurableOrchestrationClient) -> None:
    """Callers other than the SDK send their JSON as it is, and may ask for the history."""
    base = "/runtime/webhooks/durabletask"
    key = running_host.host.keys.durable
    status, body, _ = await running_host.call("POST", f"{base}/orchestrators/listening/x?code={key}", json="text")
    assert (status, json.loads(body)["id"]) == (202, "x")
    await running_host.call("POST", f"{base}/instances/x/raiseEvent/event?code={key}", json="plain")
    final = await ended(client, "x")
    assert (final.input_, final.output) == ("text", "plain")
    _, body, _ = await running_host.call("GET", f"{base}/instances/x?showHistory=true&code={key}")
    assert [event["EventType"] for event in json.loads(body)["historyEvents"]][:2] == [12, 0]
    assert (await running_host.call("POST", f"{base}/orchestrators/listening?code={key}", data=b"{"))[0] == 400


async def test_completion_reaches_the_next_action_at_once(running_host: Running) -> None:
    """Between the end of one activity and the begin of the next lie a few milliseconds."""
    await running_host.host.engine.ask(lambda hub: hub.start("chain", "it", "20"))

    async def is_over() -> bool:
        return bool((await running_host.host.engine.ask(lambda hub: hub.status("it"))).is_over)

    began = time.monotonic()
    await eventually(is_over)
    assert len(running_host.app.seen["pack"]) == 40
    assert time.monotonic() - began < 20 * (0.02 + 0.05), "20 rounds of 20 ms, with less than 50 ms between them"


async def test_an_abandoned_question_does_not_disturb(running_host: Running) -> None:
    """A caller that goes away before its answer leaves the engine in order."""
    question = asyncio.create_task(running_host.host.engine.ask(lambda hub: hub.start("listening", "it", None)))
    await asyncio.sleep(0)
    question.cancel()
    assert (await running_host.host.engine.ask(lambda hub: hub.status("it"))).name == "listening"
