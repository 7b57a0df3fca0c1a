"""The app settings, read once at the start: the only place that reads the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from orchestration.access.policy import Access, configure
from shared.telemetry.start import Choice

AZURE = "https://management.azure.com"

SERVICE_BUS = "SERVICE_BUS"
"""The prefix of the Service Bus connection: a connection string, or `SERVICE_BUS__fullyQualifiedNamespace`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between one deployment and another."""

    store: str
    service_bus: str
    arm_endpoint: str = AZURE
    ca_bundle: str | None = None
    identity_client_id: str | None = None
    """The identity that reads, and that opens the store, the queues and the topic."""
    network_client_id: str | None = None
    """The identity that writes networks, machines and names."""
    clusters_client_id: str | None = None
    """The identity that writes clusters, their identities and what these may do."""
    clock: str = ""
    sweep_minutes: float = 15
    """How often everything is compared with Azure, by lists."""
    look_hours: float = 6
    """How old a document's own look at all that it has may become before the timer takes another."""
    proof_minutes: float = 60
    """How old the proof that a cluster resolves and answers may become before the timer takes another."""
    access: Access = field(default_factory=Access)
    """Who may call: by keys or by Entra ID, and who is limited to what."""
    topic_endpoint: str | None = None
    """The custom topic that gets the lifecycle events; none: nobody is told."""
    topic_key: str | None = field(default=None, repr=False)
    event_source: str | None = None
    telemetry: Choice = field(default_factory=Choice)
    """Where traces, metrics and logs go."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; a missing one that has no default is a KeyError that names it."""
        missing = [name for name in ("SPOKEWRIGHT_STORE",) if not environment.get(name)]
        service_bus = environment.get(SERVICE_BUS) or environment.get(f"{SERVICE_BUS}__fullyQualifiedNamespace")
        if not service_bus:
            missing.append(f"{SERVICE_BUS}__fullyQualifiedNamespace")
        if missing or not service_bus:
            raise KeyError(f"app settings that have to be set: {', '.join(missing)} (see docs/reference/settings.md)")
        reader = environment.get("SPOKEWRIGHT_IDENTITY_CLIENT_ID") or None
        return cls(
            store=environment["SPOKEWRIGHT_STORE"],
            service_bus=service_bus,
            arm_endpoint=environment.get("SPOKEWRIGHT_ARM_ENDPOINT") or AZURE,
            ca_bundle=environment.get("SPOKEWRIGHT_CA_BUNDLE") or None,
            identity_client_id=reader,
            network_client_id=environment.get("SPOKEWRIGHT_NETWORK_CLIENT_ID") or reader,
            clusters_client_id=environment.get("SPOKEWRIGHT_CLUSTERS_CLIENT_ID") or reader,
            clock=environment.get("SPOKEWRIGHT_CLOCK", ""),
            sweep_minutes=_positive(environment, "SPOKEWRIGHT_SWEEP_MINUTES", 15),
            look_hours=_positive(environment, "SPOKEWRIGHT_LOOK_HOURS", 6),
            proof_minutes=_positive(environment, "SPOKEWRIGHT_PROOF_MINUTES", 60),
            access=configure(
                environment.get("SPOKEWRIGHT_ACCESS"),
                environment.get("WEBSITE_AUTH_ENABLED"),
                environment.get("WEBSITE_AUTH_AAD_ALLOWED_TENANTS"),
                environment.get("SPOKEWRIGHT_REQUESTERS"),
            ),
            topic_endpoint=_secure(environment.get("SPOKEWRIGHT_TOPIC_ENDPOINT") or None),
            topic_key=environment.get("SPOKEWRIGHT_TOPIC_KEY") or None,
            event_source=environment.get("SPOKEWRIGHT_EVENT_SOURCE") or None,
            telemetry=_telemetry(environment),
        )


def _telemetry(environment: Mapping[str, str]) -> Choice:
    """Where nothing is said it goes to Application Insights, if there is one."""
    usual = "azure" if environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING") else "off"
    to = environment.get("SPOKEWRIGHT_TELEMETRY") or usual
    return Choice(to, environment.get("SPOKEWRIGHT_IDENTITY_CLIENT_ID") or None)


def _secure(endpoint: str | None) -> str | None:
    if endpoint is not None and not endpoint.startswith("https://"):
        raise ValueError(f"SPOKEWRIGHT_TOPIC_ENDPOINT is '{endpoint}'; it has to be the topic's https://.../api/events")
    return endpoint


def _positive(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} is '{text}'; it has to be a number greater than 0")
    return number
