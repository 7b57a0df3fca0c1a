"""The page of telemetry: spans, attributes and metrics, as `shared/telemetry/names.py` says them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from orchestration.app import PLAIN_ACTIVITIES, WAKING_ACTIVITIES
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

SPANS = """\
## Traces

One trace goes from whoever asked (a message, an event, a request, the timer) through the reconciles that it woke to
each call to Azure, to the last look at an operation. A sender's own context (`traceparent`, in a header or an
application property, or `Diagnostic-Id`) is the parent, or, where the Functions host traces the call, linked. A wake of
a reconcile that runs is linked to its next look. While a document is not Ready, later wakes (the timer, its hub) go on
with the trace of what was asked, at most 20 times; a new request begins its own.

Nothing is sampled: provisioning is rare, and a trace is worth little with holes. An activity that the platform runs
twice is there twice.
"""

SPAN_ROWS = (
    ("`receive QUEUE`", "consumer", "The taking of a message: which documents it is about."),
    ("`receive event`", "consumer", "The taking of an event that Event Grid brought."),
    ("`METHOD /api/ROUTE`", "server", "A request of the HTTP API."),
    ("`timer sweep`, `timer tidy`", "consumer", "What a timer does."),
    ("`look`", "internal", "A look at a resource that an event named."),
    ("`sweep`", "internal", "A comparison of everything with Azure, by lists."),
    ("`wake`", "producer", "One document is woken; what its reconcile does is below it."),
    ("`reconcile`", "internal", "One run, from its start to its conclusion. Recorded when it ends."),
    (
        ", ".join(f"`{name}`" for name in (*PLAIN_ACTIVITIES, *WAKING_ACTIVITIES)),
        "internal",
        "The activities.",
    ),
    ("`step ACTION TYPE`", "internal", "One step, from before its write to its last look. Recorded when it ends."),
    ("`verification`", "internal", "One proof from inside the network. Recorded when it ends."),
    ("`METHOD TYPE`", "client", "One call to Azure Resource Manager, as it went over the wire; each try is one."),
    ("`poll TYPE`", "client", "One look at an operation."),
)

LOGS = """\
## Logs

The app's own lines, from level Information: `event.name` (the first word, such as `plan.made`), the fields of the line,
and `document`, `instance`, `run`, `resource` and `step` of what was going on, without the prefix that spans have; with
trace and span. Secrets are taken out of texts before any handler sees them, the Functions worker's too; of an exception
that is not ours only the class and the places are told, for others' words may hold anything. With `azure` the lines go
there directly, and not through the host as well.
"""

METRICS = """\
## Metrics

In Application Insights a metric is in `customMetrics` (`AppMetrics` of the workspace) under its name, and what it is
counted by is in `customDimensions` (`Properties`). A gauge's value is `valueSum` (`Sum`); whether ingestion fills
`valueMax` (`Max`) of one is not known. A counter's is what was added since the last sending. Gauges of documents and
limits are taken by the timer, each minute, by one worker.
"""

ATTRIBUTES = """\
## Attributes

Of spans. There are never bodies, messages of errors, URLs or queries: an operation's is signed.
"""


def page(table: Table, notice: str) -> str:
    """Return the page; `table` writes a table, `notice` says that it is made."""
    metrics = table(("metric", "kind", "unit", "by", "what"), _metrics())
    attributes = table(("attribute", "meaning"), ((f"`{name}`", what) for name, what in names.ATTRIBUTES.items()))
    spans = table(("span", "kind", "what"), SPAN_ROWS)
    return f"{notice}\n{START}\n{SPANS}\n{spans}\n{ATTRIBUTES}\n{attributes}\n{LOGS}\n{METRICS}\n{metrics}"


def _metrics() -> Iterator[tuple[str, ...]]:
    for one in names.METRICS:
        by = ", ".join(f"`{name}`" for name in one.by)
        yield f"`{one.name}`", one.kind, f"`{one.unit}`", by or "-", one.what
