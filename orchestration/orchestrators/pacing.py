"""How long to sleep before looking or trying again. Pure: seconds in, seconds out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SOONEST = 1.0
LATEST = 15.0
PROPORTION = 0.05
"""An operation is polled after this share of the time it has taken: it ends at most that much before we see it."""

A_BREATH = 1.1
"""The first poll comes so much later than the service said: its word is the soonest. Operations on networks take about
as long as it says, so that a poll on the dot is often a moment too early, and costs another whole pause."""


def next_poll(elapsed: float, retry_after: float | None, *, first: bool = False) -> timedelta:
    """Return the sleep before the next poll: what the service said, else a share of the time already spent."""
    if retry_after is not None:
        return timedelta(seconds=max(retry_after * (A_BREATH if first else 1), 0.5))
    return timedelta(seconds=min(LATEST, max(SOONEST, elapsed * PROPORTION)))


@dataclass(frozen=True, slots=True)
class Retry:
    """How one class of error is tried again: first pause, growth, longest pause, and for how long in all (seconds)."""

    first: float
    growth: float
    cap: float
    within: float


RETRIES = {
    # Another operation holds the resource; Azure's longest on a VNet or a firewall take most of an hour.
    "Locked": Retry(5, 1.5, 30, 90 * 60),
    "Throttled": Retry(15, 1.5, 120, 60 * 60),
    "Transient": Retry(2, 2, 60, 15 * 60),
    # Role assignments are visible within seconds as a rule, and within an hour at worst.
    "NotReady": Retry(10, 1.5, 60, 65 * 60),
}


def next_try(error: dict[str, Any], attempt: int, elapsed: float) -> timedelta | None:
    """Return the sleep before attempt number `attempt` + 1, or None where trying again would be in vain."""
    retry = RETRIES.get(error["class"])
    if retry is None or elapsed > retry.within:
        return None
    pause = min(retry.cap, retry.first * retry.growth ** (attempt - 1))
    return timedelta(seconds=max(pause, error.get("retryAfter") or 0))
