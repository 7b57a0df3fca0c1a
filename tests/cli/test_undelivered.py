"""`dead-letters events`: files of Event Grid's dead-letter container, whatever is in them, and what the app says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.fake_api import problem
from tests.cli.test_cleaning import PAYLOADS, unseen

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.cli.fake_api import FakeApi

Json = dict[str, Any]

WHY = "MaxDeliveryAttemptsExceeded"
TAKEN = {"noticed": 1, "ignored": 0}
FAULT = {"errors": [{"path": "$[0].data", "message": "a JSON object is expected here"}]}


def event(number: int = 1, **more: Any) -> Json:
    """Return an event as Event Grid leaves it."""
    told = {"id": str(number), "eventType": "Microsoft.Resources.ResourceWriteSuccess", "data": {"n": number}}
    return told | {"deadLetterReason": WHY, "deliveryAttempts": 30} | more


def files(**contents: str) -> None:
    """Write files into the folder `undelivered`, in folders of their own as the container has them."""
    for name, text in contents.items():
        path = Path("undelivered") / "sub" / name / f"{name}.json"
        path.parent.mkdir(parents=True)
        path.write_text(text)


def test_all_files_of_a_folder_are_sent(api: FakeApi, run: Run) -> None:
    """A list, a single event, an event a line, with a mark at the beginning: each event is sent as it is."""
    lines = "\n".join(json.dumps(event(number)) for number in (4, 5))
    cloud = {"specversion": "1.0", "type": "t", "id": "3", "deadletterreason": "TimeToLiveExceeded"}
    files(a=json.dumps([event(1), event(2)]), b=f"\ufeff{json.dumps(cloud)}", c=lines)
    (Path("undelivered") / "readme.txt").write_text("no event")
    api.answers["events"] = {"noticed": 4, "ignored": 1}
    ran = run("dead-letters", "events", "undelivered", "--yes")
    assert ran.code == 0, ran.err
    (sent,) = api.sent("POST")
    assert (sent.path, sent.body) == ("events", [event(1), event(2), cloud, event(4), event(5)])
    assert f"4 events    {WHY}" in ran.out
    assert "1 events    TimeToLiveExceeded" in ran.out
    assert ran.out.splitlines()[-1] == "4 looked at, 1 of no interest, 0 refused"


def test_many_events_are_sent_in_parts(api: FakeApi, run: Run) -> None:
    """No request is larger than the app takes."""
    files(many=json.dumps([event(number, text="x" * 20_000) for number in range(230)]))
    api.answers["events"] = TAKEN
    assert run("dead-letters", "events", "undelivered", "-y").code == 0
    parts = [one.body for one in api.sent("POST")]
    assert [one["id"] for part in parts for one in part] == [str(number) for number in range(230)]
    assert max(len(json.dumps(part)) for part in parts) < 1024 * 1024


def test_what_the_app_refuses_is_said_and_the_rest_comes_in(api: FakeApi, run: Run) -> None:
    """A list with one bad event would be refused whole: each is sent alone then, and the exit code says so."""
    files(a=json.dumps([event(1), {"data": 7, "deadLetterReason": WHY}, event(3)]))
    refusal = problem(400, "no", **FAULT)
    api.scripts["POST events"] = [refusal, (202, TAKEN), refusal, (202, TAKEN)]
    ran = run("dead-letters", "events", "undelivered", "-y")
    assert ran.code == 4
    assert "refused: a JSON object is expected here" in ran.out
    assert ran.out.splitlines()[-1] == "2 looked at, 0 of no interest, 1 refused"


def test_an_app_that_is_busy_ends_it(api: FakeApi, run: Run) -> None:
    """What was not sent is still in its file: the command is typed again."""
    files(a=json.dumps([event(1)]))
    api.scripts["POST events"] = [problem(503, "busy", "Transient")]
    assert run("dead-letters", "events", "undelivered", "-y").code == 5


def test_who_does_not_say_yes_sends_nothing(api: FakeApi, run: Run) -> None:
    """The reasons are shown, and that is all."""
    files(a=json.dumps([event(1)]))
    ran = run("dead-letters", "events", "undelivered", person="n\n")
    assert ran.code == 130
    assert WHY in ran.out
    assert api.sent("POST") == []


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\udcff", "a: b"], ids=["cut", "deep", "no text", "YAML"])
def test_what_is_no_file_of_events_is_refused(text: str, api: FakeApi, run: Run) -> None:
    """Nothing is sent, also not of other files."""
    files(a=json.dumps([event(1)]))
    (Path("undelivered") / "b.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert run("dead-letters", "events", "undelivered", "-y").code == 2
    assert run("dead-letters", "events", "nowhere", "-y").code == 2
    assert api.sent("POST") == []


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_events_are_shown_clean(payload: str, api: FakeApi, run: Run) -> None:
    """A reason is anybody's text, and so is what is refused: neither acts on the terminal."""
    files(a=json.dumps([event(1, deadLetterReason=payload)]))
    api.scripts["POST events"] = [problem(400, "no", errors=[{"path": "$", "message": payload}])] * 2
    ran = run("dead-letters", "events", "undelivered", "-y")
    assert ran.code == 4
    assert unseen(ran.out + ran.err) == []
