"""`spokewright version`: which version this is, for whoever reports something."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import click

from cli.errors import CommandError
from cli.options import output
from cli.printing import Screen


@click.command()
@output("json", "yaml")
def command(output: str) -> int:
    """Say which version this is, on which Python and which system."""
    screen = Screen()
    told = {"spokewright": _installed(), "python": platform.python_version(), "system": platform.platform()}
    if not screen.as_data(output, told):
        for name, value in told.items():
            screen.line(f"{name} {value}")
    return 0


def _installed() -> str:
    """Return the installed version; raise where this runs without being installed."""
    try:
        return version("spokewright")
    except PackageNotFoundError:
        raise CommandError("spokewright is not installed here", "install it: `make install`") from None
