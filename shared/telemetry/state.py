"""Whether telemetry is on, and what time it is for spans: the app's clock, as the durable engine's.

OpenTelemetry is one for each process, so this is too. `start` changes it, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared import clock

if TYPE_CHECKING:
    from datetime import datetime

    from shared.clock import Clock

BILLION = 1_000_000_000


@dataclass(slots=True)
class State:
    """Off until it is started."""

    on: bool = False
    clock: Clock = clock.now

    def nanoseconds(self) -> int:
        """Return the time as spans have it."""
        return nanoseconds(self.clock())


def nanoseconds(moment: datetime) -> int:
    """Return a moment in nanoseconds since 1970."""
    return int(moment.timestamp() * 1_000_000) * (BILLION // 1_000_000)


state = State()
