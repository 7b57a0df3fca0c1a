"""`spokewright delete` and `wait`: what goes is shown and asked about; waiting says what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli import stored
from tests.cli.fake_api import FakeApi, problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run

TAKEN_DOWN = {
    "steps": [
        {"id": "r1", "resourceId": "/x/routes/r1", "action": "delete", "reason": "its spoke is deleted"},
        {
            "id": "rt",
            "resourceId": "/x/routeTables/rt",
            "action": "update",
            "reason": "it loses r1",
            "dependsOn": ["r1"],
        },
    ],
    "waits": [{"reason": "ClustersAttached", "message": "it is still attached", "on": "Cluster/payments-prod"}],
}
ALL = "".join(f"kind: {kind}\nmetadata: {{name: {name}}}\n---\n" for kind, name in
              (("Hub", "weu"), ("Spoke", "payments"), ("Cluster", "payments-prod")))  # fmt: skip


def test_it_shows_what_goes_and_asks(api: FakeApi, run: Run) -> None:
    """The plan of taking it down is shown; the question names the deployment; yes deletes."""
    api.answers["spokes/payments/plan"] = TAKEN_DOWN
    ran = run("delete", "spoke/payments", person="y\n")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "spoke/payments"
    assert lines[1:-2] == [
        "    1 - routes/r1: its spoke is deleted",
        "    2 ~ routeTables/rt: it loses r1   after 1",
        "  waits for Cluster/payments-prod: it is still attached",
        "  1 to change, 1 to delete, 1 not possible yet",
    ]
    assert lines[-2] == f"Delete this document? [context {api.url.removeprefix('http://')}, {api.url}] y/N:"
    assert lines[-1] == "spoke/payments is being deleted"
    assert [one.path for one in api.sent("DELETE")] == ["spokes/payments"]
    assert [one.params for one in api.asked if one.path == "spokes/payments/plan"] == [{"for": ["deletion"]}]


def test_nothing_that_goes_is_said(api: FakeApi, run: Run) -> None:
    """Where the plan is empty, that is said in words of a deletion; each document asked for has its plan."""
    ran = run("delete", "-f", "-", "--yes", stdin=ALL)
    assert ran.out.splitlines().count("  nothing in Azure goes with it") == 3
    plans = [one.path for one in api.asked if one.path.endswith("/plan")]
    assert plans == ["clusters/payments-prod/plan", "spokes/payments/plan", "hubs/weu/plan"]


def test_a_plan_that_cannot_be_had_is_said(api: FakeApi, run: Run) -> None:
    """An API that knows no plan of a deletion: no list that may be too short, and it is still asked."""
    api.scripts["GET spokes/payments/plan"] = [problem(400, "there is no parameter for")]
    ran = run("delete", "spoke/payments", person="y\n")
    assert ran.out.splitlines()[1] == "  what goes in Azure cannot be shown: there is no parameter for"
    assert (ran.code, len(api.sent("DELETE"))) == (0, 1)


@pytest.mark.parametrize("said", ["n\n", "\n", "", "yep\n"])
def test_anything_but_yes_is_no(said: str, api: FakeApi, run: Run) -> None:
    """No, nothing, the end of input: nothing is deleted; exit code 130."""
    ran = run("delete", "spoke/payments", person=said)
    assert (ran.code, ran.err) == (130, "Nothing was done.\n")
    assert api.sent("DELETE") == []


def test_where_nobody_is_nothing_is_deleted(api: FakeApi, run: Run) -> None:
    """Without a terminal there is nobody to ask: --yes has to be said."""
    ran = run("delete", "spoke/payments", stdin="y\n")
    assert ran.code == 2
    assert ran.err == "Error: nobody is there to be asked\nWhat to do: say --yes\n"
    assert api.sent("DELETE") == []


def test_clusters_go_first(api: FakeApi, run: Run) -> None:
    """Documents of a file go in the opposite order; what is gone already is no failure."""
    api.documents.pop("clusters/payments-prod")
    ran = run("delete", "-f", "-", "--yes", stdin=ALL)
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "cluster/payments-prod is not there"
    assert [one.path for one in api.sent("DELETE")] == ["spokes/payments", "hubs/weu"]


def test_a_refused_deletion_keeps_no_other_back(api: FakeApi, run: Run) -> None:
    """What is refused is said with the API's words; the rest goes; exit code 4."""
    api.scripts["DELETE spokes/payments"] = [problem(400, "Spoke/payments still has Cluster/x attached")]
    ran = run("delete", "-f", "-", "--yes", stdin=ALL)
    assert ran.code == 4
    assert "Error: Spoke/payments still has Cluster/x attached" in ran.err.splitlines()
    assert len(api.sent("DELETE")) == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("spoke/nix",), 3, "Error: there is no document spokes/nix"),
        ((), 2, "Error: no document is named"),
        (("spoke",), 2, "Error: no spoke is named"),
        (("all",), 2, "Error: there is no kind 'all'"),
    ],
    ids=["missing", "nothing", "a kind", "everything"],
)
def test_what_cannot_be_deleted_is_said(words: tuple[str, ...], code: int, said: str, api: FakeApi, run: Run) -> None:
    """What is not there, or not named one by one, is not deleted."""
    ran = run("delete", *words, "--yes")
    assert ran.code == code
    assert ran.err.splitlines()[0] == said
    assert api.sent("DELETE") == []


