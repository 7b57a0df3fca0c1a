"""Timer triggers on the simulated clock, with the schedule monitor that notices what was missed while we were away."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.host.clock import seconds, timestamp
from local.host.files import replace_file
from local.host.invocation import decode
from local.host.ncrontab import Schedule

if TYPE_CHECKING:
    from pathlib import Path

    from local.host.clock import Clock
    from local.host.indexing import Function
    from local.host.invocation import Invoker

log = logging.getLogger(__name__)

NEVER = "0001-01-01T00:00:00Z"


class Monitor:
    """When each timer fired last and is due next, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def status(self, name: str) -> dict[str, str]:
        """Return what is known of a timer."""
        return dict(self._kept.get(name, {}))

    def record(self, name: str, schedule: str, last: str, following: str) -> None:
        """Write when a timer fired last, and when it is due next."""
        self._kept[name] = {"Schedule": schedule, "Last": last, "Next": following, "LastUpdated": last}
        replace_file(self._path, json.dumps(self._kept, indent=2) + "\n")


@dataclass(slots=True)
class TimerTrigger:
    """One timer function: it never overlaps itself."""

    function: Function
    clock: Clock
    monitor: Monitor
    invoker: Invoker
    schedule: Schedule = field(init=False)

    def __post_init__(self) -> None:
        self.schedule = Schedule.parse(str(self.function.settings["schedule"]))

    async def run(self) -> None:
        """Fire for ever: what was missed, at the start if asked, and then by the schedule."""
        status = self.monitor.status(self.function.name)
        same = status.get("Schedule") == self.function.settings["schedule"]
        due = seconds(status["Next"]) if same else self._following()
        if due <= self.clock.now():
            await self.fire(past_due=True)
        elif str(self.function.settings.get("runOnStartup")).lower() == "true":
            await self.fire(past_due=False)
        while True:
            due = self._following()
            self.monitor.record(self.function.name, self._expression, status.get("Last", NEVER), timestamp(due))
            while (pause := self.clock.real_seconds_until(due)) > 0:  # noqa: ASYNC110 - a sleep may end early
                await asyncio.sleep(pause)
            await self.fire(past_due=False)
            status = self.monitor.status(self.function.name)

    async def fire(self, *, past_due: bool) -> None:
        """Call the function; what it raises is logged, and the schedule goes on."""
        now, following = timestamp(self.clock.now()), timestamp(self._following())
        last = self.monitor.status(self.function.name).get("Last", NEVER)
        self.monitor.record(self.function.name, self._expression, now, following)
        try:
            await self.invoker.invoke(self.function, self._request(last, following, past_due=past_due))
        except Exception:  # noqa: BLE001 - the invoker has logged it
            log.info("timer.failed name=%s next=%s", self.function.name, following)

    @property
    def _expression(self) -> str:
        return str(self.function.settings["schedule"])

    def _following(self) -> float:
        return self.schedule.next(datetime.fromtimestamp(self.clock.now(), UTC)).timestamp()

    @staticmethod
    def _request(last: str, following: str, *, past_due: bool) -> Any:
        status = {"Last": last, "Next": following, "LastUpdated": last}
        info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
        return decode("timerTrigger", json.dumps(info), "json")
