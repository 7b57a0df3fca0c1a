"""`spokewright history`: the steps that were taken for a document, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.kinds import targets_in
from cli.options import limit, one_document, online, output
from cli.printing import FAINT, Cell, Screen
from cli.steps import show_steps

if TYPE_CHECKING:
    from cli.client import Api


@click.command()
@one_document
@limit
@output("json", "yaml")
@online
def command(api: Api, what: tuple[str, ...], limit: int, output: str) -> int:
    """List the steps that were taken for a document in Azure, newest first, with what they took."""
    screen = Screen()
    (target,) = targets_in(what)
    steps = api.get(f"{target.path}/history", {"limit": limit}).body["items"]
    if screen.as_data(output, {"items": steps}):
        return 0
    if not steps:
        screen.progress(Cell("No step was taken for it yet.", FAINT))
        return 0
    show_steps(screen, steps)
    return 0
