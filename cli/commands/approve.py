"""`spokewright approve`: approves the plan of a network that asks to join, by its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.deciding import decide
from cli.options import decision, one_document, online

if TYPE_CHECKING:
    from cli.client import Api


@click.command()
@one_document
@decision
@online
def command(api: Api, what: tuple[str, ...], said: dict[str, str], yes: bool, full: bool) -> int:  # noqa: FBT001
    """Approve the plan of a network that asks to join a hub: shows it, asks, and sends its hash.

    If the plan is another by then, nothing is decided.
    """
    return decide(api, "approve", what, said, yes=yes, full=full)
