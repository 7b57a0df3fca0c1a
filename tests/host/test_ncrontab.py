"""NCRONTAB schedules: a table of expressions and moments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.host.ncrontab import Schedule

NOW = datetime(2026, 11, 23, 7, 51, 30, 500_000, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("0 */5 * * * *", "2026-11-23 07:55:00"),
        ("*/5 * * * *", "2026-11-23 07:55:00"),
        ("0 30 9 * * 1-5", "2026-11-23 09:30:00"),
        ("0 30 7 * * mon-fri", "2026-11-24 07:30:00"),
        ("0 0 0 * * SUN", "2026-11-29 00:00:00"),
        ("*/10 * * * * *", "2026-11-23 07:51:40"),
        ("31,45 * * * * *", "2026-11-23 07:51:31"),
        ("0 0 0 1 1 *", "2027-01-01 00:00:00"),
        ("0 0 0 1 feb-mar *", "2027-02-01 00:00:00"),
        ("0 0 12 29 2 *", "2028-02-29 12:00:00"),
        ("0 17 3 * * *", "2026-11-24 03:17:00"),
        ("0 10/20 * * * *", "2026-11-23 08:10:00"),
        ("30 51 7 23 11 *", "2027-11-23 07:51:30"),
    ],
)
def test_next(expression: str, following: str) -> None:
    """The next moment comes strictly after now, to the second."""
    assert Schedule.parse(expression).next(NOW) == datetime.fromisoformat(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "60 * * * * *", "0 0 24 * * *", "0 5-1 * * * *", "0 */0 * * * *", "0 a * * * *", "00:05:00"],
)
def test_nonsense_is_refused(expression: str) -> None:
    """An expression that is none says so."""
    with pytest.raises(ValueError, match=r"NCRONTAB|expected numbers"):
        Schedule.parse(expression)


def test_a_date_that_never_comes_is_refused() -> None:
    """The 31st of February is an error, not an endless search."""
    with pytest.raises(ValueError, match="no next moment"):
        Schedule.parse("0 0 0 31 2 *").next(NOW)
