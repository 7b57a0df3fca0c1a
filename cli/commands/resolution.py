"""`spokewright resolution`: whether each cluster's name resolves and answers, seen from inside the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.errors import Missing
from cli.moments import shown
from cli.options import online, output
from cli.printing import FAINT, STRONG, Cell, Screen, state

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

HEADS = ("cluster", "resolves", "answers", "seen from", "checked", "name")


@click.command()
@click.argument("clusters", nargs=-1, metavar="[NAME]...")
@click.option("--evidence", is_flag=True, help="Also what the jump server printed.")
@output("json", "yaml")
@online
def command(api: Api, clusters: tuple[str, ...], evidence: bool, output: str) -> int:  # noqa: FBT001 - an option
    """Say of each cluster whether its name resolves and whether it answers, seen from where and when."""
    screen = Screen()
    rows = _wanted(api.get("resolution").body["items"], [name.rpartition("/")[2] for name in clusters])
    if screen.as_data(output, {"items": rows}):
        return 0
    if not rows:
        screen.progress(Cell("There is no cluster.", FAINT))
        return 0
    screen.table(HEADS, [_row(row) for row in rows])
    for row in rows:
        _explain(screen, row, evidence=evidence)
    return 0


def _wanted(rows: list[Json], names: list[str]) -> list[Json]:
    there = {str(row.get("cluster")) for row in rows}
    if missing := [name for name in names if name not in there]:
        raise Missing(f"there is no cluster {missing[0]}", "`spokewright get clusters` lists what is there")
    return [row for row in rows if not names or row.get("cluster") in names]


def _row(row: Json) -> list[Any]:
    seen = (state(str(row.get("resolves"))), state(str(row.get("answers"))), row.get("from"))
    return [row.get("cluster"), *seen, shown(row.get("checked")), row.get("name")]


def _explain(screen: Screen, row: Json, *, evidence: bool) -> None:
    """Say more of a cluster where something is wrong, or where all is asked for."""
    wrong = (row.get("resolves"), row.get("answers")) != ("True", "True")
    if not (wrong or evidence):
        return
    screen.line()
    screen.line(Cell(str(row.get("cluster")), STRONG), f"   {row.get('message') or 'not checked yet'}")
    told = row.get("evidence")
    if evidence and isinstance(told, dict):
        for line in str(told.get("output") or "").split("\n"):
            screen.line(Cell(f"  {line}", FAINT))
