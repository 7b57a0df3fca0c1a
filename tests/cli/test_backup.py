"""`backup` and `restore`: a whole file or none, checked before anything is sent, and nothing sent that is not in it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli import backups
from tests.cli.fake_api import FakeApi, problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run

Json = dict[str, Any]

TABLES = ["ledger", "documents"]
TOLD = {"format": "spokewright-backup", "version": 1, "tables": TABLES, "documents": "d1"}
ENDED = {"documents": ["Hub/weu"], "problems": []}


def row(number: int, size: int = 1) -> Json:
    """Return a row."""
    return {"table": "documents", "partition": "all", "key": str(number), "value": {"text": "ä" * size}}


def kept(api: FakeApi, digests: list[str], *pages: list[Json]) -> None:
    """Let the API have rows in pages, told as often as the digests say."""
    api.scripts["GET backup"] = []
    for begin, end in zip(digests[::2], digests[1::2], strict=True):
        api.scripts["GET backup"].append((200, TOLD | {"documents": begin}))
        api.scripts["GET backup"].append((200, {"rows": []}))
        for number, page in enumerate(pages):
            more = {"after": json.dumps(["all", str(number)])} if number < len(pages) - 1 else {}
            api.scripts["GET backup"].append((200, {"rows": page, **more}))
        api.scripts["GET backup"].append((200, TOLD | {"documents": end}))


def test_all_pages_are_in_the_file(api: FakeApi, run: Run) -> None:
    """A header, one row a line, a last line; nobody but the owner may read it."""
    kept(api, ["d1", "d1"], [row(1), row(2)], [row(3)])
    ran = run("backup", "b.jsonl")
    assert (ran.code, ran.out) == (0, "b.jsonl has 3 rows\n")
    first, *rows, ending = [json.loads(line) for line in Path("b.jsonl").read_text().splitlines()]
    assert first == TOLD | {"from": api.url}
    assert rows == [row(1), row(2), row(3)]
    assert set(ending) == {"rows", "sha256"}
    assert stat.S_IMODE(Path("b.jsonl").stat().st_mode) == 0o600
    asked = [one.params for one in api.sent("GET")]
    assert asked[1:4] == [
        {"table": ["ledger"]},
        {"table": ["documents"]},
        {"table": ["documents"], "after": ['["all", "0"]']},
    ]


def test_what_changed_meanwhile_is_read_again(api: FakeApi, run: Run) -> None:
    """The file has the rows of one moment: where documents were others afterwards all of it is read anew."""
    kept(api, ["d1", "d2", "d2", "d2"], [row(1)])
    ran = run("backup", "b.jsonl")
    assert ran.code == 0
    assert "read again" in ran.err
    assert json.loads(Path("b.jsonl").read_text().splitlines()[0])["documents"] == "d2"


def test_what_changes_all_the_time_is_no_backup(api: FakeApi, run: Run) -> None:
    """After three times it is said, and no file is left that looks like a backup."""
    kept(api, ["1", "2", "3", "4", "5", "6"], [row(1)])
    ran = run("backup", "b.jsonl")
    assert ran.code == 1
    assert list(Path.cwd().glob("b.jsonl*")) == []


def test_a_failure_leaves_no_file(api: FakeApi, run: Run) -> None:
    """The app went away in the middle."""
    api.scripts["GET backup"] = [(200, TOLD), problem(503, "the store is away", "Transient")]
    assert run("backup", "b.jsonl").code == 5
    assert list(Path.cwd().glob("b.jsonl*")) == []


def test_a_file_is_never_overwritten(api: FakeApi, run: Run) -> None:
    """The last good backup stays."""
    Path("b.jsonl").write_text("good")
    ran = run("backup", "b.jsonl")
    assert ran.code == 2
    assert "is there already" in ran.err
    assert Path("b.jsonl").read_text() == "good"
    assert api.asked == []


def written(*rows: Json, path: str = "b.jsonl", **header: Any) -> Path:
    """Write a backup."""
    with backups.create(Path(path)) as file:
        writer = backups.Writer(file)
        writer.header({"tables": TABLES, "documents": "d1", "from": "https://x"} | header)
        for one in rows:
            writer.row(one)
        writer.end()
    return Path(path)


@pytest.fixture
def taking(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Return an API that takes a restore, part by part."""
    answer = api.answer

    def answers(asked: Any) -> tuple[int, Any]:
        if asked.path != "restore":
            return answer(asked)
        if "begin" in asked.body:
            return 200, {"id": "R", "time": "t"}
        return 200, api.answers["end"] if "end" in asked.body else {"written": len(asked.body["rows"]), "kept": 1}

    api.answers["end"] = ENDED
    monkeypatch.setattr(FakeApi, "answer", lambda _, asked: answers(asked))
    return api


