"""Application Insights, with Entra authentication: no key is worth anything there.

The exporter alone, without its distribution: that brings instrumentations of web frameworks that are not here, and of
the HTTP clients, whose spans would be ours a second time, with URLs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.identity import ManagedIdentityCredential
from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry.trace import SpanKind

from shared.telemetry.providers import Exporters

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


OPERATION = "ai.operation.name"


class Spans(AzureMonitorTraceExporter):
    """Names calls as we do: theirs are `GET /` where a span has no URL, and ours have none."""

    def _span_to_envelope(self, span: ReadableSpan) -> Any:
        """Return what is sent for a span. Not the exporter's public way, of which there is none; a test looks."""
        envelope = super()._span_to_envelope(span)
        if span.kind is SpanKind.CLIENT:
            data: Any = envelope.data
            data.base_data.name = span.name
            (envelope.tags or {}).pop(OPERATION, None)
        return envelope


def exporters(identity: str | None) -> Exporters:
    """Return exporters to the resource that `APPLICATIONINSIGHTS_CONNECTION_STRING` names, as an identity."""
    credential = ManagedIdentityCredential(client_id=identity) if identity else ManagedIdentityCredential()
    # What could not be sent is dropped: nothing of it is to lie on a disk.
    options = {"credential": credential, "disable_offline_storage": True}
    return Exporters(Spans(**options), AzureMonitorMetricExporter(**options), AzureMonitorLogExporter(**options))
