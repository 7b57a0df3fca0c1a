"""Application Insights, with Entra authentication: no key is worth anything there.

The exporter alone, without its distribution: that brings instrumentations of web frameworks that are not here, and of
the HTTP clients, whose spans would be ours a second time, with URLs.
"""

from __future__ import annotations

from azure.identity import ManagedIdentityCredential
from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)

from shared.telemetry.providers import Exporters


def exporters(identity: str | None) -> Exporters:
    """Return exporters to the resource that `APPLICATIONINSIGHTS_CONNECTION_STRING` names, as an identity."""
    credential = ManagedIdentityCredential(client_id=identity) if identity else ManagedIdentityCredential()
    # What could not be sent is dropped: nothing of it is to lie on a disk.
    options = {"credential": credential, "disable_offline_storage": True}
    return Exporters(
        AzureMonitorTraceExporter(**options), AzureMonitorMetricExporter(**options), AzureMonitorLogExporter(**options)
    )
