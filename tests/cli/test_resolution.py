"""`spokewright resolution`: the matrix, what is broken, what was printed; on any terminal, and with older apps."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from cli.app import main
from cli.matrix import matrices
from tests.cli import stored
from tests.cli.conftest import Terminal
from tests.cli.stored import CONSUMERS, MEND, NO_FORWARD, NOBODY_THERE, seen_by

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.cli.fake_api import FakeApi

Json = stored.Json

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def seen(api: FakeApi) -> FakeApi:
    """Return an API with two clusters that several consumers have to resolve."""
    api.answers["resolution"] = stored.MATRIX
    return api


@pytest.mark.usefixtures("seen")
def test_it_is_a_matrix(run: Run) -> None:
    """Clusters down, consumers across, in their order; empty where a consumer does not have to resolve a cluster."""
    lines = run("resolution").out.splitlines()
    heads = ["CLUSTER", "HUB", "DNS/10.0.1.5", "SPOKE/SEARCH", "SPOKE/SHOP", "ON-PREMISES", "CHECKED"]
    assert lines[0].split() == heads
    assert lines[1].split()[:-2] == ["payments-prod", "ok", "ok", "no", "?", "ok"]
    assert lines[2].split()[:-2] == ["shop-prod", "ok", "?"]
    assert lines[2].index("?") == lines[0].index("SPOKE/SHOP")


@pytest.mark.usefixtures("seen")
def test_what_is_wrong_is_said_with_its_mend(run: Run) -> None:
    """Below it each that fails with the broken link and what to do; once for all clusters who could not be asked."""
    assert run("resolution").out.splitlines()[3:] == [
        "",
        "payments-prod   spoke/search   no   DnsServerDoesNotForward",
        f"  {NO_FORWARD}",
        f"  {MEND}",
        "",
        f"?   spoke/shop   {NOBODY_THERE}",
    ]


@pytest.mark.usefixtures("seen")
def test_evidence_is_what_each_machine_printed(run: Run) -> None:
    """Every row with where and when it was asked, and the output; one cluster alone where it is named."""
    out = run("resolution", "cluster/payments-prod", "--evidence").out
    assert "shop-prod" not in out
    blocks = out.split("\n\n")[1:]
    assert [block.split()[1] for block in blocks] == [row["consumer"] for row in CONSUMERS]
    assert blocks[1].splitlines() == [
        "payments-prod   on-premises   ok   Resolves",
        "  on-premises: it resolves to 10.64.0.4",
        "  asked on vm-jump-weu, at 10.0.1.4, 10.0.1.5, 2026-11-26 18:22:31Z",
        "  Server: of on-premises",
        "  Address: 10.64.0.4",
    ]
    assert blocks[4].splitlines()[1:] == [f"  {NOBODY_THERE}", "  asked 2026-11-26 18:22:31Z"]


@pytest.mark.parametrize("colours", [True, False], ids=["in colours", "without"])
@pytest.mark.usefixtures("seen")
def test_a_narrow_terminal_has_a_line_for_each_consumer(colours: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a table's column
    """Where the matrix does not fit, no line is wider than the terminal before the words begin."""
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "" if colours else "1")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["resolution"]) == 0
    assert ("\x1b[" in terminal.getvalue()) is colours
    lines = COLOURS.sub("", terminal.getvalue()).splitlines()
    assert lines[:9] == [
        "payments-prod   2026-11-26 18:22:31Z",
        "  ok  hub",
        "  ok  on-premises",
        "  ok  dns/10.0.1.5",
        "  no  spoke/search",
        "  ?   spoke/shop",
        "shop-prod   2026-11-26 18:24:36Z",
        "  ok  hub",
        "  ?   spoke/shop",
    ]
    assert max(map(len, lines[:9])) <= 40


def test_an_app_that_knows_no_consumers_has_its_hub(api: FakeApi, run: Run) -> None:
    """What the jump server saw is the hub's column; the message is the cluster's own, the evidence its output."""
    api.answers["resolution"] = stored.RESOLUTION
    lines = run("resolution").out.splitlines()
    assert lines[0].split() == ["CLUSTER", "HUB", "CHECKED"]
    assert lines[1].split()[:2] == ["payments-prod", "no"]
    assert lines[2:] == ["", "payments-prod   hub   no", "  443 does not answer"]
    assert run("resolution", "payments-prod", "--evidence").out.splitlines()[5:] == [
        "  asked 2026-11-26 18:22:31Z",
        "  Server: 127.0.0.53",
        "  Address: 10.64.0.4",
    ]


def test_what_was_not_checked_yet_says_so(api: FakeApi, run: Run) -> None:
    """A new cluster is a question mark."""
    api.answers["resolution"] = {"items": [{"cluster": "new", "resolves": "Unknown", "answers": "Unknown"}]}
    assert run("resolution").out.splitlines()[1:] == ["new       ?", "", "?   hub   not checked yet"]


def test_an_endpoint_that_moved_is_said_once(api: FakeApi, run: Run) -> None:
    """While the cluster is not said to fail, its own words stand for those of its consumers."""
    words = "the private endpoint moved from 10.64.0.9 a moment ago, and not everybody knows yet: hub: no"
    item = stored.MATRIX["items"][0] | {"resolves": "Unknown", "message": words}
    api.answers["resolution"] = {"items": [item]}
    lines = run("resolution").out.splitlines()
    assert lines[3:5] == ["payments-prod", f"  {words}"]
    assert f"  {NO_FORWARD}" not in lines


def test_each_hub_has_a_matrix_of_its_own(api: FakeApi, run: Run) -> None:
    """Consumers of one hub are no columns of another's; the hubs are named where there are several."""
    other = {"cluster": "neu-prod", "hub": "neu", "resolves": "True", "answers": "True"}
    lost = {"cluster": "lost", "hub": None, "resolves": "Unknown", "answers": "Unknown"}
    api.answers["resolution"] = {"items": [stored.MATRIX["items"][1], other, lost]}
    lines = run("resolution").out.splitlines()
    assert [line for line in lines if line.startswith(("hub/", "of no"))] == ["hub/weu", "hub/neu", "of no hub"]
    assert lines[5].split() == ["CLUSTER", "HUB", "CHECKED"]


MARKS = {
    ("hub", "True", "True"): "ok",
    ("hub", "True", "Unknown"): "?",
    ("hub", "True", "False"): "no",
    ("dns/10.0.1.4", "True", "Unknown"): "ok",
    ("dns/10.0.1.4", "False", "Unknown"): "no",
    ("spoke/a", "True", "True"): "ok",
    ("spoke/a", "True", "False"): "no",
    ("spoke/a", "Unknown", "Unknown"): "?",
    ("on-premises", "True", "Unknown"): "ok",
    ("something new", "True", "Unknown"): "ok",
}


@pytest.mark.parametrize(("row", "mark"), MARKS.items(), ids=map(" ".join, MARKS))
def test_a_mark_says_what_was_measured(row: tuple[str, str, str], mark: str) -> None:
    """The jump server connects too; who is only asked for the name is well when that is right."""
    item = {"cluster": "a", "consumers": [seen_by(*row)]}
    ((seen,),) = [line.seen for matrix in matrices([item]) for line in matrix.lines]
    assert seen.mark == mark
