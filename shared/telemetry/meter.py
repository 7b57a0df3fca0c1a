"""Counts, durations and levels, by the names in `names.METRICS`. While it is off nothing is loaded or counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.telemetry.state import state

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

    from shared.telemetry.names import Metric

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600)
"""Bounds of what is counted together of durations: from a call to a firewall. OpenTelemetry's own are milliseconds."""

ACTS = {"counter": "add", "histogram": "record", "gauge": "set"}


def record(metric: Metric, value: float = 1, /, **by: str) -> None:
    """Count so much more, or take one measurement, or say how it is now: as the metric's kind has it."""
    if state.meter is None:
        return
    if metric.name not in state.instruments:
        state.instruments[metric.name] = _make(state.meter, metric)
    getattr(state.instruments[metric.name], ACTS[metric.kind])(value, by)


def _make(meter: Meter, metric: Metric) -> Any:
    make: Any = getattr(meter, f"create_{metric.kind}")
    told = {"explicit_bucket_boundaries_advisory": SECONDS} if metric.kind == "histogram" else {}
    return make(metric.name, metric.unit, metric.what, **told)
