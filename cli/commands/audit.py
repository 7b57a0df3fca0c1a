"""`spokewright audit`: who changed, decided or was refused what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.errors import Misused
from cli.kinds import targets_in
from cli.moments import shown
from cli.options import limit, online, output
from cli.printing import FAINT, Cell, Screen, Shown

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

HEADS = ("time", "action", "who", "verified", "door", "generation", "hash", "reason")
HASH = 12
"""Characters of a hash that tell plans apart."""


@click.command()
@click.argument("what", nargs=-1, metavar="[KIND/NAME]")
@limit
@output("json", "yaml")
@online
def command(api: Api, what: tuple[str, ...], limit: int, output: str) -> int:
    """List who changed, decided or was refused what about a document, newest first; also of one that is gone.

    Without one: what is about none, such as sweeps, and calls that were refused.
    """
    screen = Screen()
    entries = api.get(_path(what), {"limit": limit}).body["items"]
    if screen.as_data(output, {"items": entries}):
        return 0
    if not entries:
        screen.progress(Cell("Nothing is written down of it.", FAINT))
        return 0
    screen.table(HEADS, [row(entry) for entry in entries])
    return 0


def _path(what: tuple[str, ...]) -> str:
    if not what:
        return "audit"
    targets = targets_in(what)
    if len(targets) > 1:
        raise Misused("more than one document is named", "name one, such as cluster/payments-prod")
    return f"{targets[0].path}/audit"


def row(entry: Json) -> list[Shown]:
    """Return an entry of the audit as a row."""
    who = entry.get("who") or {}
    return [
        shown(entry.get("time")),
        str(entry.get("action") or ""),
        str(who.get("name") or who.get("id") or "the rules"),
        "yes" if who.get("verified") else "no",
        str(entry.get("door") or ""),
        str(entry.get("generation") or ""),
        str(entry.get("hash") or entry.get("specHash") or "")[:HASH],
        str(entry.get("reason") or ""),
    ]
