"""Replies reach the topic and the requester's queue, through the real client and the local broker."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusMessage

from local.broker import Broker
from shared.model.errors import Denied, Problem, Transient
from shared.notify.outlets import Outlets
from shared.notify.replies import LONGEST_REASONS, Replies
from tests.notify.conftest import Mailboxes

pytestmark = pytest.mark.asyncio(loop_scope="package")

BODY = {"document": "Hub/weu", "conditions": [{"type": "Ready", "status": "True"}]}


async def test_topic_and_queue(replies: Replies, mailboxes: Mailboxes) -> None:
    """A result goes to the topic and to the queue that was named: same body, id, properties and correlation."""
    await replies.send("ready", BODY, correlation_id="c-1", reply_to="reply-team")
    (at_topic,), (at_queue,) = await asyncio.gather(mailboxes.topic(), mailboxes.queue("reply-team"))
    assert at_topic == at_queue
    assert json.loads(at_topic.body) == BODY
    assert at_topic.properties == {"result": "ready", "document": "Hub/weu"}
    assert (at_topic.correlation_id, at_topic.content_type) == ("c-1", "application/json")


async def test_ids_tell_repeats(replies: Replies, mailboxes: Mailboxes) -> None:
    """A repeated reply has the same id; another result, body or correlation another one."""
    await replies.send("ready", BODY, correlation_id="c-1")
    await replies.send("ready", dict(reversed(BODY.items())), correlation_id="c-1")
    await replies.send("failed", BODY, correlation_id="c-1")
    await replies.send("ready", BODY, correlation_id="c-2")
    await replies.send("ready", BODY | {"more": 1}, correlation_id="c-1")
    first, *others = [letter.message_id for letter in await mailboxes.topic(5)]
    assert first == others[0]
    assert len({first, *others}) == 4


@pytest.mark.parametrize(
    ("queue", "event"),
    [
        ("nowhere", "reply.undeliverable"),
        ("provisioning-requests", "reply.refused"),
        ("Provisioning-Rejected/", "reply.refused"),
        ("resource-events", "reply.refused"),
    ],
    ids=["missing", "our requests", "our rejected", "our events"],
)
async def test_reply_queue_that_cannot_be(
    replies: Replies, mailboxes: Mailboxes, caplog: pytest.LogCaptureFixture, queue: str, event: str
) -> None:
    """A reply queue that is missing or ours is logged once; the topic still gets the reply."""
    with caplog.at_level(logging.WARNING, logger="shared.notify"):
        await replies.send("accepted", BODY, reply_to=queue)
    assert [record.message for record in caplog.records if record.name.startswith("shared")] == [event]
    assert len(await mailboxes.topic()) == 1


async def test_concurrent_replies(replies: Replies, mailboxes: Mailboxes) -> None:
    """Replies sent at the same time over one sender all arrive, each once."""
    await asyncio.gather(*(replies.send("accepted", {"number": number}) for number in range(12)))
    numbers = [json.loads(letter.body)["number"] for letter in await mailboxes.topic(12)]
    assert sorted(numbers) == list(range(12))


async def test_reconnect(tmp_path: Path) -> None:
    """While the broker is away a reply fails as a passing fault; when it is back, the next one arrives."""
    broker = Broker(tmp_path)
    await broker.start()
    replies, mailboxes = Replies(broker.connection_string), Mailboxes(broker.connection_string)
    await replies.send("accepted", {"number": 1})
    await broker.stop()
    with pytest.raises(Transient):
        await replies.send("accepted", {"number": 2})
    await broker.start()
    await replies.send("accepted", {"number": 3})
    assert [json.loads(letter.body)["number"] for letter in await mailboxes.topic(2)] == [1, 3]
    await asyncio.gather(replies.close(), mailboxes.close())
    await broker.stop()


async def test_wrong_key(broker: Broker) -> None:
    """A key that the namespace does not know is denied, in words that name the role to grant."""
    wrong = Replies(broker.connection_string.replace(broker.key.value, "d3Jvbmc="))
    with pytest.raises(Denied, match="Azure Service Bus Data Sender"):
        await wrong.send("accepted", BODY)
    await wrong.close()


async def test_senders_are_bounded(broker: Broker, mailboxes: Mailboxes) -> None:
    """However many reply queues requesters name, only so many senders stay open, and a closed one is opened again."""
    outlets = Outlets(broker.connection_string, kept=1)
    for entity in ("reply-a", "reply-b", "reply-a"):
        await outlets.send(entity, ServiceBusMessage(entity))
    assert list(outlets._outlets) == ["reply-a"]
    _, letters = await asyncio.gather(outlets.close(), mailboxes.queue("reply-a", 2))
    assert len(letters) == 2


async def test_reject(replies: Replies, mailboxes: Mailboxes) -> None:
    """A rejected message is kept byte by byte with its own properties and ids, and the reasons beside them."""
    problems = [Problem("$.spec.a", "is unknown"), Problem("$.kind", "is missing")]
    await replies.reject(
        b"\xff{not json",
        {"operation": "apply", "urgent": True, "number": 7},
        problems,
        message_id="m-1",
        correlation_id="c-1",
        content_type="text/plain",
    )
    (letter,) = await mailboxes.queue("provisioning-rejected")
    assert letter.body == b"\xff{not json"
    assert letter.properties == {
        "operation": "apply",
        "urgent": True,
        "number": "7",
        "reasons": "$.spec.a: is unknown\n$.kind: is missing",
        "problems": 2,
    }
    assert (letter.message_id, letter.correlation_id, letter.content_type) == ("m-1", "c-1", "text/plain")


async def test_many_reasons(replies: Replies, mailboxes: Mailboxes) -> None:
    """Reasons are cut at a length that always fits; their number is not; a message without an id gets one."""
    problems = [Problem(f"$.spec.field{number}", "is unknown") for number in range(1000)]
    await replies.reject(b"{}", {f"p{number}": "x" * 5000 for number in range(100)}, problems)
    (letter,) = await mailboxes.queue("provisioning-rejected")
    assert letter.properties["problems"] == 1000
    assert len(letter.properties["reasons"]) == LONGEST_REASONS
    assert letter.message_id


async def test_reject_huge_body(replies: Replies, mailboxes: Mailboxes) -> None:
    """A body that left no room for reasons is cut, and the message says how long it was: it is not lost."""
    body = b"x" * (256 * 1024 - 1000)
    await replies.reject(body, {"note": "y" * 1000}, [Problem("$", "not JSON")], message_id="m-1")
    (letter,) = await mailboxes.queue("provisioning-rejected")
    assert body.startswith(letter.body)
    assert letter.properties["bodyBytes"] == len(body)
    assert letter.properties["reasons"] == "$: not JSON"
