"""What time it is. Injected wherever it matters; the local stack lets it run faster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


def parse(text: str) -> Clock:
    """Return the clock that a setting describes: empty for the machine's, `REAL:SIMULATED:SPEED` for a faster one.

    REAL and SIMULATED are seconds since 1970 of one moment on both clocks.
    """
    if not text:
        return now
    real, simulated, speed = map(float, text.split(":"))

    def accelerated() -> datetime:
        passed = (now().timestamp() - real) * speed
        return datetime.fromtimestamp(simulated, UTC) + timedelta(seconds=passed)

    return accelerated
