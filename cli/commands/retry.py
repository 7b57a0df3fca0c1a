"""`spokewright retry`: wakes documents now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.kinds import targets_in
from cli.options import online
from cli.printing import GOOD, Cell, Screen

if TYPE_CHECKING:
    from cli.client import Api


@click.command()
@click.argument("what", nargs=-1, required=True)
@online
def command(api: Api, what: tuple[str, ...]) -> int:
    """Try documents again now; a cluster is proved again, a network that was turned away asks anew."""
    screen = Screen()
    for target in targets_in(what):
        api.post(f"{target.path}/retry")
        screen.line(f"{target} ", Cell("woken", GOOD))
    return 0
