"""`spokewright events`: the lifecycle events that went out last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.moments import shown
from cli.options import Duration, limit, online, output
from cli.printing import FAINT, WAITING, Cell, Screen, Shown
from cli.watching import PAUSE, Watch, rounds

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

HEADS = ("time", "type", "document", "reason", "message")
PREFIX = "Spokewright."


@click.command()
@limit
@click.option("-w", "--watch", is_flag=True, help="Go on, and show what goes out.")
@click.option("--every", type=Duration(), default=PAUSE, metavar="TIME", help="How often --watch looks; 2s.")
@output("json", "yaml")
@online
def command(api: Api, limit: int, watch: bool, every: float, output: str) -> int:  # noqa: FBT001 - an option
    """List the lifecycle events that went out last, newest first, and how many of Azure's events were malformed."""
    screen = Screen()
    if watch:
        return _watch(api, screen, limit, every, output)
    told = api.get("events", {"limit": limit}).body
    if screen.as_data(output, told):
        return 0
    if told["events"]:
        screen.table(HEADS, [row(event) for event in told["events"]])
    else:
        screen.progress(Cell("No lifecycle event went out yet.", FAINT))
    for tally in told.get("tallies") or ():
        screen.line(Cell("malformed events that came in: ", WAITING), ", ".join(f"{k} {v}" for k, v in tally.items()))
    return 0


def row(event: Json) -> list[Shown]:
    """Return an event as a row."""
    data = event.get("data") or {}
    return [
        shown(event.get("time")),
        str(event.get("type") or "").removeprefix(PREFIX),
        str(data.get("document") or event.get("subject") or ""),
        str(data.get("reason") or ""),
        str(data.get("message") or ""),
    ]


def _watch(api: Api, screen: Screen, limit: int, every: float, output: str) -> int:
    """Show what went out, oldest first, and then each event as it goes out."""
    watched, seen = Watch(api, "events", {"limit": limit}), set[Any]()
    for _ in rounds(every):
        events = [event for event in watched.look()["events"] if event.get("id") not in seen]
        for event in reversed(events):
            seen.add(event.get("id"))
            if not screen.as_data(output, event):
                screen.line("   ".join(str(part) for part in row(event)))
        screen.flush()
    return 0
