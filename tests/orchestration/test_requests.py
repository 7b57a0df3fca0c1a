"""Request messages: each is applied once, answered, and never lost or retried in vain."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.requesting import Operation
from orchestration.triggers.requests import LARGEST, documents_in, operation_of, order_of
from shared.model.envelope import DocumentKey
from shared.model.errors import Invalid
from tests.model.samples import sample
from tests.orchestration.requests_desk import NOW, Desk

if TYPE_CHECKING:
    from shared.store.store import Store

HUB = DocumentKey("Hub", "weu")
ALL = json.dumps({"documents": [sample("Hub"), sample("Spoke"), sample("Cluster")]}).encode()


@pytest.fixture
def desk(store: Store) -> Desk:
    """A desk on an empty store."""
    return Desk(store)


def order_in(stored: Any) -> str:
    """Return a document's place among all requests."""
    return str(stored.document["metadata"]["order"])


async def test_a_request_is_stored_woken_and_answered(desk: Desk) -> None:
    """The reply says what changed and carries the requester's ids."""
    await desk.receive(ALL, correlation_id="c", reply_to="answers")
    assert set(desk.client.started) == {"Hub/weu", "Spoke/payments", "Cluster/payments-prod"}
    (answer,) = desk.replies.sent
    assert answer[0] == "accepted"
    assert answer[1]["messageId"] == "m-1"
    assert answer[1]["changed"] == ["Hub/weu", "Spoke/payments", "Cluster/payments-prod"]
    assert "wake" not in answer[1]
    assert answer[2:] == ("c", "answers")
    assert len(await desk.store.documents.list()) == 3


async def test_a_bare_document_is_a_request(desk: Desk) -> None:
    """One document needs no list around it."""
    await desk.receive(json.dumps(sample("Hub")).encode())
    assert desk.replies.sent[0][1]["changed"] == ["Hub/weu"]


async def test_a_message_delivered_twice_is_applied_once(desk: Desk) -> None:
    """The second delivery gives the first one's answer and wakes again, though the world went on."""
    await desk.receive(ALL)
    await desk.store.documents.remove(HUB, (await desk.store.documents.get(HUB)).etag)  # type: ignore[union-attr]
    await desk.receive(ALL)
    assert desk.replies.sent[0] == desk.replies.sent[1]
    assert await desk.store.documents.get(HUB) is None
    assert len(desk.client.started) >= 6


async def test_a_reply_that_failed_is_sent_when_the_message_comes_again(desk: Desk) -> None:
    """A failure of ours raises, so that the message is delivered again; the outcome is the recorded one."""
    desk.replies.away = 1
    with pytest.raises(ConnectionError):
        await desk.receive(ALL)
    await desk.receive(ALL)
    assert [answer[0] for answer in desk.replies.sent] == ["accepted"]
    assert desk.replies.sent[0][1]["changed"] == ["Hub/weu", "Spoke/payments", "Cluster/payments-prod"]


async def test_the_later_enqueued_message_stands_whatever_the_delivery(desk: Desk) -> None:
    """Two messages for one document that arrive in the wrong order leave the later one."""
    new, old = (json.dumps(sample("Hub", tags={"v": version})).encode() for version in ("new", "old"))
    await desk.receive(new, message_id="b", sequence_number=2)
    await desk.receive(old, message_id="a", sequence_number=1)
    stored = await desk.store.documents.get(HUB)
    assert stored is not None
    assert stored.document["spec"]["tags"] == {"v": "new"}
    assert desk.replies.sent[1][1]["superseded"] == ["Hub/weu"]


@pytest.mark.parametrize("operation", ["delete", b"delete", " Delete "], ids=["text", "bytes", "another spelling"])
async def test_deletion_is_an_operation(desk: Desk, operation: Any) -> None:
    """The property `operation` may arrive as text or bytes."""
    await desk.receive(ALL, message_id="a", sequence_number=1)
    await desk.receive(ALL, message_id="b", sequence_number=2, application_properties={"operation": operation})
    assert all(item.document["metadata"]["deletionRequested"] for item in await desk.store.documents.list())


