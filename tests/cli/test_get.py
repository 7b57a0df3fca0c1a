"""`spokewright get`: tables, data, filters, watching, and what goes wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.cli import stored
from tests.cli.fake_api import FakeApi, problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_each_kind_has_its_table(api: FakeApi, run: Run) -> None:
    """`get all` shows hubs, spokes and clusters, each with its columns; names say their kind."""
    lines = run("get", "all").out.splitlines()
    assert lines[0].split() == ["NAME", "READY", "STATUS", "LOCATION", "ADDRESSES", "FIREWALL"]
    assert lines[1].split() == ["hub/weu", "True", "Provisioned", "westeurope", "10.0.0.0/22", "10.0.0.4"]
    assert lines[4].split() == ["spoke/payments", "True", "Provisioned", "weu", "10.64.0.0/22", "request"]
    assert lines[7].split() == ["cluster/payments-prod", "True", "Provisioned", "payments", "Manage", "1.33"]
    assert {one.headers["x-functions-key"] for one in api.asked} == {api.key}


@pytest.mark.parametrize("words", ["hub", "hubs", "HUBS"])
def test_kinds_have_several_words(words: str, api: FakeApi, run: Run) -> None:
    """A kind may be written in the singular, the plural, and capitals; names then stand alone."""
    assert run("get", words).out.splitlines()[1].startswith("weu ")
    assert [one.path for one in api.asked] == ["hubs"]


@pytest.mark.parametrize(
    "words", [("spoke/payments", "cluster/payments-prod"), ("spoke/payments",), ("spoke", "payments")], ids=" ".join
)
def test_documents_are_named(words: tuple[str, ...], api: FakeApi, run: Run) -> None:
    """KIND/NAME, several of them, or KIND NAME: only those documents are read."""
    ran = run("get", *words, "-o", "name")
    assert ran.out.splitlines()[0] == "spoke/payments"
    assert {one.path for one in api.asked} <= {"spokes/payments", "clusters/payments-prod"}


def test_data_is_as_stored(api: FakeApi, run: Run) -> None:
    """JSON and YAML hold the documents as they are: one alone, several in `items` or as a stream."""
    assert json.loads(run("get", "spoke", "payments", "-o", "json").out) == api.documents["spokes/payments"]
    assert json.loads(run("get", "all", "-o", "json").out) == {"items": list(api.documents.values())}
    assert list(yaml.safe_load_all(run("get", "all", "-o", "yaml").out)) == list(api.documents.values())


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (stored.spoke(stored.READY, stored.DRIFTED), "Provisioned, Drifted"),
        (stored.spoke(stored.condition("Ready", "False", "HubNotReady", "no address")), "HubNotReady"),
        (stored.spoke(stored.condition("Approved", "False", "ApprovalNeeded", "asked")), "ApprovalNeeded"),
        (stored.spoke(stored.condition("Reconciling", "True", "Applying", "6 steps")), "Applying"),
        (stored.spoke(stored.READY, observedGeneration=0), "NotLookedAt"),
    ],
    ids=["drifted", "not ready", "asks", "works", "changed since"],
)
def test_the_status_says_what_matters(document: stored.Json, status: str, api: FakeApi, run: Run) -> None:
    """The status is the reason of what a person has to know: drift, a wait, an approval, work, a newer version."""
    api.store(document)
    line = run("get", "spokes").out.splitlines()[1]
    assert f"   {status}   " in line


def test_wide_says_why(api: FakeApi, run: Run) -> None:
    """`-o wide` has the message: of a drift where there is one."""
    api.store(stored.spoke(stored.READY, stored.DRIFTED))
    assert "route default-to-firewall is missing" in run("get", "spokes", "-o", "wide").out


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (("-l", "team=platform"), ["hub/weu"]),
        (("-l", "team!=platform"), ["spoke/payments", "cluster/payments-prod"]),
        (("-l", "team"), ["hub/weu"]),
        (("-l", "!team"), ["spoke/payments", "cluster/payments-prod"]),
        (("--field", "spec.hub=weu"), ["spoke/payments"]),
        (("--field", "spec.addressSpace=10.0.0.0/22"), ["hub/weu"]),
        (("--field", "metadata.generation=1,kind!=Hub"), ["spoke/payments", "cluster/payments-prod"]),
        (("--field", "spec.nothing=null", "-l", "team"), ["hub/weu"]),
    ],
    ids=" ".join,
)
def test_lists_are_filtered(filters: tuple[str, ...], names: list[str], api: FakeApi, run: Run) -> None:
    """By labels and fields, equal or not, there or not; equalities are sent to the API too."""
    assert run("get", "all", *filters, "-o", "name").out.split() == names
    sent = {text for one in api.asked for name in ("label", "field") for text in one.params.get(name, [])}
    assert sent == {text for part in filters[1::2] for text in part.split(",") if "=" in text and "!=" not in text}


def test_long_lists_are_read_to_their_end(api: FakeApi, run: Run) -> None:
    """A list of more than one page is read page by page."""
    api.store(*(stored.spoke(name=f"s{number:04}") for number in range(1500)))
    assert len(run("get", "spokes", "-o", "name").out.split()) == 1501
    assert [one.params.get("after") for one in api.asked] == [None, ["s0998"]]


def test_nothing_is_said_to_be_nothing(api: FakeApi, run: Run) -> None:
    """An empty list is no failure, and no table; the output stays empty for programs."""
    api.documents.clear()
    ran = run("get", "spokes")
    assert (ran.code, ran.out, ran.err) == (0, "", "There is nothing of this sort.\n")


def test_a_watch_shows_what_changes(api: FakeApi, run: Run) -> None:
    """All at first, then what is other or gone; what has not changed costs a 304 and shows nothing."""
    first, drifted = stored.spoke(), stored.spoke(stored.READY, stored.DRIFTED)
    other = stored.spoke(name="shop")
    pages = [[first, other], [drifted, other], [drifted]]
    api.scripts["GET spokes"] = [(200, {"items": page}) for page in pages] + [problem(503, "busy")]
    ran = run("get", "spokes", "--watch", "--every", "0.01s")
    assert ran.code == 5
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "payments", "shop", "spoke/payments", "spoke/shop"]
    assert "Drifted" in lines[3]
    assert lines[4].endswith("gone")
    assert [bool(one.headers.get("if-none-match")) for one in api.asked] == [False, True, True, True]


def test_a_watch_follows_pages(api: FakeApi, run: Run) -> None:
    """What is on a later page is seen too, and is not gone; each page has its own version."""
    first, other = {"items": [stored.spoke()], "after": "payments"}, {"items": [stored.spoke(name="shop")]}
    drifted = {"items": [stored.spoke(stored.DRIFTED, name="shop")]}
    answers = [first, other, first, drifted]
    api.scripts["GET spokes"] = [(200, answer) for answer in answers] + [problem(503, "busy")]
    ran = run("get", "spokes", "--watch", "--every", "0.01s")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["NAME", "payments", "shop", "spoke/shop"]
    assert [one.params.get("after") for one in api.asked] == [None, ["payments"], None, ["payments"], None]
    tags = [one.headers.get("if-none-match", "") for one in api.asked]
    assert tags[:2] == ["", ""]
    assert tags[2] == tags[4] != tags[3] != ""


@pytest.mark.parametrize("output", ["json", "yaml", "name", "wide"])
def test_a_watch_speaks_every_format(output: str, api: FakeApi, run: Run) -> None:
    """A change is shown in the format that was asked for."""
    changed = stored.spoke(stored.READY, stored.DRIFTED)
    pages = [[stored.spoke()], [changed]]
    api.scripts["GET spokes"] = [(200, {"items": page}) for page in pages] + [problem(503, "busy")]
    ran = run("get", "spoke/payments", "-w", "--every", "0.01", "-o", output)
    assert ran.out.count("payments") >= 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("spoke/nix",), 3, "there is no document spokes/nix"),
        (("pods",), 2, "there is no kind 'pods'"),
        (("spoke/a/b",), 2, "'spoke/a/b' names no document"),
        (("spoke", "hub/weu"), 2, "'hub/weu' stands after the kind spoke"),
        (("spokes", "--field", "hub"), 2, "'hub' is not a filter of a field"),
        (("spokes", "-w", "--every", "soon"), 2, "'soon' is not a time"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_listed_is_said(words: tuple[str, ...], code: int, said: str, api: FakeApi, run: Run) -> None:
    """What is not there exits with 3, what cannot be meant with 2; the second line says what to do."""
    ran = run("get", *words)
    assert (ran.code, ran.out) == (code, "")
    first, second = ran.err.splitlines()
    assert first == f"Error: {said}"
    assert second.startswith("What to do: ")
    assert api.asked == [] or code == 3