def test_every_row_is_sent_once(taking: FakeApi, run: Run) -> None:
    """It begins, sends parts that are not too large, in the order of the file, and ends."""
    rows = [row(number, 150_000 if number % 7 == 0 else 10) for number in range(450)]
    ran = run("restore", str(written(*rows)), "--yes")
    assert ran.code == 0, ran.err
    begin, *parts, end = [one.body for one in taking.sent("POST")]
    assert begin == {"begin": {"format": "spokewright-backup", "version": 1}, "missing": False}
    assert [one for part in parts for one in part["rows"]] == rows
    assert {part["restore"] for part in parts} == {"R"}
    assert max(len(part["rows"]) for part in parts) <= 200
    assert max(len(json.dumps(part)) for part in parts) < 2_000_000
    assert end == {"restore": "R", "end": True}
    assert "450 rows restored" in ran.out


def test_only_what_is_missing(taking: FakeApi, run: Run) -> None:
    """That the store may hold something is said to the app, and to nobody by itself."""
    assert run("restore", str(written(row(1))), "--missing", "-y").code == 0
    assert taking.sent("POST")[0].body["missing"] is True


def test_problems_are_told(taking: FakeApi, run: Run) -> None:
    """What could not be put right is a line each, and the exit code says that there was something."""
    taking.answers["end"] = ENDED | {"problems": ["Spoke/a: overlaps"]}
    ran = run("restore", str(written(row(1))), "-y")
    assert ran.code == 1
    assert "Spoke/a: overlaps" in ran.out


def test_an_app_that_holds_something_refuses(api: FakeApi, run: Run) -> None:
    """Nothing but the beginning is sent."""
    api.scripts["POST restore"] = [problem(409, "the store is not empty", "StoreNotEmpty")]
    ran = run("restore", str(written(row(1))), "--yes")
    assert ran.code == 4
    assert "not empty" in ran.err
    assert len(api.sent("POST")) == 1


def test_who_does_not_say_yes_restores_nothing(api: FakeApi, run: Run) -> None:
    """Nothing is sent."""
    assert run("restore", str(written(row(1))), person="n\n").code == 130
    assert api.asked == []


DAMAGE: dict[str, Any] = {
    "cut at a line": lambda lines: lines[:-1],
    "cut within a line": lambda lines: [*lines[:-1], lines[-1][:20]],
    "a row less": lambda lines: [lines[0], *lines[2:]],
    "a row twice": lambda lines: [lines[0], lines[1], *lines[1:]],
    "a row changed": lambda lines: [lines[0], lines[1].replace("1", "7"), *lines[2:]],
    "another file": lambda _: ["apiVersion: spokewright/v1"],
    "another format": lambda lines: [lines[0].replace("spokewright-backup", "tar"), *lines[1:]],
    "a list": lambda lines: ["[]", *lines[1:]],
    "nothing": lambda _: [],
    "only a header": lambda lines: lines[:1],
    "only an end": lambda lines: lines[-1:],
    "deep": lambda lines: ["[" * 100_000, *lines[1:]],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_not_restored(damage: Any, api: FakeApi, run: Run) -> None:
    """Whatever is cut, changed or something else is refused before anybody is asked anything."""
    path = written(row(1), row(2))
    path.write_text("".join(f"{line}\n" for line in damage(path.read_text().splitlines())))
    ran = run("restore", str(path), "--yes")
    assert ran.code == 4, ran
    assert api.asked == []


def test_a_newer_format_is_not_restored(api: FakeApi, run: Run) -> None:
    """Its version is named."""
    ran = run("restore", str(written(row(1), version=2)), "--yes")
    assert ran.code == 4
    assert "version 2" in ran.err
    assert api.asked == []


def test_a_file_that_is_not_there(api: FakeApi, run: Run) -> None:
    """It is a mistake of the command line."""
    assert run("restore", "nowhere.jsonl", "--yes").code == 2
    assert run("backup", "nowhere/b.jsonl").code == 2
    assert api.asked == []
