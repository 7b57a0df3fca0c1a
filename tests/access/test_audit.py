"""The audit: every change by every door with who, what and when; once, and without anything that is secret."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.access import limits
from orchestration.access.policy import Access
from orchestration.access.trail import digest
from orchestration.dependencies import Dependencies
from orchestration.requesting import Operation
from orchestration.settings import Settings
from orchestration.triggers import audits, http
from shared.model.envelope import DocumentKey
from tests.access.people import ANN, headers_of, person
from tests.access.test_limits import ELSEWHERE, ENTRA, Limited, entry
from tests.model.samples import sample
from tests.orchestration.requests_desk import Desk

if TYPE_CHECKING:
    from shared.store.store import Store

Json = dict[str, Any]

HUB, SPOKE = DocumentKey("Hub", "weu"), DocumentKey("Spoke", "payments")
SENT = headers_of(person("Requester"))
WHO = {"id": ANN, "name": "Ann", "verified": True, "roles": ["Requester"]}
SENDER = {"id": "", "name": "a sender to the queue", "verified": False, "roles": []}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Limited]:
    """The handlers over an empty store, where people sign in."""
    dependencies = Dependencies(Settings(f"sqlite:{tmp_path / 'store.db'}", "unused", access=ENTRA))
    yield Limited(dependencies)
    await dependencies.store.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    """A desk on an empty store."""
    return Desk(store)


async def test_changes_by_http(api: Limited) -> None:
    """Applied, changed, retried, deleted: an entry for each, with generation and digest; none for no change."""
    changed = sample("Hub", tags={"a": "b"})
    for handler, document, method in (
        (http.put_document, sample("Hub"), "PUT"),
        (http.put_document, sample("Hub"), "PUT"),
        (http.put_document, changed, "PUT"),
        (http.retry, changed, "POST"),
        (http.delete_document, changed, "DELETE"),
    ):
        assert (await api.ask(handler, document, method, SENT))[0] == 202
    status, shown, _ = await api.call(audits.get_audit, "hubs/weu", headers=SENT)
    found = [(line["action"], line["generation"], line["door"]) for line in reversed(shown["items"])]
    assert status == 200
    assert found == [("apply", 1, "http"), ("apply", 2, "http"), ("retry", 2, "http"), ("delete", 3, "http")]
    assert all(line["who"] == WHO for line in shown["items"])
    hashes = [line.get("specHash") for line in reversed(shown["items"])]
    assert (hashes[0] != hashes[1], hashes[1] == hashes[3], len(hashes[0])) == (True, True, 64)


async def test_what_was_refused_for_its_version_is_no_change(api: Limited) -> None:
    """412 and 400 leave no entry: nothing was done, and nobody was denied."""
    await api.ask(http.put_document, sample("Hub"), "PUT", SENT)
    assert (await api.ask(http.put_document, sample("Hub", tags={"a": "b"}), "PUT", {**SENT, "If-Match": '"x"'}))[
        0
    ] == 412
    assert (await api.ask(http.put_document, sample("Hub", location="moon"), "PUT", SENT))[0] == 400
    assert len(await api.dependencies.store.audit.list(HUB)) == 1


async def test_no_body_is_in_it(api: Limited) -> None:
    """Names of members and values of the document stay out: its digest is enough to tell it by."""
    await api.ask(http.put_document, sample("Hub", tags={"note": "planted-4711"}), "PUT", SENT)
    (line,) = await api.dependencies.store.audit.list(HUB)
    assert "planted-4711" not in json.dumps(line)
    assert line.keys() == {"time", "action", "who", "door", "generation", "specHash"}
    stored = await api.dependencies.store.documents.get(HUB)
    assert stored is not None
    assert line["specHash"] == digest(stored.document)


# Messages


BODY = json.dumps({"documents": [sample("Hub"), sample("Spoke")]}).encode()


async def test_changes_by_message(desk: Desk) -> None:
    """Each document of a message has an entry with the message's id; who sent it Azure does not say."""
    await desk.receive(BODY)
    for key in (HUB, SPOKE):
        (line,) = await desk.store.audit.list(key)
        assert (line["action"], line["door"], line["messageId"], line["generation"]) == ("apply", "message", "m-1", 1)
        assert line["who"] == SENDER


async def test_a_message_that_comes_twice_is_written_once(desk: Desk) -> None:
    """Whether its outcome was kept or not: after a crash between, the second delivery finds the entry."""
    await desk.receive(BODY)
    await desk.receive(BODY)
    await desk.store._rows.delete("requests", "all", "m-1")  # the crash came before the outcome was kept
    await desk.receive(BODY)
    assert len(await desk.store.audit.list(HUB)) == 1


async def test_an_id_that_looks_like_a_secret_is_written_once_too(desk: Desk) -> None:
    """The audit has it redacted, and finds it again all the same."""
    looks_like_a_key = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v="
    await desk.receive(BODY, message_id=looks_like_a_key)
    await desk.store._rows.delete("requests", "all", looks_like_a_key)
    await desk.receive(BODY, message_id=looks_like_a_key)
    (line,) = await desk.store.audit.list(HUB)
    assert line["messageId"] != looks_like_a_key


@pytest.mark.parametrize("operation", Operation)
async def test_what_a_crash_left_out_is_written_later(desk: Desk, operation: Operation) -> None:
    """Stored and not written down: the second delivery does that, and says what the first one did."""
    await desk.receive(BODY)
    change = {"application_properties": {"operation": operation.value}, "message_id": "m-2", "sequence_number": 2}
    body = json.dumps(sample("Spoke", tags={"a": "b"})).encode()
    await desk.receive(body, **change)
    (row,) = [row for row in await desk.store._rows.list("audit", str(SPOKE)) if row.value["messageId"] == "m-2"]
    for lost in (("audit", str(SPOKE), row.key), ("requests", "all", "m-2")):
        await desk.store._rows.delete(*lost)
    await desk.receive(body, **change)
    await desk.receive(body, **change)
    (line,) = [line for line in await desk.store.audit.list(SPOKE) if line["messageId"] == "m-2"]
    assert line == row.value
    assert (line["action"], line["generation"]) == (operation.value, 2)


async def test_a_message_beyond_its_limits(desk: Desk) -> None:
    """Rejected with paths and reasons as any other, and in the audit once; nothing is stored."""
    desk.access = Access(limits=limits.parse(json.dumps({"messages": entry(["weu"], [ELSEWHERE])})))
    await desk.receive(BODY)
    await desk.receive(BODY)
    assert [result for result, *_ in desk.replies.sent] == ["rejected", "rejected"]
    (_, reasons, _), _ = desk.replies.rejected
    assert [reason.partition(":")[0] for reason in reasons] == ["$.documents[0]", "$.documents[1]"]
    assert all("outside your limits" in reason for reason in reasons)
    assert await desk.store.documents.list() == ()
    (line,) = await desk.store.audit.list("Service")
    assert (line["action"], line["door"], line["messageId"]) == ("message refused", "message", "m-1")


async def test_a_message_within_its_limits(desk: Desk) -> None:
    """What may come does."""
    desk.access = Access(limits=limits.parse(json.dumps({"messages": entry(["weu"])})))
    await desk.receive(BODY)
    assert desk.replies.sent[0][0] == "accepted"
