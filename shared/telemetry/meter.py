"""Counts, durations and levels, by the names in `names.METRICS`. While it is off nothing is loaded or counted."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from shared.telemetry.state import state

if TYPE_CHECKING:
    from shared.telemetry.names import Metric

SCOPE = "spokewright"

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600)
"""Bounds of what is counted together of durations: from a call to a firewall. OpenTelemetry's own are milliseconds."""


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
    told = {"explicit_bucket_boundaries_advisory": SECONDS} if metric.kind == "histogram" else {}
    return make(metric.name, metric.unit, metric.what, **told)
