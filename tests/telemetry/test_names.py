"""Names that others build on: each is there once, is used, and is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.telemetry import names
from shared.telemetry.names import Metric
from tests.docs.pages import rows
from tests.telemetry.told import twice

ROOT = Path(__file__).parents[2]
CODE = "\n".join(
    path.read_text()
    for folder in ("shared", "orchestration")
    for path in (ROOT / folder).rglob("*.py")
    if path != ROOT / "shared/telemetry/names.py"
)
CONSTANTS = {name: value for name, value in vars(names).items() if name.isupper() and isinstance(value, (Metric, str))}


def test_each_metric_is_listed_once() -> None:
    """Every metric is in the list, once, and no two have one name."""
    metrics = [value for value in CONSTANTS.values() if isinstance(value, Metric)]
    assert set(metrics) == set(names.METRICS)
    assert twice(metric.name for metric in names.METRICS) == []
    assert all(re.fullmatch(r"spokewright(\.[a-z]+)+", metric.name) for metric in names.METRICS)


@pytest.mark.parametrize("constant", CONSTANTS)
def test_each_name_is_used(constant: str) -> None:
    """No name is there that nothing tells."""
    assert re.search(rf"\b(names|names_of)\.{constant}\b", CODE), constant


def test_each_name_is_documented() -> None:
    """The page has each metric and each attribute with what it means."""
    told = {row[0].strip("`") for row in rows("docs/reference/telemetry.md")}
    assert {metric.name for metric in names.METRICS} <= told
    assert names.ATTRIBUTES.keys() <= told
    assert names.ATTRIBUTES.keys() == {value for value in CONSTANTS.values() if isinstance(value, str)}


def test_documented_spans_are_the_activities() -> None:
    """Each activity that is registered has its span on the page."""
    from orchestration.app import PLAIN_ACTIVITIES, WAKING_ACTIVITIES  # noqa: PLC0415 - loads the app

    text = " ".join(row[0] for row in rows("docs/reference/telemetry.md", "Traces"))
    assert [name for name in (*PLAIN_ACTIVITIES, *WAKING_ACTIVITIES) if f"`{name}`" not in text] == []
