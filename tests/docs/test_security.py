"""What the page of threats says can be followed: each test that it names is there, each threat has its columns."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import PAGES, ROOT, name_of, read, ticked

PAGE = ROOT / "docs/security.md"
PLACE = re.compile(r"(tests|infra|shared|orchestration|local|cli|bench|scripts|docs)/[\w./-]+")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_a_page_names_is_there(page: object) -> None:
    """Whatever stands in backticks and looks like a path of this repository is one."""
    named = {text for text in ticked(page) if PLACE.fullmatch(text) and "NAME" not in text}  # type: ignore[arg-type]
    assert sorted(text for text in named if not (ROOT / text).exists()) == []


def rows() -> list[list[str]]:
    """Return the cells of each threat."""
    table = read("docs/security.md").split("\n## Threats\n")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def test_what_stops_a_threat_is_proved() -> None:
    """Each threat that something stops names at least one test; one that nothing stops says what is left."""
    assert len(rows()) > 20
    for threat, stops, proof, *left in rows():
        assert (stops != "nothing") == ("`tests/" in proof), threat
        assert stops != "nothing" or left, threat


def test_the_threats_of_the_issue_are_there() -> None:
    """What an auditor asks about first has a row."""
    told = " ".join(cells[0] for cells in rows()).lower()
    words = (
        "attaches itself",
        "forged",
        "poisoned",
        "stolen function key",
        "stolen token",
        "jump server",
        "storm",
        "page",
    )
    assert [
        word for word in words if word not in told and word.replace("stolen ", "stolen or forged ") not in told
    ] == []


ALERTS = ("infra/modules/alerts.bicep", "infra/modules/event-subscription.bicep")


def test_every_alert_has_its_runbook() -> None:
    """Each rule that the Bicep makes stands in the table of operations, with what to do; and no other does."""
    bicep = "".join(read(path) for path in ALERTS)
    named = {
        *re.findall(r"^    name: '([a-z-]+)'$", bicep, re.MULTILINE),
        *re.findall(r"\$\{prefix\}-([a-z-]+)'", bicep),
    }
    table = read("docs/operations.md").split("\n## Alerts\n")[1].split("\n## ")[0]
    assert len(named) > 6
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) - {"undelivered"} == named - {"undelivered"}
    assert ("'Microsoft.Insights/metricAlerts" in read(ALERTS[1])) == ("| `undelivered` |" in table)
