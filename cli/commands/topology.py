"""`spokewright topology`: hubs, spokes and clusters as a tree, or as a drawing for other programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cli.drawing import as_dot, as_mermaid, as_svg
from cli.errors import Missing
from cli.options import online, output
from cli.printing import FAINT, Cell, Screen, state
from cli.tree import Node, forest

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

DRAWINGS = {"svg": as_svg, "dot": as_dot, "mermaid": as_mermaid}
LINES = ("├─ ", "└─ ", "│  ", "   ")
PLAIN = ("|- ", "`- ", "|  ", "   ")


@click.command()
@click.option("--hub", default="", metavar="NAME", help="Only this hub.")
@output("svg", "dot", "mermaid", "json", "yaml")
@online
def command(api: Api, hub: str, output: str) -> int:
    """Draw hubs with their spokes and clusters, each with how it is."""
    screen = Screen()
    overview = dict(api.get("overview").body)
    if screen.as_data(output, overview):
        return 0
    trees = [tree for tree in forest(overview) if not hub or tree.label == f"hub/{hub}"]
    if hub and not trees:
        raise Missing(f"there is no hub {hub}", "`spokewright get hubs` lists what is there")
    if output:
        screen.text(DRAWINGS[output](trees))
    elif not trees:
        screen.progress(Cell("There is no hub yet.", FAINT))
    for tree in trees if not output else ():
        _show(screen, tree, "", "", LINES if _draws_lines() else PLAIN)
    return 0


def _draws_lines() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def _show(screen: Screen, node: Node, first: str, rest: str, lines: tuple[str, ...]) -> None:
    """Write a node and, below it, what hangs on it."""
    fork, last, down, empty = lines
    status = "" if node.ready == "True" else f"  {node.reason}"
    marks = "".join(f"  {mark}" for mark in node.marks)
    screen.line(Cell(first, FAINT), node.label, "  ", state(node.ready), status, Cell(f"  {node.detail}", FAINT), marks)
    for number, child in enumerate(node.children, 1):
        at_end = number == len(node.children)
        _show(screen, child, rest + (last if at_end else fork), rest + (empty if at_end else down), lines)
