"""`activities.jsonl`: one line for each activity that ended, from which the longest and the billed seconds are read."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING

from local.host.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.host.clock import Clock
    from local.host.durable.instance import Activity

log = logging.getLogger(__name__)


class ActivityLog:
    """Appends to the file; a line is written whole."""

    def __init__(self, path: Path, clock: Clock, real: Callable[[], float] = time.time) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._clock = clock
        self._real = real

    def begin(self) -> float:
        """Return the moment to hand to `end`."""
        return self._real()

    def end(self, activity: Activity, started: float, outcome: str) -> None:
        """Write how an activity ended: `Completed`, `Failed` or `Cancelled`."""
        ended = self._real()
        line = {
            "name": activity.name,
            "instance": activity.instance,
            "task": activity.task,
            "started": started,
            "ended": ended,
            "seconds": round(ended - started, 6),
            "outcome": outcome,
            "simulated": timestamp(self._clock.now()),
        }
        self._file.write(json.dumps(line) + "\n")
        log.debug("activity.ended name=%s instance=%s outcome=%s", activity.name, activity.instance, outcome)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
