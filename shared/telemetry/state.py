"""Whether telemetry is on, through what, and what time it is for spans: the app's clock, as the durable engine's.

One for each process. `start` changes it, once. OpenTelemetry's own global providers are left alone: whoever else is in
the process, the Functions worker among them, may set them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared import clock

if TYPE_CHECKING:
    from datetime import datetime

    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Tracer

    from shared.clock import Clock

BILLION = 1_000_000_000


@dataclass(slots=True)
class State:
    """Off until it has a tracer and a meter."""

    tracer: Tracer | None = None
    meter: Meter | None = None
    clock: Clock = clock.now
    instruments: dict[str, Any] = field(default_factory=dict)
    """What measures, by the metric's name; made when first used."""

    @property
    def on(self) -> bool:
        """Whether anything is told."""
        return self.tracer is not None

    def nanoseconds(self) -> int:
        """Return the time as spans have it."""
        return nanoseconds(self.clock())


def nanoseconds(moment: datetime) -> int:
    """Return a moment in nanoseconds since 1970."""
    return int(moment.timestamp() * 1_000_000) * (BILLION // 1_000_000)


state = State()
