"""`spokewright send` and `dead-letters`, against the local stack's broker with the real SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.fake_bus import FakeBus
from tests.cli.test_apply import THREE
from tests.cli.test_cleaning import ANY, PAYLOADS, unseen

if TYPE_CHECKING:
    from tests.cli.conftest import Run

REPLIES = "reply-mine"
REASONS = "$.spec.hub: is required; add it\n$.spec.colour: is not a known field; remove it or correct its name"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeBus]:
    """Return a running broker; each test leaves its queues empty, or uses its own."""
    with FakeBus(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def bus(broker: FakeBus, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> FakeBus:
    """Return the broker, chosen by the environment, and a file with three documents."""
    monkeypatch.setenv("SPOKEWRIGHT_SERVICE_BUS", broker.connection)
    (tmp_path / "three.yaml").write_text(THREE)
    return broker


def reply(bus: FakeBus, queue: str, result: str, body: Any, correlation: str = "mine-1") -> None:
    """Put a reply into a queue, as the app does."""
    bus.send(queue, body, correlation_id=correlation, application_properties={"result": result})


def wait(run: Run, queue: str, timeout: str = "20s") -> Any:
    """Send the three documents and wait for the replies to them."""
    return run(
        "send", "-f", "three.yaml", "--reply-to", queue, "--message-id", "mine-1", "--wait", "--timeout", timeout
    )


def test_documents_go_as_one_request(bus: FakeBus, run: Run) -> None:
    """One message with all documents, its operation, its id and where replies go; nothing secret is shown."""
    ran = run("send", "-f", "three.yaml", "--operation", "delete", "--reply-to", REPLIES, "--message-id", "mine-0")
    assert (ran.code, ran.err) == (0, "")
    assert "3 documents to 127.0.0.1:" in ran.out
    assert "SharedAccessKey" not in ran.out
    sent = bus.there("provisioning-requests")[-1]
    assert [one["kind"] for one in json.loads(sent["body"])["documents"]] == ["Hub", "Spoke", "Cluster"]
    assert (sent["properties"], sent["id"], sent["reply_to"]) == ({"operation": "delete"}, "mine-0", REPLIES)


def test_replies_are_awaited_and_shown(bus: FakeBus, run: Run) -> None:
    """Accepted, superseded, ready and gone are said; it ends when nothing is left; others' replies stay there."""
    reply(bus, "reply-a", "ready", {"document": "Hub/x"}, correlation="another")
    accepted = {"changed": ["Hub/neu", "Spoke/payments"], "unchanged": [], "superseded": ["Cluster/payments-prod"]}
    reply(bus, "reply-a", "accepted", accepted)
    reply(bus, "reply-a", "ready", {"document": "Hub/neu", "reason": "Provisioned", "message": "fine"})
    reply(bus, "reply-a", "ready", {"document": "Spoke/payments", "deleted": True})
    ran = wait(run, "reply-a")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == [
        "hub/neu changed",
        "spoke/payments changed",
        "cluster/payments-prod superseded",
        "hub/neu ready",
        "spoke/payments gone",
    ]
    assert [one["correlation"] for one in bus.there("reply-a")] == ["another"]


def test_a_rejected_request_names_files_and_lines(bus: FakeBus, run: Run) -> None:
    """Each fault leads to where it was written; exit code 4."""
    problems = [
        {"path": "$.documents[1].spec.addressSpace[0]", "message": "overlaps"},
        {"path": "$properties.operation", "message": "is none"},
    ]
    reply(bus, "reply-b", "rejected", {"problems": problems})
    ran = wait(run, "reply-b")
    assert ran.code == 4
    assert ran.err.splitlines()[:3] == [
        "Error: the request was rejected; nothing was stored",
        "  three.yaml:10: $.spec.addressSpace[0]: overlaps",
        "  $properties.operation: is none",
    ]


