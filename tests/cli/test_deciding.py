"""The commands that do: approve, reject, retry, sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cli import stored
from tests.cli.fake_api import HASH, FakeApi, problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run

DECISIONS = [("approve", "approved"), ("reject", "rejected")]


@pytest.fixture
def asking(api: FakeApi) -> FakeApi:
    """Return an API in which a network asks to join."""
    api.answers["spokes/payments/plan"] = stored.PLAN | {"approval": stored.APPROVAL}
    api.answers["spokes/payments/approve"] = {}
    return api


@pytest.mark.parametrize(("command", "word"), DECISIONS)
def test_the_plan_is_shown_and_its_hash_sent(command: str, word: str, asking: FakeApi, run: Run) -> None:
    """The plan, its hash and the approval are shown, the person is asked, and exactly that hash is sent."""
    ran = run(command, "spoke/payments", "--reason", "known", "--by", "Kim", person="yes\n")
    assert ran.code == 0
    assert f"  hash       {HASH}" in ran.out.splitlines()
    assert "    1 + routeTables/rt: route table rt is missing" in ran.out.splitlines()
    assert ran.out.splitlines()[-1] == f"spoke/payments {word}"
    (sent,) = asking.sent("POST")
    assert sent.path == "spokes/payments/approve"
    assert sent.body == {"hash": HASH, "decision": command, "reason": "known", "by": "Kim"}


LONG = "x" * 200
TRICKY = 'tags.a: - "b" + "c"\x1b[2J'


def changing(asking: FakeApi, path: str, have: Any, want: Any) -> None:
    """Let the plan have one step with one change."""
    step = stored.PLAN["steps"][1] | {"changes": [{"path": path, "have": have, "want": want}]}
    asking.answers["spokes/payments/plan"] |= {"steps": [step]}


def test_each_change_is_one_line(asking: FakeApi, run: Run) -> None:
    """Whoever approves sees what is there and what should be; long values are cut."""
    changing(asking, "tags.team", LONG, {"a": [1, True]})
    shown = run("approve", "spoke/payments", "--yes").out
    assert f'          tags.team:  - "{LONG[:58]}…  + {{"a": [1, true]}}' in shown.splitlines()


def test_changes_are_whole_in_the_full_view(asking: FakeApi, run: Run) -> None:
    """With --full each side has its line and nothing is cut; what is missing has no line."""
    changing(asking, "tags.team", LONG, None)
    lines = run("approve", "spoke/payments", "--yes", "--full").out.splitlines()
    assert f'          - tags.team: "{LONG}"' in lines
    assert [line for line in lines if line.strip().startswith("+ tags")] == []


@pytest.mark.parametrize("full", [[], ["--full"]], ids=["short", "full"])
def test_a_member_cannot_look_like_a_value(full: list[str], asking: FakeApi, run: Run) -> None:
    """The name of a tag is anybody's: what is more than a path stands in quotes, and acts on no terminal."""
    changing(asking, TRICKY, "\u202eold\n", 7)
    shown = run("approve", "spoke/payments", "--yes", *full).out
    assert r'"tags.a: - \"b\" + \"c\"\u001b[2J":' in shown
    assert r'"\u202eold\n"' in shown
    assert not {"\x1b", "\u202e"} & set(shown)


@pytest.mark.parametrize(("command", "word"), DECISIONS)
def test_no_is_no_decision(command: str, word: str, asking: FakeApi, run: Run) -> None:
    """Who does not say yes has decided nothing, neither one way nor the other."""
    ran = run(command, "spoke/payments", person="n\n")
    assert ran.code == 130
    assert word not in ran.out
    assert asking.sent("POST") == []


HASHES = [(HASH, HASH), (HASH[:8], HASH), (HASH[:8].upper(), HASH), (HASH[:7], HASH[:7]), ("f" * 64, "f" * 64)]


@pytest.mark.parametrize(("given", "sent"), HASHES)
def test_a_hash_may_be_given(given: str, sent: str, asking: FakeApi, run: Run) -> None:
    """The beginning of the shown plan's hash means that plan; another hash is sent as it is, for the API to refuse."""
    run("approve", "spoke/payments", "--yes", "--hash", given)
    assert asking.sent("POST")[0].body["hash"] == sent


@pytest.mark.parametrize(("command", "word"), DECISIONS)
@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [(409, "PlanChanged", "the plan is another by now"), (403, "OwnRequest", "who asked may not decide")],
)
def test_a_refused_decision_is_said(
    command: str, word: str, status: int, code: str, detail: str, asking: FakeApi, run: Run
) -> None:
    """A plan that changed, one's own request: the API's words, exit code 4, and nothing is said to be decided."""
    asking.scripts["POST spokes/payments/approve"] = [problem(status, detail, code)]
    ran = run(command, "spoke/payments", "--yes")
    assert ran.code == 4
    assert word not in ran.out
    assert ran.err.splitlines()[0] == f"Error: {detail}"


@pytest.mark.parametrize("command", ["approve", "reject"])
def test_nothing_to_decide_is_said(command: str, api: FakeApi, run: Run) -> None:
    """A document that nobody has to approve is not decided about; nothing is sent."""
    ran = run(command, "spoke/payments", "--yes")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("Error: there is nothing to decide about spoke/payments\n")
    assert api.sent("POST") == []


def test_retry_wakes(api: FakeApi, run: Run) -> None:
    """Each document that is named is woken."""
    ran = run("retry", "spoke/payments", "cluster/payments-prod")
    assert ran.out.splitlines() == ["spoke/payments woken", "cluster/payments-prod woken"]
    assert [one.path for one in api.sent("POST")] == ["spokes/payments/retry", "clusters/payments-prod/retry"]


@pytest.mark.usefixtures("api")
def test_retry_says_what_is_not_there(run: Run) -> None:
    """A document that does not exist cannot be woken."""
    ran = run("retry", "spoke/nix")
    assert (ran.code, ran.out) == (3, "")


def test_a_sweep_says_what_it_found(api: FakeApi, run: Run) -> None:
    """How many documents, which were woken, what was found."""
    api.answers["sweep"] = {"documents": 3, "woken": ["Spoke/payments"], "found": []}
    assert run("sweep").out.splitlines() == ["documents: 3", "woken: Spoke/payments", "found: none"]
    assert run("sweep", "-o", "json").out.startswith('{\n  "documents": 3')
