"""OTLP over HTTP, as JSON: to any collector, by the standard variables `OTEL_EXPORTER_OTLP_*`.

JSON, because the other form brings protobuf, of which the Functions worker has its own version in the same process.
"""

from __future__ import annotations

from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter

from shared.telemetry.providers import Exporters


def exporters() -> Exporters:
    """Return exporters to the endpoint of the environment, `http://localhost:4318` where it names none."""
    return Exporters(OTLPSpanExporter(), OTLPMetricExporter(), OTLPLogExporter())
