"""Azure's clock: real time, `speed` times faster. Timers and durable functions read it; nothing else may."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from local.host.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Origin:
    """One moment on both clocks, in seconds since 1970."""

    real: float
    simulated: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `REAL:SIMULATED`; raises ValueError with what is expected."""
        real, colon, simulated = text.partition(":")
        if not colon:
            raise ValueError(f"a clock origin is REAL_SECONDS:SIMULATED_SECONDS, not {text!r}")
        return cls(float(real), float(simulated))


class Clock:
    """Tells simulated time: `origin.simulated + (real - origin.real) * speed`."""

    def __init__(self, speed: float = 1.0, origin: Origin | None = None, real: Callable[[], float] = time.time) -> None:
        if speed <= 0:
            raise ValueError("the speed must be greater than 0")
        self.speed = speed
        self._real = real
        self.origin = origin or Origin(real(), real())

    def now(self) -> float:
        """Tell the simulated time in seconds since 1970."""
        return self.origin.simulated + (self._real() - self.origin.real) * self.speed

    def real_seconds_until(self, moment: float) -> float:
        """Tell how long, in real seconds, until a simulated moment; 0 if it is past."""
        return max(0.0, (moment - self.now()) / self.speed)

    @classmethod
    def resume(
        cls, path: Path, speed: float, origin: Origin | None = None, real: Callable[[], float] = time.time
    ) -> Self:
        """Continue the clock kept in a file, or set it to `origin`; it goes on while nobody runs it."""
        if origin is None and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            before = cls(kept["speed"], Origin(kept["real"], kept["simulated"]), real)
            origin = before.origin if before.speed == speed else Origin(real(), before.now())
        clock = cls(speed, origin, real)
        replace_file(path, json.dumps({**asdict(clock.origin), "speed": speed}))
        return clock


def timestamp(seconds: float) -> str:
    """Write seconds since 1970 as the durable extension does, to the microsecond."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text: str) -> float:
    """Read an ISO 8601 moment; one without an offset is UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
