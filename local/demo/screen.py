"""What the demo shows of the first cluster: live progress, and at the end the proof, the timeline and the figures."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from local.demo.timeline import Bar

Json = dict[str, Any]

WIDTH = 40
MARKS = {"Succeeded": "[green]done[/]", "Failed": "[red]failed[/]", "Running": "[yellow]running[/]"}
COLOURS = {"True": "green", "False": "yellow", "Unknown": "dim"}


def condition(document: Json, type_: str) -> Json:
    """Return one condition of a document."""
    found = document.get("status", {}).get("conditions", [])
    return next((one for one in found if one["type"] == type_), {"status": "Unknown", "reason": "", "message": ""})


def progress(documents: Sequence[Json], steps: Sequence[Json], seconds: float, speed: float) -> RenderableType:
    """Return the live view: documents with their state, and the steps that run or ran last."""
    counts = Counter(step["result"] for step in steps)
    title = (
        f"Azure's clock: {seconds * speed / 60:4.1f} min (x{speed:g})   "
        f"done {counts['Succeeded']}  running {counts['Running']}  failed {counts['Failed']}"
    )
    return Panel(Group(_documents(documents), _steps(steps)), title=title, title_align="left")


def _documents(documents: Sequence[Json]) -> Table:
    table = Table.grid(padding=(0, 2))
    for document in documents:
        ready = condition(document, "Ready")
        name = f"{document['kind']}/{document['metadata']['name']}"
        colour = COLOURS[ready["status"]]
        state = "ready" if ready["status"] == "True" else ready["reason"] or "…"
        message = ready["message"] if ready["status"] != "True" else ""
        table.add_row(f"[bold]{name}[/]", f"[{colour}]{state}[/]", Text(message[:90], style="dim"))
    return table


def _steps(steps: Sequence[Json]) -> Table:
    table = Table.grid(padding=(0, 2))
    running = [step for step in steps if step["result"] == "Running"]
    ended = [step for step in steps if step["result"] != "Running"]
    for step in [*ended[-(14 - min(len(running), 12)) :], *running[:12]]:
        reason = Text(step["reason"][:90], style="dim")
        table.add_row(MARKS.get(step["result"], step["result"]), step["action"], reason)
    return table


def proof(console: Console, cluster: Json) -> None:
    """Print the conditions, and what the jump server itself printed."""
    console.rule("[bold]Conditions")
    for one in cluster["status"]["conditions"]:
        if one["message"]:
            colour = COLOURS[one["status"]]
            console.print(f"[{colour}]{one['status']:7}[/] {one['type']:22} {one['message']}", highlight=False)
    evidence = cluster["status"]["outputs"].get("verification", {})
    console.rule("[bold]The jump server's answer")
    console.print(Text(evidence.get("output", "")))


def timeline(console: Console, found: Sequence[Bar]) -> None:
    """Print the steps as bars, those of the critical path marked."""
    console.rule("[bold]Timeline, in Azure's seconds (critical path in bold)")
    total = max((bar.end for bar in found), default=1.0) or 1.0
    table = Table.grid(padding=(0, 1))
    for bar in found:
        begin = int(bar.begin / total * WIDTH)
        length = max(1, round(bar.seconds / total * WIDTH))
        style = "bold cyan" if bar.critical else "dim"
        line = Text(" " * begin + "█" * min(length, WIDTH - begin), style=style)
        table.add_row(Text(f"{bar.begin:5.0f} {bar.seconds:5.0f}", style=style), line, Text(bar.label, style=style))
    console.print(table)
    path = sum(bar.seconds for bar in found if bar.critical)
    console.print(f"critical path {path:.0f} s of {total:.0f} s in all", highlight=False)


def figures(console: Console, journal: Sequence[Json], documents: Sequence[Json], seconds: float, speed: float) -> None:
    """Print how many calls Azure got, and how long it took."""
    ours = [line for line in journal if line["entry"] == "request" and line.get("client", "").startswith("spokewright")]
    counts = Counter("reads and polls" if line["method"] == "GET" else line["method"] for line in ours)
    calls = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    console.rule("[bold]Figures")
    console.print(f"Azure calls: {len(ours)} ({calls})", highlight=False)
    console.print(
        f"{len(documents)} documents ready after {seconds:.0f} s here, {seconds * speed / 60:.0f} min in Azure's time"
    )
