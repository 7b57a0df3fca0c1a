"""NCRONTAB schedules of timer triggers: six fields with seconds first, or five without; in UTC. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

_DAYS = {name: str(number) for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: str(number) for number, name in enumerate(_MONTH_NAMES, start=1)}
_FIELDS: tuple[tuple[str, int, int, dict[str, str]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_WITHOUT_SECONDS = 5
_HORIZON = timedelta(days=366 * 9)
"""A date that comes at all comes within this: a 29th of February once in eight years at worst."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The moments at which a timer fires."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @classmethod
    def parse(cls, expression: str) -> Self:
        """Read an expression; raises ValueError that says which field is wrong."""
        texts = expression.split()
        if len(texts) == _WITHOUT_SECONDS:
            texts = ["0", *texts]
        if len(texts) != len(_FIELDS):
            raise ValueError(f"{expression!r} is no NCRONTAB expression: it needs five or six fields")
        return cls(*(_field(text, *field) for text, field in zip(texts, _FIELDS, strict=True)))

    def next(self, after: datetime) -> datetime:
        """Return the first moment after `after`; raises ValueError for a date that never comes."""
        moment = after.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        end = moment + _HORIZON
        while moment < end:
            skipped = self._skip(moment)
            if skipped is None:
                return moment
            moment = skipped
        raise ValueError("the schedule has no next moment")

    def _skip(self, moment: datetime) -> datetime | None:
        """Return the earliest moment worth looking at next, None where this one fits."""
        if (
            moment.month not in self.months
            or moment.day not in self.days
            or moment.isoweekday() % 7 not in self.weekdays
        ):
            return (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        if moment.hour not in self.hours:
            return (moment + timedelta(hours=1)).replace(minute=0, second=0)
        if moment.minute not in self.minutes:
            return (moment + timedelta(minutes=1)).replace(second=0)
        return None if moment.second in self.seconds else moment + timedelta(seconds=1)


def _field(text: str, name: str, lowest: int, highest: int, names: dict[str, str]) -> frozenset[int]:
    try:
        values = frozenset().union(*(_part(part, lowest, highest, names) for part in text.lower().split(",")))
    except ValueError:
        raise ValueError(f"{text!r} is no {name}: expected numbers from {lowest} to {highest}, *, a-b, */n") from None
    return values


def _part(text: str, lowest: int, highest: int, names: dict[str, str]) -> frozenset[int]:
    span, slash, step = text.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        start, end = lowest, highest
    else:
        start = int(names.get(first, first))
        end = int(names.get(last, last)) if dash else (highest if slash else start)
    if not lowest <= start <= end <= highest or (slash and int(step) < 1):
        raise ValueError(text)
    return frozenset(range(start, end + 1, int(step) if slash else 1))
