"""Azure's clock here: it runs `speed` times faster than real time, and goes on while nobody looks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulator.store import Store


@dataclass(slots=True)
class _Anchor:
    real: float
    simulated: float
    speed: float


class Clock:
    """Simulated POSIX seconds. The anchor is stored: a restart, even with another speed, does not turn time back."""

    def __init__(self, store: Store, speed: float | None = None, real: Callable[[], float] = time.time) -> None:
        self._store = store
        self._real = real
        saved = store.setting("clock")
        now = real()
        self._anchor = _Anchor(**saved) if saved else _Anchor(now, now, 1.0)
        if speed is not None or not saved:
            self.run(speed if speed is not None else 1.0)

    @property
    def speed(self) -> float:
        """Simulated seconds per real second."""
        return self._anchor.speed

    def now(self) -> float:
        """Tell the simulated time."""
        anchor = self._anchor
        return anchor.simulated + (self._real() - anchor.real) * anchor.speed

    def real(self) -> float:
        """Tell the real time."""
        return self._real()

    def run(self, speed: float, *, at: float | None = None) -> None:
        """Run at another speed from now on, and leap to `at` where given."""
        if speed < 0:
            raise ValueError("the clock does not run backwards: speed must be 0 or more")
        simulated = self.now() if at is None else at
        self._anchor = _Anchor(self._real(), simulated, speed)
        self._store.set_setting("clock", {"real": self._anchor.real, "simulated": simulated, "speed": float(speed)})


def timestamp(seconds: float) -> str:
    """Write POSIX seconds as Azure does: `2025-09-29T22:12:13.1234567Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}0Z"