def test_a_failure_is_said(bus: FakeBus, run: Run) -> None:
    """A document that failed ends with exit code 1, after all others are final; hostile text is shown clean."""
    reply(bus, "reply-c", "failed", {"document": "Hub/neu", "reason": "StepFailed", "message": f"Azure says {ANY}"})
    for document in ("Spoke/payments", "Cluster/payments-prod"):
        reply(bus, "reply-c", "ready", {"document": document})
    ran = wait(run, "reply-c")
    assert ran.code == 1
    assert "hub/neu failed StepFailed: Azure says" in ran.out
    assert "hub/neu failed" in ran.err
    assert unseen(ran.out + ran.err) == []


def test_no_reply_in_time_is_said(bus: FakeBus, run: Run) -> None:
    """What is still open is named; exit code 5."""
    reply(bus, "reply-d", "ready", {"document": "Hub/neu"})
    ran = wait(run, "reply-d", "1s")
    assert ran.code == 5
    assert "nothing final came within 1 s about cluster/payments-prod, spoke/payments" in ran.err


def test_what_is_rejected_is_listed_and_shown(bus: FakeBus, run: Run) -> None:
    """Rejected requests and dead letters are listed with why; `show` has every reason, the properties, the body."""
    bus.send(
        "provisioning-rejected", {"kind": "Spoke"}, message_id="bad-1", application_properties={"reasons": REASONS}
    )
    bus.bury("resource-events", "{}", "MaxDeliveryCountExceeded", message_id="event-1")
    ran = run("dead-letters", "list")
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.splitlines()[1:]
    assert first.startswith("provisioning-rejected/")
    assert first.endswith("bad-1     $.spec.hub: is required; add it (and 1 more)")
    assert second.endswith("event-1   MaxDeliveryCountExceeded: it failed again and again")
    shown = run("dead-letters", "show", first.split()[0])
    assert shown.out.count("  $.spec.") == 2
    assert '"kind": "Spoke"' in shown.out
    data = json.loads(run("dead-letters", "list", "--queue", "resource-events", "-o", "json").out)
    assert [one["id"] for one in data] == ["event-1"]


def test_a_message_is_replayed(bus: FakeBus, run: Run) -> None:
    """One rejected request goes to the requests again under a new id, without what rejecting it added."""
    properties = {"reasons": REASONS, "problems": 2, "operation": "delete"}
    bus.send("provisioning-rejected", "{}", message_id="again", correlation_id="c", application_properties=properties)
    name = next(line.split()[0] for line in run("dead-letters", "list").out.splitlines() if "again" in line)
    others = len(bus.there("provisioning-rejected")) - 1
    ran = run("dead-letters", "replay", name, person="y\n")
    assert (ran.code, ran.err) == (0, "")
    assert f"{name} sent once more" in ran.out
    sent = bus.there("provisioning-requests")[-1]
    assert (sent["properties"], sent["correlation"]) == ({"operation": "delete"}, "c")
    assert sent["id"] != "again"
    assert len(bus.there("provisioning-rejected")) == others


def test_everything_is_replayed(bus: FakeBus, run: Run) -> None:
    """`--all` of a queue sends each dead letter to the queue it came from, as it was."""
    bus.bury("resource-events", '{"a": 1}', "x", message_id="event-2")
    ran = run("dead-letters", "replay", "--all", "--queue", "resource-events", "--yes")
    assert ran.code == 0
    assert bus.there("resource-events", dead=True) == []
    assert bus.there("resource-events")[-1]["id"] == "event-2"


def test_a_rejected_request_is_never_lost_from_sight(bus: FakeBus, run: Run) -> None:
    """One that was given back too often is in the dead letters of its queue: it is listed, and goes to the requests."""
    properties = {"reasons": REASONS, "problems": 2}
    bus.bury(
        "provisioning-rejected", "{}", "MaxDeliveryCountExceeded", message_id="old", application_properties=properties
    )
    listed = run("dead-letters", "list", "--queue", "rejected-dead-letters").out.splitlines()[1:]
    assert len(listed) == 1
    assert listed[0].endswith("$.spec.hub: is required; add it (and 1 more)")
    ran = run("dead-letters", "replay", listed[0].split()[0], "--yes")
    assert ran.code == 0, ran.err
    sent = bus.there("provisioning-requests")[-1]
    assert (sent["properties"], sent["id"] == "old") == ({}, False)
    assert bus.there("provisioning-rejected", dead=True) == []