BAD: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "nothing": (b"", {}, "$"),
    "not JSON": (b"kind: Hub", {}, "$"),
    "half of it": (ALL[:-5], {}, "$"),
    "not UTF-8": (b"\xff\xfe{}", {}, "$"),
    "binary": (bytes(range(256)), {}, "$"),
    "too deep": (b"[" * 100_000, {}, "$"),
    "huge": (b'{"a":"' + b"x" * LARGEST + b'"}', {}, "$"),
    "a number too long": (b'{"kind":"Hub","spec":' + b"9" * 5_000 + b"}", {}, "$"),
    "a list": (b"[]", {}, "$"),
    "a text": (b'"Hub"', {}, "$"),
    "null": (b"null", {}, "$"),
    "an empty object": (b"{}", {}, "$.kind"),
    "no documents": (b'{"documents": []}', {}, "$.documents"),
    "documents that are none": (b'{"documents": {"kind": "Hub"}}', {}, "$.documents"),
    "something beside documents": (b'{"documents": [1], "kind": "Hub"}', {}, "$.kind"),
    "a document that is none": (b'{"documents": [1]}', {}, "$.documents[0]"),
    "an unknown kind": (b'{"kind": "Car"}', {}, "$.kind"),
    "a kind of another type": (b'{"kind": {"a": 1}}', {}, "$.kind"),
    "a kind that is no text": (b'{"kind": "\\ud800"}', {}, "$.kind"),
    "an unknown field": (json.dumps(sample("Hub", colour="red")).encode(), {}, "$.spec.colour"),
    "a field that is no text": (b'{"kind": "Hub", "\\ud800": 1}', {}, "$"),
    "an unknown version": (json.dumps(sample("Hub") | {"apiVersion": "v2"}).encode(), {}, "$.apiVersion"),
    "not a number": (json.dumps(sample("Hub", spokePrefixLength=float("nan"))).encode(), {}, "$"),
    "a bad CIDR": (json.dumps(sample("Hub", addressSpace=["10.0.0.1/22"])).encode(), {}, "$.spec.addressSpace[0]"),
    "too small": (json.dumps(sample("Hub", addressSpace=["10.0.0.0/27"])).encode(), {}, "$.spec.addressSpace"),
    "kubenet": (json.dumps(sample("Cluster", network__plugin="kubenet")).encode(), {}, "$.spec.network.plugin"),
    "an unknown operation": (ALL, {"operation": "destroy"}, "$properties.operation"),
    "an operation that is no text": (ALL, {"operation": 7}, "$properties.operation"),
    "an operation of bytes": (ALL, {"operation": b"\xff"}, "$properties.operation"),
    "a deletion of an endless kind": (b'{"kind": "' + b"x" * 150_000 + b'"}', {"operation": "delete"}, "$.kind"),
    "an endless field": (json.dumps(sample("Hub", **{"x" * 50_000: 1})).encode(), {}, "$.spec"),
    "a deletion without a name": (b'{"kind": "Hub"}', {"operation": "delete"}, "$.metadata.name"),
}


@pytest.mark.parametrize(("body", "properties", "path"), BAD.values(), ids=BAD)
async def test_what_cannot_be_accepted_is_kept_and_answered(
    desk: Desk, body: bytes, properties: Any, path: str
) -> None:
    """One rejection with every reason and its path, the message as it came; nothing stored; all of it plain text."""
    await desk.receive(body, application_properties=properties)
    ((kept, reasons, _),) = desk.replies.rejected
    assert kept == body
    assert reasons
    ((result, answer, _, _),) = desk.replies.sent
    assert result == "rejected"
    assert any(problem["path"].startswith(path) for problem in answer["problems"]), answer
    assert json.dumps(answer, ensure_ascii=False).encode()
    assert len(json.dumps(answer)) < 10_000
    assert await desk.store.documents.list() == ()
    assert desk.client.started == []


async def test_a_rejected_message_delivered_twice_is_rejected_alike(desk: Desk) -> None:
    """The same reasons again, under the same ids, so that the broker can drop the double."""
    await desk.receive(b"no")
    await desk.receive(b"no")
    assert desk.replies.rejected[0] == desk.replies.rejected[1]
    assert desk.replies.sent[0] == desk.replies.sent[1]


@pytest.mark.parametrize(
    "message_id", ["", "x" * 128, "\N{SNOWMAN}" * 128, "a/b\\c#d?e\n"], ids=["none", "long", "wide", "odd"]
)
async def test_any_message_id_is_fine(desk: Desk, message_id: str) -> None:
    """An id is the sender's choice, and never a reason to fail; one message is recognised, two are kept apart."""
    await desk.receive(ALL, message_id=message_id)
    await desk.receive(ALL, message_id=message_id)
    assert len(desk.replies.sent) == 2
    assert desk.replies.sent[0] == desk.replies.sent[1]
    await desk.receive(b"no", message_id=message_id and message_id[:-1] + "z", sequence_number=2)
    assert desk.replies.sent[2][0] == "rejected"


def test_order_is_time_then_number() -> None:
    """Later times are greater strings, whatever the zone; within a millisecond the number decides."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    orders = [order_of(noon, 2), order_of(noon, 10), order_of(noon + timedelta(milliseconds=1), 1)]
    assert orders == sorted(orders)
    assert order_of(noon, 1) == order_of(noon.astimezone(timezone(timedelta(hours=5))), 1)


async def test_a_message_without_a_zone_is_of_utc(desk: Desk) -> None:
    """The worker gives times without a zone; they are UTC."""
    await desk.receive(ALL, enqueued_time_utc=NOW.replace(tzinfo=None), sequence_number=9)
    assert order_in(await desk.store.documents.get(HUB)) == order_of(NOW, 9)


def test_documents_in_names_each_by_its_path() -> None:
    """A bare document is the root; one in a list has its place, also when it is alone there."""
    assert documents_in(b'{"kind": "Hub"}') == {"$": {"kind": "Hub"}}
    assert documents_in(b'{"documents": [1]}') == {"$.documents[0]": 1}


def test_operation_of() -> None:
    """Two operations, and nothing else."""
    assert (operation_of("APPLY"), operation_of(b"delete")) == (Operation.APPLY, Operation.DELETE)
    with pytest.raises(Invalid):
        operation_of(None)
