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
    version: str = ""
    identity: str | None = None


def is_choice(text: str) -> bool:
    """Say whether a setting names a place."""
    return text in CHOICES[:2] or text in CHOICES[3:] or (text.startswith("file:") and text != "file:")


def start(choice: Choice, clock: Clock) -> None:
    """Make our log lines structured and safe, and turn the rest on if it is wanted."""
    logs.install()
    if choice.to == "off" or state.on:
        return
    try:
        from shared.telemetry import providers  # noqa: PLC0415 - loads the SDK

        providers.install(choice)
    except Exception:
        log.exception("telemetry.unavailable to=%s", choice.to.partition(":")[0])
        return
    state.on, state.clock = True, clock
