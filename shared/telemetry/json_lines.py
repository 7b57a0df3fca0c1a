"""Spans, metrics and log lines as JSON, one a line: to a file, or to the console. For people and tests, not for Azure.

Times are those of the app's clock for spans, and the machine's for the rest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
)
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from shared.telemetry.providers import Exporters
from shared.telemetry.state import BILLION

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

    Json = dict[str, Any]

Write = Callable[[Iterable["Json"]], None]


def to_file(path: str) -> Exporters:
    """Return exporters that append to a file; each line is written whole."""
    file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - as long as the process lives

    def write(lines: Iterable[Json]) -> None:
        file.write("".join(f"{json.dumps(line)}\n" for line in lines))

    return _exporters(write)


def to_console() -> Exporters:
    """Return exporters to standard error."""

    def write(lines: Iterable[Json]) -> None:
        sys.stderr.write("".join(f"{json.dumps(line)}\n" for line in lines))

    return _exporters(write)


def _exporters(write: Write) -> Exporters:
    return Exporters(Spans(write), Metrics(write), Logs(write), at_once=True)


class Spans(SpanExporter):
    """One line for each span."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write spans that are over."""
        self._write(map(_span, spans))
        return SpanExportResult.SUCCESS


class Logs(LogRecordExporter):
    """One line for each log line."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Write log lines."""
        self._write(map(_line, batch))
        return LogRecordExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 0) -> bool:  # noqa: ARG002 - the SDK's
        """Do nothing: all is written."""
        return True

    def shutdown(self) -> None:
        """Leave the file to the process."""


class Metrics(MetricExporter):
    """One line for each series, now and then: sums are since the process began."""

    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write

    def export(self, metrics_data: MetricsData, timeout_millis: float = 0, **_: Any) -> MetricExportResult:  # noqa: ARG002
        """Write what was measured."""
        self._write(_series(metrics_data))
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 0) -> bool:  # noqa: ARG002 - the SDK's
        """Do nothing: all is written."""
        return True

    def shutdown(self, timeout_millis: float = 0, **_: Any) -> None:
        """Leave the file to the process."""


def _span(span: ReadableSpan) -> Json:
    context = span.context
    return {
        "signal": "span",
        "name": span.name,
        **_ids(context),
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "kind": span.kind.name.lower(),
        "start": _time(span.start_time),
        "end": _time(span.end_time),
        "error": span.status.description if not span.status.is_ok else None,
        "attributes": _plain(span.attributes),
        "links": [_ids(link.context) for link in span.links],
        "resource": _plain(span.resource.attributes),
    }


def _line(readable: ReadableLogRecord) -> Json:
    record = readable.log_record
    return {
        "signal": "log",
        "time": _time(record.timestamp),
        "severity": record.severity_text,
        "text": record.body,
        "trace": f"{record.trace_id:032x}" if record.trace_id else None,
        "span": f"{record.span_id:016x}" if record.span_id else None,
        "attributes": _plain(record.attributes),
    }


def _series(data: MetricsData) -> Iterator[Json]:
    found = [each for of in data.resource_metrics for scope in of.scope_metrics for each in scope.metrics]
    for metric in found:
        for point in metric.data.data_points:
            yield {
                "signal": "metric",
                "name": metric.name,
                "unit": metric.unit,
                "time": _time(point.time_unix_nano),
                "attributes": _plain(point.attributes),
                **_measured(point),
            }


def _measured(point: Any) -> Json:
    if isinstance(point, NumberDataPoint):
        return {"value": point.value}
    if isinstance(point, HistogramDataPoint):
        return {"count": point.count, "sum": point.sum, "min": point.min, "max": point.max}
    return {}


def _ids(context: SpanContext | None) -> Json:
    return {"trace": f"{context.trace_id:032x}", "span": f"{context.span_id:016x}"} if context else {}


def _plain(attributes: Mapping[str, Any] | None) -> Json:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in (attributes or {}).items()}


def _time(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else datetime.fromtimestamp(nanoseconds / BILLION, UTC).isoformat()
