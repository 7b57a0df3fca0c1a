"""Alerts and the workbook ask for metrics that the code has, by attributes that these have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.telemetry import names
from tests.infra.bicep import INFRA, source

METRICS = {one.name: one for one in names.METRICS}
QUERIES = sorted((INFRA / "alerts").glob("*.kql"))
WORKBOOK: dict[str, Any] = json.loads((INFRA / "workbook.json").read_text())
CHARTS = {item["name"]: item["content"]["query"] for item in WORKBOOK["items"] if item["type"] == 3}
WANTED = {"failed-reconciles", "drift", "sweep-late", "sweep-silent", "near-a-limit"}
"""What issue 6 asks for; dead letters are a metric of Service Bus."""
LOGGED = {"document", "instance", "resource", "step"}
RULE = re.compile(
    r"name: '([\w-]+)'\s+description: '[^\n]*'\s+"
    r"query: loadTextContent\('\.\./alerts/([\w-]+\.kql)'\)\s+dimensions: \[([^\]]*)\]"
)


def rules() -> dict[str, tuple[str, list[str]]]:
    """Return the alerts by their names: the file with the query, and by what they are told apart."""
    found = RULE.findall(source("modules/alerts.bicep").variables["rules"])
    return {name: (query, re.findall(r"\w+", dimensions)) for name, query, dimensions in found}


def asked(query: str) -> tuple[str, set[str]]:
    """Return the metric that a query asks for, and the attributes that it reads."""
    (metric,) = re.findall(r"Name == '([^']+)'", query)
    return metric, set(re.findall(r"Properties\.(\w+)", query))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_alerts_ask_for_metrics_that_exist(path: Path) -> None:
    """A query names a metric of the code, and attributes that it is counted by."""
    metric, attributes = asked(path.read_text())
    assert metric in METRICS
    assert attributes <= set(METRICS[metric].by)


@pytest.mark.parametrize("chart", CHARTS, ids=list(CHARTS))
def test_the_workbook_asks_for_what_exists(chart: str) -> None:
    """A chart names a metric of the code and its attributes; the list of warnings what each log line has."""
    query = CHARTS[chart]
    if query.startswith("AppTraces"):
        assert set(re.findall(r"Properties\.(\w+)", query)) <= LOGGED
        return
    metric, attributes = asked(query)
    assert metric in METRICS
    assert attributes <= set(METRICS[metric].by)


def test_logs_have_what_the_workbook_shows() -> None:
    """The fields of log lines are the attributes without their prefix."""
    fields = [name.removeprefix("spokewright.") for name in names.ATTRIBUTES]
    assert [name for name in LOGGED if name not in fields] == []


def test_every_query_is_an_alert() -> None:
    """Each file is asked by one rule, and what is wanted is there."""
    assert sorted(query for query, _ in rules().values()) == [path.name for path in QUERIES]
    assert rules().keys() >= WANTED


@pytest.mark.parametrize("name", rules())
def test_alerts_are_told_apart_by_what_the_query_returns(name: str) -> None:
    """Each dimension of a rule is a column of its query, and each column by which it sums is a dimension."""
    query, dimensions = rules()[name]
    text = (INFRA / "alerts" / query).read_text()
    assert re.findall(r"(\w+) = tostring", text) == dimensions
    assert "Value = " in text


def test_several_periods_need_the_time() -> None:
    """Azure counts periods by the time of each row, and refuses a rule of several whose query does not return it."""
    written = source("modules/alerts.bicep").variables["rules"]
    periods = dict(re.findall(r"name: '([\w-]+)'.*?periods: (\d+)", written, re.DOTALL))
    assert periods.keys() == rules().keys()
    several = {name for name, count in periods.items() if int(count) > 1}
    timed = {
        name for name, (query, _) in rules().items() if "bin(TimeGenerated" in (INFRA / "alerts" / query).read_text()
    }
    assert several == timed == {"drift"}


def test_shares_are_compared_with_shares() -> None:
    """The share that is used is between 0 and 1, so four fifths are 0.8."""
    assert METRICS["spokewright.capacity.used"].unit == "1"
    text = source("modules/alerts.bicep").text
    assert "threshold: json('0.8')" in text


def test_dead_letters_are_counted_by_queue() -> None:
    """Service Bus counts dead letters by entity, each for itself; system topics count what was not delivered."""
    members = source("modules/alerts.bicep").resources["deadLetters"].members
    assert members["properties.criteria.allOf.metricName"] == "'DeadletteredMessages'"
    assert members["properties.criteria.allOf.dimensions.name"] == "'EntityName'"
    undelivered = source("modules/event-subscription.bicep").resources["undelivered"].members
    assert undelivered["properties.criteria.allOf.metricName"] == "'DeadLetteredCount'"


def test_the_workbook_shows_every_metric_that_alerts_ask_for() -> None:
    """Whoever is told of something finds it drawn."""
    drawn = {asked(query)[0] for query in CHARTS.values() if query.startswith("AppMetrics")}
    assert {asked(path.read_text())[0] for path in QUERIES} <= drawn


def test_every_item_has_its_own_name() -> None:
    """The portal refers to items by their names."""
    found = [item["name"] for item in WORKBOOK["items"]]
    assert len(set(found)) == len(found)
    assert WORKBOOK["version"] == "Notebook/1.0"
