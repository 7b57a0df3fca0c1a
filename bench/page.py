"""What the page costs at a hundred spokes: bytes over the wire, and the time until the topology is drawn."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from rich.table import Table

from shared.web import page
from tests.web.browser import chromium, missing, watched
from tests.web.landscape import landscape
from tests.web.served import KEY, serving

SPOKES = 100
TIMES = 5
FILES_TARGET = 50_000
PAINT_TARGET = 1.5


@dataclass(frozen=True, slots=True)
class PageCost:
    """Medians over some fresh visits; `files` are compressed, `overview` is as it is sent, `again` is one more look."""

    files: int
    overview: int
    again: int
    painted: float


async def measure() -> PageCost | None:
    """Visit the page some times, each as somebody who never was there; None where there is no browser."""
    if missing():
        return None
    visits = [await _visit() for _ in range(TIMES)]
    files = sum(len(file.packed) for name, file in page.files().items() if not name.endswith(".txt"))
    sent, again = visits[0][1:]
    return PageCost(files, sent, again, statistics.median(visit[0] for visit in visits))


async def _visit() -> tuple[float, int, int]:
    """Return the seconds from asking for the page until all is drawn, and the bytes of the overview at two looks."""
    async with serving(landscape(SPOKES)) as served, chromium() as browser:
        began = time.perf_counter()
        async with watched(browser, served.url, KEY) as seen:
            await seen.page.wait_for_function(f"document.querySelectorAll('.node').length > {SPOKES}")
            painted = time.perf_counter() - began
            first = served.overviews
            await seen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            await seen.page.wait_for_timeout(300)
            return painted, sum(first), sum(served.overviews) - sum(first)


async def table() -> Table | str:
    """Return what the page costs as a table; where it cannot be measured, why."""
    cost = await measure()
    if cost is None:
        return f"The page is not measured: {missing()}"
    shown = Table(f"the page at {SPOKES} spokes", "figure", "target")
    shown.add_row("its files, compressed (bytes)", f"{cost.files:,}", f"< {FILES_TARGET:,}")
    shown.add_row("the overview (bytes)", f"{cost.overview:,}", "")
    shown.add_row("each later look at what has not changed (bytes of body)", f"{cost.again:,}", "0")
    shown.add_row("from asking to the topology drawn (seconds)", f"{cost.painted:.2f}", f"< {PAINT_TARGET}")
    return shown
