"""OpenTelemetry's SDK set up: one provider each for traces, metrics and logs. Loaded only when telemetry is on."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from shared import VERSION
from shared.telemetry import logs
from shared.telemetry.trace import given_ids

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

    from shared.telemetry.start import Choice

SCOPE = "spokewright"

PAUSE = 2000
"""Milliseconds between sendings: a worker may be taken away at any time, and what it did not send is lost."""


@dataclass(frozen=True, slots=True)
class Exporters:
    """Where the three go; `at_once` for those that write a line, and do not send."""

    spans: SpanExporter
    metrics: MetricExporter
    logs: LogRecordExporter
    at_once: bool = False


class Ids(RandomIdGenerator):
    """Random ids, but for a span whose ids were known before it is recorded."""

    def generate_span_id(self) -> int:
        """Return the id that was given, else a random one."""
        given = given_ids.get()
        return given[1] if given else super().generate_span_id()

    def generate_trace_id(self) -> int:
        """Return the id that was given, else a random one."""
        given = given_ids.get()
        return given[0] if given else super().generate_trace_id()


def open_all(choice: Choice) -> tuple[Tracer, Meter]:
    """Set everything up for a choice, let log lines leave, and return what spans and metrics are made with."""
    exporters, resource = _open(choice), _resource()
    traces, lines = tracers(resource), LoggerProvider(resource=resource)
    if exporters.at_once:
        traces.add_span_processor(SimpleSpanProcessor(exporters.spans))
        lines.add_log_record_processor(SimpleLogRecordProcessor(exporters.logs))
    else:
        traces.add_span_processor(BatchSpanProcessor(exporters.spans, schedule_delay_millis=PAUSE))
        lines.add_log_record_processor(BatchLogRecordProcessor(exporters.logs, schedule_delay_millis=PAUSE))
    meters = MeterProvider([PeriodicExportingMetricReader(exporters.metrics)], resource=resource)
    _let_logs_leave(lines, alone=choice.to == "azure")
    return traces.get_tracer(SCOPE), meters.get_meter(SCOPE)


def tracers(resource: Resource) -> TracerProvider:
    """Return a provider that samples nothing away, whatever a caller says: a trace is worth little with holes."""
    return TracerProvider(sampler=ALWAYS_ON, resource=resource, id_generator=Ids())


def _let_logs_leave(provider: LoggerProvider, *, alone: bool) -> None:
    """Hand our log lines on; `alone`: the worker's handler does not get them, or they would arrive twice."""
    handler = logs.Leaving(provider.get_logger(SCOPE))
    for name in logs.OURS:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = not alone
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)


def _resource() -> Resource:
    """Return who we are; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say it differently."""
    ours = {"service.name": "spokewright", "service.version": VERSION, "service.instance.id": str(uuid.uuid4())}
    return Resource(ours).merge(OTELResourceDetector().detect())


def _open(choice: Choice) -> Exporters:
    match choice.to.partition(":"):
        case ("console", _, _):
            from shared.telemetry import json_lines  # noqa: PLC0415 - only what is asked for

            return json_lines.to_console()
        case ("file", _, path):
            from shared.telemetry import json_lines  # noqa: PLC0415 - same

            return json_lines.to_file(path)
        case ("otlp", _, _):
            from shared.telemetry import otlp  # noqa: PLC0415 - same

            return otlp.exporters()
        case _:
            from shared.telemetry import azure_monitor  # noqa: PLC0415 - same

            return azure_monitor.exporters(choice.identity)
