"""`spokewright sweep`: has everything compared with Azure now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.options import online, output
from cli.printing import WAITING, Cell, Screen

if TYPE_CHECKING:
    from cli.client import Api


@click.command()
@output("json", "yaml")
@online
def command(api: Api, output: str) -> int:
    """Compare everything with Azure now, and say what that woke and found."""
    screen = Screen()
    swept = api.post("sweep").body
    if screen.as_data(output, swept):
        return 0
    for name, value in swept.items():
        screen.line(f"{name}: ", Cell(_told(value), WAITING if value else ""))
    return 0


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
