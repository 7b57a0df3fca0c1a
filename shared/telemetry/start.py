"""Turns telemetry on, once, as the setting says. Nothing of an SDK or an exporter is loaded before, or while it is off.

It never stops the app: an exporter that cannot be made is said in the log, and the app runs without.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.telemetry import logs
from shared.telemetry.state import state

if TYPE_CHECKING:
    from shared.clock import Clock

CHOICES = ("off", "console", "file:PATH", "otlp", "azure")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where telemetry goes; `identity` is the client id of the identity that sends it to Application Insights."""

    to: str = "off"
    identity: str | None = None

    def __post_init__(self) -> None:
        place, _, path = self.to.partition(":")
        known = bool(path) if place == "file" else self.to in CHOICES
        if not known:
            raise ValueError(f"SPOKEWRIGHT_TELEMETRY is '{self.to}'; it has to be one of {', '.join(CHOICES)}")


def start(choice: Choice, clock: Clock) -> None:
    """Make our log lines structured and safe, and turn the rest on if it is wanted."""
    logs.install()
    if choice.to == "off" or state.on:
        return
    try:
        from shared.telemetry import providers  # noqa: PLC0415 - loads the SDK

        tracer, meter = providers.open_all(choice)
    except Exception:
        log.exception("telemetry.unavailable to=%s", choice.to.partition(":")[0])
        return
    state.tracer, state.meter, state.clock = tracer, meter, clock
