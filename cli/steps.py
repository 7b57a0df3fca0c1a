"""Steps of a history in tables: when, what, how long, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cli.moments import lasted, shown
from cli.plans import short
from cli.printing import Screen, Shown, state

Json = dict[str, Any]

HEADS = ("started", "took", "result", "action", "resource", "reason")


def show_steps(screen: Screen, steps: Sequence[Json]) -> None:
    """Write a table of steps."""
    screen.table(HEADS, [_row(step) for step in steps])


def last_run(steps: Sequence[Json]) -> list[Json]:
    """Return the steps of the newest run, in the order in which they began."""
    if not steps:
        return []
    run = steps[0].get("run")
    return sorted((step for step in steps if step.get("run") == run), key=lambda step: str(step.get("started")))


def _row(step: Json) -> list[Shown]:
    return [
        shown(step.get("started")),
        lasted(step.get("started"), step.get("ended")),
        state(str(step.get("result") or "")),
        str(step.get("action") or ""),
        short(step.get("resourceId")),
        failure(step) or str(step.get("reason") or ""),
    ]


def failure(step: Json) -> str:
    """Return what failed of a step; empty where nothing did."""
    error = step.get("error")
    return f"{error.get('code')}: {error.get('message')}" if isinstance(error, dict) else ""
