"""Which instances have something to take now, and when the next ones will. In memory; the store knows it all too."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Agenda:
    """Instances in the order in which they became ready, and alarms at simulated times."""

    def __init__(self) -> None:
        self._ready: dict[str, None] = {}
        self._alarms: list[tuple[float, str]] = []

    def reset(self, alarms: Iterable[tuple[float, str]]) -> None:
        """Forget everything but these alarms."""
        self._ready, self._alarms = {}, list(alarms)
        heapq.heapify(self._alarms)

    def wake(self, instance_id: str) -> None:
        """Put an instance behind those that are ready."""
        self._ready[instance_id] = None

    def wake_at(self, moment: float, instance_id: str) -> None:
        """Make an instance ready at a time."""
        heapq.heappush(self._alarms, (moment, instance_id))

    def take(self, now: float) -> str | None:
        """Return the instance that has been ready for longest, and take it off."""
        while self._alarms and self._alarms[0][0] <= now:
            self._ready[heapq.heappop(self._alarms)[1]] = None
        for instance_id in self._ready:
            del self._ready[instance_id]
            return instance_id
        return None

    def next_moment(self) -> float | None:
        """Return when the next instance is ready: 0 means now, None means nothing is under way."""
        if self._ready:
            return 0.0
        return self._alarms[0][0] if self._alarms else None
