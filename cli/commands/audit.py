"""`spokewright audit`: who decided what about a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.kinds import targets_in
from cli.moments import shown
from cli.options import limit, one_document, online, output
from cli.printing import FAINT, Cell, Screen, Shown

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

HEADS = ("time", "action", "who", "verified", "hash", "reason")
HASH = 12
"""Characters of a hash that tell plans apart."""


@click.command()
@one_document
@limit
@output("json", "yaml")
@online
def command(api: Api, what: tuple[str, ...], limit: int, output: str) -> int:
    """List who decided what about a document, newest first; also of one that is gone."""
    screen = Screen()
    (target,) = targets_in(what)
    entries = api.get(f"{target.path}/audit", {"limit": limit}).body["items"]
    if screen.as_data(output, {"items": entries}):
        return 0
    if not entries:
        screen.progress(Cell("Nothing was decided about it.", FAINT))
        return 0
    screen.table(HEADS, [row(entry) for entry in entries])
    return 0


def row(entry: Json) -> list[Shown]:
    """Return an entry of the audit as a row."""
    who = entry.get("who") or {}
    return [
        shown(entry.get("time")),
        str(entry.get("action") or ""),
        str(who.get("name") or who.get("id") or "the rules"),
        "yes" if who.get("verified") else "no",
        str(entry.get("hash") or "")[:HASH],
        str(entry.get("reason") or ""),
    ]
