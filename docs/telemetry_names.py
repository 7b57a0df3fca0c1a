"""The page of telemetry: spans, attributes and metrics, as `shared/telemetry/names.py` says them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shared.telemetry import names

if TYPE_CHECKING:
    from collections.abc import Callable

    Table = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]

START = """\
# Telemetry

What the app tells of itself, by OpenTelemetry: traces, metrics, logs. Where it goes is the setting
`SPOKEWRIGHT_TELEMETRY` ([settings](settings.md)). How to look at a trace: [follow a request](../how-to/trace.md).
Queries and alerts rely on the names here: they are added to, not changed.
"""

METRICS = """\
## Metrics

In Application Insights a metric is in `customMetrics` (`AppMetrics` of the workspace) under its name, and what it is
counted by is in `customDimensions` (`Properties`). Gauges of documents and limits are taken by the timer, each minute,
by one worker.
"""

ATTRIBUTES = """\
## Attributes
"""


def page(table: Table, notice: str) -> str:
    """Return the page; `table` writes a table, `notice` says that it is made."""
    metrics = table(("metric", "kind", "unit", "by", "what"), _metrics())
    attributes = table(("attribute", "meaning"), ((f"`{name}`", what) for name, what in names.ATTRIBUTES.items()))
    return f"{notice}\n{START}\n{METRICS}\n{metrics}\n{ATTRIBUTES}\n{attributes}"


def _metrics() -> Iterator[tuple[str, ...]]:
    for one in names.METRICS:
        by = ", ".join(f"`{name}`" for name in one.by)
        yield f"`{one.name}`", one.kind, f"`{one.unit}`", by or "-", one.what