def test_waiting_ends_when_it_is_gone(api: FakeApi, run: Run) -> None:
    """`delete --wait` shows the steps of the deletion, and ends when the document is gone."""
    gone = stored.step(2, action="delete")
    looks = [[], [gone]]
    api.scripts["GET spokes/payments/history"] = [(200, {"items": items}) for items in looks]
    ran = run("delete", "spoke/payments", "--yes", "--wait")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "spoke/payments gone"
    assert ran.err.splitlines() == ["  done    spoke/payments: delete routes/r2   2m05s"]


@pytest.mark.parametrize(
    ("what", "document", "said"),
    [
        ("condition=Ready", stored.spoke(), "ready"),
        ("condition=ready=true", stored.spoke(), "ready"),
        ("condition=Ready=False", stored.spoke(stored.condition("Ready", "False", "X")), "Ready=False"),
        ("condition=Drifted", stored.spoke(stored.DRIFTED), "Drifted=True"),
        ("condition=Drifted=Unknown", stored.spoke(), "Drifted=Unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_conditions_are_waited_for(what: str, document: stored.Json, said: str, api: FakeApi, run: Run) -> None:
    """Any condition, with any status, in any case of letters."""
    api.store(document)
    ran = run("wait", "spoke/payments", f"--for={what}")
    assert (ran.code, ran.out) == (0, f"spoke/payments {said}\n")


def test_all_are_waited_for(api: FakeApi, run: Run) -> None:
    """Several documents, from the command line and from files: each is told as soon as it holds of it."""
    waits = stored.condition("Waiting", "True", "SpokeNotReady", "no route")
    api.scripts["GET clusters/payments-prod"] = [(200, stored.cluster(waits)), (200, stored.cluster(waits))]
    ran = run("wait", "hub/weu", "-f", "-", "--for=condition=Ready", "--every", "0.01s", stdin=ALL)
    assert ran.out.splitlines() == ["hub/weu ready", "spoke/payments ready", "cluster/payments-prod ready"]
    assert ran.err.splitlines() == ["  waits   cluster/payments-prod: SpokeNotReady: no route"]
    looks = [one for one in api.sent("GET") if one.path == "clusters/payments-prod"]
    assert [bool(one.headers.get("if-none-match")) for one in looks] == [False, True, True]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (stored.spoke(stored.condition("Ready", "False", "Denied", "no role")), "(Denied: no role)"),
        (stored.spoke(stored.condition("Approved", "False", "ApprovalNeeded", "asks")), "(ApprovalNeeded: asks)"),
        (stored.spoke(stored.READY, observedGeneration=0), "(NotLookedAt)"),
        (None, "(it does not exist)"),
    ],
    ids=["denied", "approval", "not looked at", "missing"],
)
def test_what_does_not_come_in_time_says_why(document: stored.Json | None, said: str, api: FakeApi, run: Run) -> None:
    """The time is over: exit code 5, with the reason that the document gives, and what to look at."""
    api.documents.clear()
    api.store(*([document] if document else []))
    ran = run("wait", "spoke/payments", "--for=condition=Ready", "--timeout", "0.05s", "--every", "0.02s", "-q")
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.splitlines()[-2:] == [
        f"Error: not ready within 0.05 s: spoke/payments {said}",
        "What to do: see `spokewright describe spoke/payments`, or wait longer with --timeout",
    ]


def test_what_passes_is_waited_out(api: FakeApi, run: Run) -> None:
    """An API that is busy for a moment ends no wait: it is said once, and asked again."""
    busy = problem(503, "the store is busy")
    api.scripts["GET spokes/payments"] = [busy, busy, (200, stored.spoke())]
    ran = run("wait", "spoke/payments", "--for=condition=Ready", "--every", "0.01s")
    assert (ran.code, ran.out) == (0, "spoke/payments ready\n")
    assert ran.err == "  waits   the store is busy; it is tried again\n"


def test_what_does_not_pass_is_said_at_the_end(api: FakeApi, run: Run) -> None:
    """An API that stays away until the time is over: exit code 5, with what kept it from answering."""
    api.scripts["GET spokes/payments"] = [problem(503, "the store is busy")] * 99
    ran = run("wait", "spoke/payments", "--for=delete", "--every", "0.01s", "--timeout", "0.05s")
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.splitlines()[-2:] == ["Error: the store is busy", "What to do: try again in a moment"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("spoke/payments", "--for=ready"),
        ("spoke/payments", "--for=condition="),
        ("spoke/payments", "--for=delete", "--timeout", "-3"),
        ("spoke/payments", "--for=delete", "--timeout", "nan"),
        ("--for=delete",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_waited_for_is_said(arguments: tuple[str, ...], api: FakeApi, run: Run) -> None:
    """No such thing to wait for, no time, no document: exit code 2, nothing is asked."""
    ran = run("wait", *arguments)
    assert (ran.code, len(ran.err.splitlines())) == (2, 2)
    assert api.asked == []
