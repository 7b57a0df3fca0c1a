"""Telemetry that is kept in memory, for as long as a test takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry import providers
from shared.telemetry.state import State, state
from shared.telemetry.traceparent import write
from tests.orchestration.conftest import app

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["app"]

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Kept:
    """What was told, and the time, which stands still."""

    spans_of: InMemorySpanExporter
    reader: InMemoryMetricReader
    now: datetime = NOW

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        """The spans that ended, by name."""
        return {span.name: span for span in self.spans_of.get_finished_spans()}

    def attributes(self, name: str) -> dict[str, Any]:
        """Return the attributes of a span."""
        return dict(self.spans[name].attributes or {})

    def context(self, name: str) -> str:
        """Return the context of a span, as text."""
        found = self.spans[name].context
        assert found is not None
        return write(found.trace_id, found.span_id)

    def parent(self, name: str) -> str | None:
        """Return the context of a span's parent, as text."""
        found = self.spans[name].parent
        return write(found.trace_id, found.span_id) if found else None

    def links(self, name: str) -> list[str]:
        """Return what a span is linked to, as text."""
        return [write(link.context.trace_id, link.context.span_id) for link in self.spans[name].links]

    @property
    def measured(self) -> dict[tuple[str, tuple[tuple[str, Any], ...]], float]:
        """Every series: its value, of a histogram its sum."""
        data = self.reader.get_metrics_data()
        scopes = [scope for of in data.resource_metrics for scope in of.scope_metrics] if data else []
        return {
            (metric.name, tuple(sorted((point.attributes or {}).items()))): getattr(point, "value", None)
            if hasattr(point, "value")
            else getattr(point, "sum", 0)
            for scope in scopes
            for metric in scope.metrics
            for point in metric.data.data_points
        }


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Turn telemetry on, into memory."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    traces, meters = providers.tracers(Resource.get_empty()), MeterProvider([reader])
    traces.add_span_processor(SimpleSpanProcessor(spans))
    found = Kept(spans, reader)
    state.tracer, state.meter, state.clock = traces.get_tracer("t"), meters.get_meter("t"), lambda: found.now
    yield found
    off = State()
    state.tracer, state.meter, state.clock = off.tracer, off.meter, off.clock
    state.instruments.clear()
    traces.shutdown()
    meters.shutdown()
