"""Times as people read them. The app's clock is what counts, so nothing here asks what time it is now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

MINUTE, HOUR = 60, 3600


def moment(text: Any) -> datetime | None:
    """Return the time in a text; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def shown(text: Any) -> str:
    """Return a time to the second, in UTC; empty where there is none."""
    found = moment(text)
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if found else ""


def lasted(start: Any, end: Any) -> str:
    """Return how long something took; empty while that is not known."""
    began, ended = moment(start), moment(end)
    return spell((ended - began).total_seconds()) if began and ended else ""


def spell(seconds: float) -> str:
    """Return a duration: 0.4s, 12s, 3m20s, 1h05m."""
    if seconds < 10:  # noqa: PLR2004 - below that tenths count
        return f"{max(seconds, 0):.1f}s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}m{whole % MINUTE:02d}s"
    return f"{whole // HOUR}h{whole % HOUR // MINUTE:02d}m"
