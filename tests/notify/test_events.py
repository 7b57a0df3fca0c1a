"""Lifecycle events by the real client: to the simulator's topic, and to one that misbehaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.simulator.server import Simulator
from shared.arm.credentials import open_credential
from shared.model.errors import (
    Denied,
    Failed,
    NotFound,
    RetryLaterError,
    SpokewrightError,
    Throttled,
    Transient,
)
from shared.model.lifecycle import compose
from shared.notify.events import LARGEST_BATCH, Events
from tests.model.samples import parsed
from tests.notify.topic import Topic

CODE = "import sys, orchestration.telling, shared.notify.events as e; e.Events('https://x', key='k');"
READY = compose("Spokewright.Hub.Ready", parsed("Hub"), datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
async def azure(tmp_path: Path) -> AsyncIterator[Simulator]:
    """The local stack's Azure, with its topic."""
    simulator = Simulator(tmp_path / "state", speed=0)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def topic(tmp_path: Path) -> AsyncIterator[Topic]:
    """A topic that answers as it is told."""
    topic = Topic(tmp_path)
    await topic.start()
    yield topic
    await topic.stop()


@pytest.fixture
async def events(topic: Topic) -> AsyncIterator[Events]:
    """What is tested, at that topic."""
    events = Events(topic.endpoint, key="key", ca_bundle=topic.ca_bundle)
    yield events
    await events.close()


async def taken(azure: Simulator) -> list[dict[str, Any]]:
    """Return what the simulator's topic took."""
    url = f"{azure.base}/_simulator/topics/lifecycle"
    async with aiohttp.ClientSession() as session, session.get(url, ssl=False) as answer:
        return [json.loads(line)["event"] for line in (await answer.text()).splitlines()]


def large(number: int, size: int) -> dict[str, Any]:
    """Return an event of about so many bytes."""
    return READY | {"id": str(number), "data": {"message": "x" * size}}


async def test_what_arrives(azure: Simulator) -> None:
    """With the topic's key an event arrives as a CloudEvent, with all that it was composed of; a repeat as itself."""
    events = Events(
        azure.endpoints["topicEndpoint"], key=azure.endpoints["topicKey"], ca_bundle=azure.endpoints["caBundle"]
    )
    await events.publish([READY])
    await events.publish([READY])
    await events.close()
    first, second = await taken(azure)
    assert first == second
    host = azure.endpoints["topicEndpoint"].split("/")[2]
    assert first.pop("time").startswith("2026-01-01T00:00:00")
    expected = {name: READY[name] for name in ("id", "type", "subject", "data")}
    extra = {"specversion": "1.0", "source": f"/spokewright/{host}", "datacontenttype": "application/json"}
    assert {name: value for name, value in first.items() if value is not None} == expected | extra


async def test_the_managed_identity(azure: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the identity's token for Event Grid opens the topic; the source can be chosen."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", azure.endpoints["identity"])
    monkeypatch.setenv("IDENTITY_HEADER", azure.endpoints["identityHeader"])
    async with open_credential() as credential:
        events = Events(
            azure.endpoints["topicEndpoint"], credential, source="/ours", ca_bundle=azure.endpoints["caBundle"]
        )
        await events.publish([READY])
        await events.close()
    (event,) = await taken(azure)
    assert (event["id"], event["source"]) == (READY["id"], "/ours")


async def test_a_wrong_key(azure: Simulator) -> None:
    """A key that is not the topic's is Denied, with what to do; the key is not in the message."""
    events = Events(azure.endpoints["topicEndpoint"], key="d3Jvbmc=", ca_bundle=azure.endpoints["caBundle"])
    with pytest.raises(Denied, match="EventGrid Data Sender") as raised:
        await events.publish([READY])
    await events.close()
    assert "d3Jvbmc" not in str(raised.value)
    assert await taken(azure) == []


async def test_large_batches_are_divided(azure: Simulator) -> None:
    """More than one request may carry goes in several, in order, and all of it arrives."""
    events = Events(
        azure.endpoints["topicEndpoint"], key=azure.endpoints["topicKey"], ca_bundle=azure.endpoints["caBundle"]
    )
    await events.publish([large(number, 400_000) for number in range(5)])
    await events.close()
    assert [event["id"] for event in await taken(azure)] == ["0", "1", "2", "3", "4"]


async def test_no_request_is_too_large(topic: Topic, events: Events) -> None:
    """However many events, each request stays below the limit, and none is sent alone that fits with its neighbour."""
    await events.publish([large(number, 1500) for number in range(2000)])
    assert all(len(body) <= LARGEST_BATCH for body in topic.bodies)
    assert [event["id"] for batch in topic.batches for event in batch] == [str(number) for number in range(2000)]
    assert all(len(body) > LARGEST_BATCH * 0.8 for body in topic.bodies[:-1])


async def test_nothing_to_publish(topic: Topic, events: Events) -> None:
    """Nothing is sent where there is nothing."""
    await events.publish([])
    assert topic.bodies == []


@pytest.mark.parametrize(
    ("status", "headers", "meaning"),
    [
        (400, {}, Failed),
        (401, {}, Denied),
        (403, {}, Denied),
        (404, {}, NotFound),
        (408, {}, Transient),
        (410, {}, NotFound),
        (413, {}, Failed),
        (429, {"Retry-After": "7"}, Throttled),
        (500, {}, Transient),
        (503, {"Retry-After": "7"}, Transient),
        (307, {"Location": "https://localhost:1/elsewhere"}, Failed),
    ],
)
async def test_a_refusal(
    topic: Topic, events: Events, status: int, headers: dict[str, str], meaning: type[SpokewrightError]
) -> None:
    """Each answer is an error of ours, at once: nothing is sent again, or elsewhere; the waiting is left to others."""
    topic.script = [(status, headers)]
    with pytest.raises(SpokewrightError) as raised:
        await events.publish([READY])
    assert type(raised.value) is meaning
    assert len(topic.bodies) == 1
    if isinstance(raised.value, RetryLaterError):
        assert raised.value.retry_after == (7.0 if headers else None)


async def test_a_connection_that_breaks(topic: Topic, events: Events) -> None:
    """An event whose connection broke is sent once more, as the same; after that it is a passing fault."""
    topic.script = [(0, {})]
    await events.publish([READY])
    assert topic.batches[0] == topic.batches[1]
    topic.script = [(0, {}), (0, {})]
    with pytest.raises(Transient):
        await events.publish([READY])


async def test_nobody_listens(topic: Topic, events: Events) -> None:
    """A topic that is away is a passing fault, and the message names it."""
    await topic.stop()
    with pytest.raises(Transient, match="localhost"):
        await events.publish([READY])


async def test_a_foreign_certificate(topic: Topic) -> None:
    """Nothing is sent to a topic whose certificate is not trusted."""
    events = Events(topic.endpoint, key="key")
    with pytest.raises(Transient):
        await events.publish([READY])
    await events.close()
    assert topic.bodies == []


def test_loads_lazily() -> None:
    """Making the publisher loads no Azure package and no HTTP client."""
    script = CODE + "print([m for m in sys.modules if m.split('.')[0] in ('azure', 'aiohttp')])"
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