def test_a_no_replays_nothing(bus: FakeBus, run: Run) -> None:
    """Whoever says no, and nobody at all, leaves all as it is."""
    bus.send("provisioning-rejected", "{}", message_id="stays")
    before = len(bus.there("provisioning-rejected"))
    assert run("dead-letters", "replay", "--all", person="n\n").code == 130
    assert run("dead-letters", "replay", "--all").code == 2
    assert len(bus.there("provisioning-rejected")) == before


def test_what_was_cut_is_not_replayed(bus: FakeBus, run: Run) -> None:
    """A body that is kept only in part would be another request."""
    bus.send("provisioning-rejected", "{", message_id="cut", application_properties={"bodyBytes": 300_000})
    name = next(line.split()[0] for line in run("dead-letters", "list").out.splitlines() if "cut" in line)
    ran = run("dead-letters", "replay", name, "--yes")
    assert ran.code == 2
    assert "is kept only in part" in ran.err


def test_hostile_messages_are_shown_clean(bus: FakeBus, run: Run) -> None:
    """Ids, reasons, properties and bodies that would act on the terminal do not: each of the usual payloads."""
    for payload in (*PAYLOADS.values(), ANY):
        text = payload.replace("\x00", "").encode("utf-8", "replace").decode()
        hostile = {"reasons": text, text: text}
        bus.send("provisioning-rejected", text, message_id=text[:128], application_properties=hostile)
    listed = run("dead-letters", "list", "--queue", "provisioning-rejected")
    name = listed.out.splitlines()[-1].split()[0]
    shown = run("dead-letters", "show", name)
    assert (listed.code, shown.code) == (0, 0)
    assert "provisioning-rejected/" in name
    assert "red" in shown.out
    assert unseen(listed.out + shown.out + listed.err + shown.err) == []


FAILURES = [
    (
        ("send", "-f", "three.yaml", "--wait", "--service-bus", "somewhere.example"),
        2,
        "it is not said where replies go",
    ),
    (("send", "-f", "nowhere.yaml"), 2, "cannot be read"),
    (("send", "-f", "three.yaml", "--service-bus", "Endpoint=nonsense"), 2, "namespace cannot be used"),
    (("dead-letters", "show", "orders/1"), 2, "names no message"),
    (("dead-letters", "show", "provisioning-rejected/99999"), 3, "there is no message"),
    (("dead-letters", "replay"), 2, "it is not said which messages"),
    (("dead-letters", "nonsense"), 2, "No such command"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), FAILURES, ids=lambda value: str(value)[:40])
def test_failures_are_said(arguments: tuple[str, ...], code: int, words: str, bus: FakeBus, run: Run) -> None:
    """What is wrong and what to do, in two lines, with the documented exit code."""
    ran = run(*arguments)
    assert ran.code == code
    assert words in ran.err.splitlines()[0]
    assert ran.err.splitlines()[-1].startswith("What to do: ")
    assert bus.connection not in ran.err


def test_a_bus_that_is_away_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens there: exit code 5, and no key in what is said."""
    away = "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=a;SharedAccessKey=c2VjcmV0;UseDevelopmentEmulator=true"
    monkeypatch.setenv("SPOKEWRIGHT_SERVICE_BUS", away)
    ran = run("dead-letters", "list")
    assert ran.code == 5
    assert "127.0.0.1:9 cannot be used" in ran.err
    assert "c2VjcmV0" not in ran.err


@pytest.mark.usefixtures("bus")
def test_a_queue_that_is_not_there_is_said(run: Run) -> None:
    """Replies from a queue that nobody made: exit code 3."""
    ran = run("send", "-f", "three.yaml", "--reply-to", "nobody-made-it", "--wait", "--timeout", "5s")
    assert ran.code == 3
    assert "there is no queue nobody-made-it" in ran.err


def test_a_deployment_without_a_bus_is_said(run: Run) -> None:
    """An address alone does not say which Service Bus belongs to it."""
    ran = run("--url", "https://x.example", "dead-letters", "list")
    assert ran.code == 2
    assert "not known which Service Bus" in ran.err
