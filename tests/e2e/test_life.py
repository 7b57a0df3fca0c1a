"""The life of a hub, a spoke and a cluster: asked for by one message, applied again, refused, deleted in order."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import accepted_puts, all_ready, condition, example, last, none_left, requests, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SPEED = 60.0
REPLIES = "reply-life"
NO_SWEEP = {"SPOKEWRIGHT_SWEEP_MINUTES": "10000"}
"""So that what is counted in the journal was asked for by the test."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """Yield a client of a stack on which the first cluster was provisioned by one message."""
    directory = tmp_path_factory.mktemp("stack")
    async with Stack(Options(directory, SPEED, settings=NO_SWEEP)) as stack, Client(stack.endpoints) as client:
        client.directory = directory  # type: ignore[attr-defined]  # for the one test that reads the activity log
        await client.send({"documents": example()}, message_id="apply-1", reply_to=REPLIES)
        await until(lambda: all_ready(client))
        yield client


async def test_the_cluster_is_proved_from_the_jump_server(client: Client) -> None:
    """The jump server resolves the API server's private name to its private endpoint, and reaches it."""
    cluster = await client.api("clusters/payments-prod")
    evidence = cluster["status"]["outputs"]["verification"]
    assert condition(cluster, "ApiServerResolvable")["status"] == "True"
    assert condition(cluster, "ApiServerReachable")["status"] == "True"
    assert evidence["addresses"] == [evidence["endpointAddress"]]
    assert evidence["addresses"][0].startswith("10.64.")


async def test_the_sender_was_told(client: Client) -> None:
    """The reply queue got one acceptance, and `ready` for each document."""
    replies = await client.replies(REPLIES, 3)
    told = [(reply.result, reply.body.get("document")) for reply in replies]
    assert told[0] == ("accepted", None)
    assert sorted(told[1:]) == [("ready", "Cluster/payments-prod"), ("ready", "Hub/weu"), ("ready", "Spoke/payments")]


async def test_each_resource_was_written_once(client: Client) -> None:
    """No resource got a second accepted PUT."""
    puts = accepted_puts(await client.journal())
    assert len(puts) >= 20
    assert {path: count for path, count in puts.items() if count > 1} == {}


async def test_the_history_says_every_step(client: Client) -> None:
    """Each step has a start, an end, a result and a reason."""
    history = await client.history(await client.api("hubs/weu"))
    assert {entry["result"] for entry in history} == {"Succeeded"}
    assert all(entry["started"] <= entry["ended"] and entry["reason"] for entry in history)


async def test_topology_and_resolution(client: Client) -> None:
    """The views show the hub with its spoke with its cluster, and that its name resolves and answers."""
    topology = await client.api("topology")
    assert topology["hubs"][0]["spokes"][0]["clusters"][0]["name"] == "payments-prod"
    row = (await client.api("resolution"))["items"][0]
    assert (row["resolves"], row["answers"]) == ("True", "True")


async def test_an_activity_never_waits_for_azure(client: Client) -> None:
    """The longest activity of the provisioning took far less than 5 s: nobody waits on the meter."""
    log: Path = client.directory / "activities.jsonl"  # type: ignore[attr-defined]
    await asyncio.sleep(1.5)
    text = await asyncio.to_thread(log.read_text)
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) > 100
    assert max(line["seconds"] for line in lines) < 5


async def test_applying_again_writes_nothing(client: Client) -> None:
    """The same documents again: no PUT, no DELETE, and at most one list or get of each kind and scope."""
    before = last(await client.journal())
    await client.send({"documents": example()}, message_id="apply-2", reply_to=REPLIES)
    await _settled(client, "apply-2")
    journal = await client.journal(before)
    assert requests(journal, "PUT", "DELETE", "PATCH") == []
    reads = Counter(
        line["path"].lower() for line in requests(journal, "GET") if "/operations/" not in line["path"].lower()
    )
    assert 10 < sum(reads.values()) < 40
    assert {path: count for path, count in reads.items() if count > 1} == {}


async def _settled(client: Client, message_id: str) -> None:
    """Wait until a message was answered and everything is at rest again."""
    seen: list[Any] = []

    async def answered() -> bool:
        seen.extend(await client.replies(REPLIES, 1))
        ready = [reply for reply in seen if reply.result == "ready"]
        return any(reply.body.get("messageId") == message_id for reply in seen) and len(ready) >= 3

    await until(answered)
    await until(lambda: all_ready(client))


async def test_the_same_message_twice_is_one(client: Client) -> None:
    """A message delivered again changes nothing, and is answered as before."""
    before = (await client.api("hubs/weu"))["metadata"]
    await client.send({"documents": example()}, message_id="apply-2", reply_to=REPLIES)
    await until(lambda: _told(client, "accepted"))
    assert (await client.api("hubs/weu"))["metadata"] == before


async def _told(client: Client, result: str) -> bool:
    return any(reply.result == result for reply in await client.replies(REPLIES, 2))


async def test_a_hub_with_spokes_is_not_deleted(client: Client) -> None:
    """Deleting the hub alone is refused, and the reply names the spoke."""
    hub = {"apiVersion": "spokewright/v1", "kind": "Hub", "metadata": {"name": "weu"}}
    await client.send(hub, "delete", message_id="delete-hub", reply_to=REPLIES)
    replies: list[Any] = []

    async def rejected() -> bool:
        replies.extend(await client.replies(REPLIES, 2))
        return any(reply.result == "rejected" for reply in replies)

    await until(rejected)
    problems = next(reply.body["problems"] for reply in replies if reply.result == "rejected")
    assert problems[0]["path"] == "$.metadata.name"
    assert "Spoke/payments" in problems[0]["message"]


async def test_delete_removes_everything_in_order(client: Client) -> None:
    """One message removes cluster, spoke and hub; nothing of ours is left, and no delete was refused as in use."""
    before = last(await client.journal())
    await client.send({"documents": example()}, "delete", message_id="delete-all", reply_to=REPLIES)
    await until(lambda: none_left(client))
    journal = await client.journal(before)
    refused = [(line["path"], line["error"]) for line in requests(journal, "DELETE") if line["status"] >= 400]
    assert refused == []
    groups = [
        line["path"].lower() for line in journal if line["entry"] == "operation" and "delete" in line["method"].lower()
    ]
    assert any(path.endswith("/resourcegroups/rg-hub-weu") for path in groups)
    assert any(path.endswith("/resourcegroups/rg-payments") for path in groups)
