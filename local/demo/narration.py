"""What the demo says of networks that appear: what happened, what was decided, what is there now. It asks nobody."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from local.demo.screen import COLOURS, MARKS, condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

Json = dict[str, Any]


def scene(console: Console, number: int, title: str) -> None:
    """Print the heading of a scene."""
    console.print()
    console.rule(f"[bold]Scene {number}: {title}")


def happened(console: Console, text: str) -> None:
    """Print what somebody did."""
    console.print(Text(f"> {text}", style="bold"))


def holds(console: Console, text: str) -> None:
    """Print what was looked up and found to be so."""
    console.print(Text("  ✓ ", style="green") + Text(text))


def event(console: Console, line: Json) -> None:
    """Print what Azure's event says: not what the network is like, only that it was written, and by whom."""
    data, type_ = line["event"]["data"], line["event"]["eventType"].rpartition(".")[2]
    author = data["claims"].get("http://schemas.microsoft.com/identity/claims/objectidentifier", "")
    _line(console, "event", Text(f"{data['operationName']}\n{type_} by {author}"))


def document(console: Console, spoke: Json) -> None:
    """Print the document that a look made of a network."""
    spec, metadata = spoke["spec"], spoke["metadata"]
    space = ", ".join(spoke["status"].get("addressSpace") or ())
    _line(
        console, "document", Text(f"Spoke/{metadata['name']}, hub {spec['hub']}, origin {metadata['origin']}, {space}")
    )
    conditions(console, spoke, "Approved", "Ready")


def conditions(console: Console, spoke: Json, *types: str) -> None:
    """Print some conditions of a document."""
    for type_ in types:
        one = condition(spoke, type_)
        words = f"{type_} {one['status']} {one['reason']}: {one['message']}"
        _line(console, "status", Text(words, style=COLOURS[one["status"]]))


def steps(console: Console, entries: Sequence[Json]) -> None:
    """Print the steps of a document's history with their seconds in Azure's time."""
    table = Table.grid(padding=(0, 2))
    for entry in entries:
        table.add_row("  step", MARKS[entry["result"]], _duration(entry), entry["action"], Text(entry["reason"]))
    console.print(table)


def planned(console: Console, plan: Json) -> None:
    """Print a plan that waits for its approval."""
    _line(console, "plan", Text(plan["hash"]))
    table = Table.grid(padding=(0, 2))
    for step in plan["steps"]:
        table.add_row("  step", step["action"], Text(step["reason"]))
    console.print(table)


def took(console: Console, line: Json, ended: str, what: str, speed: float) -> None:
    """Print how long something took since an event of Azure."""
    span = datetime.fromisoformat(ended) - datetime.fromisoformat(line["simulatedTime"])
    seconds = span.total_seconds()
    console.print(
        f"  [bold]{seconds:.0f} s in Azure's time from the event to {what}[/] ({seconds / speed:.1f} s here)",
        highlight=False,
    )


def audit(console: Console, path: str, entries: Sequence[Json]) -> None:
    """Print who decided what, oldest first."""
    for entry in reversed(entries):
        who = entry["who"]
        author = who.get("name") or f"rule {(who.get('rule') or 0) + 1} of hub {who.get('hub')}"
        about = f"plan {(entry.get('hash') or '')[:12]}…"
        because = f": {entry['reason']}" if entry.get("reason") else ""
        _line(console, "audit", Text(f"{entry['time'][:19]}  {entry['action']} by {author}, {about}{because}"))
    _line(console, "", Text(f"GET /api/{path}/audit", style="dim"))


def told(console: Console, lines: Sequence[Json], place: str) -> None:
    """Print the lifecycle events that went out, and where they are listed."""
    console.print()
    console.rule("[bold]Lifecycle events that went out")
    for line in lines:
        console.print(Text(f"  {line['event']['time'][11:19]}  {line['event']['type']}  {line['event']['subject']}"))
    console.print(Text(f"  GET /api/events, and here also {place}", style="dim"))


def _line(console: Console, label: str, text: Text) -> None:
    """Print a text beside its label, and what does not fit on the line below it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=10)
    table.add_row(f"  {label}", text)
    console.print(table)


def _duration(entry: Json) -> str:
    if not entry.get("ended"):
        return ""
    span = datetime.fromisoformat(entry["ended"]) - datetime.fromisoformat(entry["started"])
    return f"{span.total_seconds():3.0f} s"
