"""Whatever comes in over the queue gets one clear rejection, is kept, and does not stop the queue."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import Json, example, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

REPLIES = "reply-bad"


def changed(index: int, *path: Any, value: Any) -> Json:
    """Return one of the example's documents with one member changed."""
    document = copy.deepcopy(example()[index])
    place: Any = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return document


HUB, SPOKE, CLUSTER = 0, 1, 2
NOBODY = {"documents": []}
BAD: dict[str, tuple[Any, str, str]] = {
    "not-json": (b"{not json", "apply", "$"),
    "not-utf8": (b"\xff\xfe\x00", "apply", "$"),
    "empty": (b"", "apply", "$"),
    "a-list": ([1, 2], "apply", "$"),
    "a-number": (7, "apply", "$"),
    "no-documents": (NOBODY, "apply", "$.documents"),
    "nesting": (b"[" * 100_000, "apply", "$"),
    "huge": ({"documents": ["x" * 210_000]}, "apply", "$"),
    "wrong-kind": (changed(HUB, "kind", value="Router"), "apply", "$.kind"),
    "wrong-version": (changed(HUB, "apiVersion", value="v0"), "apply", "$.apiVersion"),
    "no-name": (changed(HUB, "metadata", value={}), "apply", "$.metadata.name"),
    "bad-name": (changed(HUB, "metadata", "name", value="../etc"), "apply", "$.metadata.name"),
    "unknown-field": (changed(SPOKE, "spec", "colour", value="red"), "apply", "$.spec.colour"),
    "overlapping-ranges": (
        changed(HUB, "spec", "addressSpace", value=["10.0.0.0/22", "10.0.2.0/24"]),
        "apply",
        "$.spec.addressSpace[1]",
    ),
    "bad-cidr": (changed(SPOKE, "spec", "addressSpace", value=["10.64.0.0/33"]), "apply", "$.spec.addressSpace[0]"),
    "host-bits": (changed(SPOKE, "spec", "addressSpace", value=["10.64.0.1/22"]), "apply", "$.spec.addressSpace[0]"),
    "too-small": (changed(HUB, "spec", "addressSpace", value=["10.0.0.0/28"]), "apply", "$.spec.addressSpace"),
    "reserved": (changed(SPOKE, "spec", "addressSpace", value=["172.30.0.0/20"]), "apply", "$.spec.addressSpace[0]"),
    "kubenet": (changed(CLUSTER, "spec", "network", value={"plugin": "kubenet"}), "apply", "$.spec.network.plugin"),
    "no-nodes": (changed(CLUSTER, "spec", "nodePools", value=[]), "apply", "$.spec.nodePools"),
    "wrong-type": (
        changed(CLUSTER, "spec", "nodePools", 0, "count", value="three"),
        "apply",
        "$.spec.nodePools[0].count",
    ),
    "unknown-operation": (changed(HUB, "kind", value="Hub"), "destroy", "$properties.operation"),
    "delete-of-nothing-named": ({"kind": "Hub"}, "delete", "$.metadata.name"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def endpoints(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Json]:
    """Yield the endpoints of a stack to which every bad message was sent, and then a good one."""
    async with Stack(Options(tmp_path_factory.mktemp("stack"), 100.0)) as stack:
        bus = ServiceBusClient.from_connection_string(stack.endpoints["serviceBus"])
        async with bus, bus.get_queue_sender("provisioning-requests") as sender:
            for name, (body, operation, _) in BAD.items():
                await sender.send_messages(_message(name, body, operation))
            await sender.send_messages(_message("good", example()[HUB], "apply"))
        yield stack.endpoints


def _message(name: str, body: Any, operation: str) -> ServiceBusMessage:
    raw = body if isinstance(body, bytes) else json.dumps(body)
    return ServiceBusMessage(
        raw, message_id=name, correlation_id=name, reply_to=REPLIES, application_properties={"operation": operation}
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(endpoints: Json) -> dict[str, list[Json]]:
    """Return the replies by the id of the message that they answer."""
    found: dict[str, list[Json]] = {}
    async with Client(endpoints) as client:

        async def complete() -> bool:
            for reply in await client.replies(REPLIES, 2):
                if "messageId" in reply.body:
                    found.setdefault(reply.body["messageId"], []).append({"result": reply.result, **reply.body})
            return {*BAD, "good"} <= found.keys()

        await until(complete, 60)
        for reply in await client.replies(REPLIES, 1):
            found.setdefault(reply.body.get("messageId", ""), []).append(reply.body)
    return found


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_message_gets_one_rejection_that_says_where(answers: dict[str, list[Json]], name: str) -> None:
    """Each bad message is answered once, with the JSON path of what is wrong and a sentence about it."""
    (answer,) = answers[name]
    assert answer["result"] == "rejected"
    assert BAD[name][2] in [problem["path"] for problem in answer["problems"]]
    assert all(len(problem["message"]) > 10 for problem in answer["problems"])


async def test_the_queue_moves_on(answers: dict[str, list[Json]]) -> None:
    """The good message behind the bad ones was accepted."""
    assert answers["good"][0]["result"] == "accepted"


async def test_every_rejected_message_is_kept_with_its_reasons(endpoints: Json, answers: dict[str, list[Json]]) -> None:
    """The queue `provisioning-rejected` holds each of them once, with the reasons; nothing was dead-lettered."""
    assert answers
    kept: dict[str, Any] = {}
    async with ServiceBusClient.from_connection_string(endpoints["serviceBus"]) as bus:
        async with bus.get_queue_receiver("provisioning-rejected") as receiver:
            while messages := await receiver.receive_messages(50, max_wait_time=2):
                for message in messages:
                    kept[str(message.message_id)] = message
                    await receiver.complete_message(message)
        async with bus.get_queue_receiver("provisioning-requests", sub_queue="deadletter") as dead:
            assert await dead.peek_messages(10) == []
    assert kept.keys() == BAD.keys()
    assert all((message.application_properties or {}).get(b"reasons") for message in kept.values())


async def test_nothing_bad_was_stored(endpoints: Json, answers: dict[str, list[Json]]) -> None:
    """Only the good document exists."""
    assert answers
    async with Client(endpoints) as client:
        await asyncio.sleep(0)
        assert [document["metadata"]["name"] for document in await client.documents()] == ["weu"]
