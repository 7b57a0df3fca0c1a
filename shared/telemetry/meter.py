"""Counts, durations and levels, by the names in `names.METRICS`. While it is off nothing is loaded or counted."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from shared.telemetry.state import state

if TYPE_CHECKING:
    from shared.telemetry.names import Metric

SCOPE = "spokewright"


def record(metric: Metric, value: float = 1, /, **by: str) -> None:
    """Count so much more, or take one measurement, or say how it is now: as the metric's kind has it."""
    if not state.on:
        return
    instrument = _instrument(metric)
    act = {"counter": "add", "histogram": "record", "gauge": "set"}[metric.kind]
    getattr(instrument, act)(value, by)


@cache
def _instrument(metric: Metric) -> Any:
    from opentelemetry import metrics  # noqa: PLC0415 - not while it is off

    meter = metrics.get_meter(SCOPE)
    make: Any = getattr(meter, f"create_{metric.kind}")
    return make(metric.name, metric.unit, metric.what)
