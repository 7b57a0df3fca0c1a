"""`spokewright resolution`: who resolves which cluster's name and reaches it, proved from inside the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import matrix as m
from cli.errors import Missing
from cli.moments import shown
from cli.options import online, output
from cli.printing import BAD, FAINT, GOOD, STRONG, WAITING, Cell, Screen, Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.client import Api

    Json = dict[str, Any]

MARKS = {m.OK: GOOD, m.NO: BAD, m.UNKNOWN: WAITING}
GAP = 3
"""Between two columns of a table."""


@click.command()
@click.argument("clusters", nargs=-1, metavar="[NAME]...")
@click.option("--evidence", is_flag=True, help="Also what the machines printed.")
@output("json", "yaml")
@online
def command(api: Api, clusters: tuple[str, ...], evidence: bool, output: str) -> int:  # noqa: FBT001 - an option
    """Show who resolves each cluster's name and reaches it, seen from inside, and what is broken where somebody cannot.

    Consumers are the hub's jump server, each DNS server, the spokes that ask for it, and what is on-premises: `ok`,
    `no`, or `?` where nobody could be asked. DNS servers, and networks without a machine, are asked for the name only.
    """
    screen = Screen()
    items = _wanted(api.get("resolution").body["items"], [name.rpartition("/")[2] for name in clusters])
    if screen.as_data(output, {"items": items}):
        return 0
    if not items:
        screen.progress(Cell("There is no cluster.", FAINT))
        return 0
    found = m.matrices(items)
    for number, matrix in enumerate(found):
        if number:
            screen.line()
        _show(screen, matrix, named=len(found) > 1)
    lines = [line for matrix in found for line in matrix.lines]
    for line in lines:
        _explain(screen, line, evidence=evidence)
    if not evidence:
        _open(screen, lines)
    return 0


def _wanted(rows: list[Json], names: list[str]) -> list[Json]:
    there = {str(row.get("cluster")) for row in rows}
    if missing := [name for name in names if name not in there]:
        raise Missing(f"there is no cluster {missing[0]}", "`spokewright get clusters` lists what is there")
    return [row for row in rows if not names or row.get("cluster") in names]


def _show(screen: Screen, matrix: m.Matrix, *, named: bool) -> None:
    """Write a matrix as a table; where the terminal is too narrow for that, a line for each consumer."""
    if named:
        screen.line(Cell(f"hub/{matrix.hub}" if matrix.hub else "of no hub", STRONG))
    heads = ("cluster", *matrix.consumers, "checked")
    rows = [_row(line, matrix.consumers) for line in matrix.lines]
    if _width(heads, rows) <= screen.width:
        screen.table(heads, rows)
        return
    for line in matrix.lines:
        screen.line(Cell(line.cluster, STRONG), f"   {shown(line.item.get('checked'))}")
        for seen in line.seen:
            screen.line("  ", _marked(seen, width=2), f"  {seen.consumer}")


def _row(line: m.Line, consumers: Sequence[str]) -> list[Shown]:
    cells: list[Shown] = []
    for name in consumers:
        seen = line.of(name)
        cells.append("" if seen is None else _marked(seen))
    return [line.cluster, *cells, shown(line.item.get("checked"))]


def _width(heads: Sequence[str], rows: Sequence[Sequence[Shown]]) -> int:
    texts = [list(heads), *([_text(one) for one in row] for row in rows)]
    return sum(max(len(line[number]) for line in texts) + GAP for number in range(len(heads))) - GAP


def _text(part: Shown) -> str:
    return str(part.text if isinstance(part, Cell) else part)


def _marked(seen: m.Seen, width: int = 0) -> Cell:
    return Cell(seen.mark.ljust(width), MARKS[seen.mark])


def _explain(screen: Screen, line: m.Line, *, evidence: bool) -> None:
    """Say of a cluster what is wrong and what to do; all that was seen where evidence is asked for."""
    words = m.unsettled(line)
    if words:
        _head(screen, line)
        screen.line(f"  {words}")
    for seen in line.seen:
        if evidence or (seen.mark == m.NO and not words):
            _head(screen, line, seen)
            for part in m.mend(seen.text("message")):
                if part:
                    screen.line(f"  {part}")
        if evidence:
            _printed(screen, seen)


def _head(screen: Screen, line: m.Line, seen: m.Seen | None = None) -> None:
    """Begin a block: which cluster, seen by whom, and how that is."""
    screen.line()
    if seen is None:
        screen.line(Cell(line.cluster, STRONG))
        return
    reason = seen.text("reason")
    told = (Cell(line.cluster, STRONG), f"   {seen.consumer}   ", _marked(seen), f"   {reason}" if reason else "")
    screen.line(*told)


def _printed(screen: Screen, seen: m.Seen) -> None:
    """Write where and when a consumer was asked, and what came back."""
    servers = ", ".join(map(str, seen.row.get("servers") or ()))
    places = (("on", seen.text("machine")), ("at", servers), ("", shown(seen.row.get("checked"))))
    asked = [f"{word} {place}".strip() for word, place in places if place]
    if asked:
        screen.line(Cell(f"  asked {', '.join(asked)}", FAINT))
    for text in seen.text("output").rstrip("\n").split("\n"):
        if text:
            screen.line(Cell(f"  {text}", FAINT))


def _open(screen: Screen, lines: Sequence[m.Line]) -> None:
    """Say once for each consumer why it could not be asked."""
    found = [(seen.consumer, seen.text("message")) for line in lines for seen in line.seen if seen.mark == m.UNKNOWN]
    for number, (consumer, message) in enumerate(dict.fromkeys(found)):
        if not number:
            screen.line()
        screen.line(Cell(m.UNKNOWN, WAITING), f"   {consumer}   {message}")
