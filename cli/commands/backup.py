"""`spokewright backup`: writes all that the app remembers into one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import backups
from cli.errors import CommandError
from cli.options import online
from cli.printing import GOOD, Cell, Screen

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

TRIES = 3
"""How often all is read again because documents came, went or changed what they ask for meanwhile."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@online
def command(api: Api, file: Path) -> int:
    """Write what the app remembers into a new file: documents with their status, addresses, decisions, history.

    There are no secrets of ours in it, but names, addresses and who decided what: only its owner may read the file.
    """
    screen = Screen()
    unfinished = file.with_name(f"{file.name}.unfinished")
    backups.create(file).close()  # The name is ours from here on.
    try:
        rows = _written(api, screen, unfinished)
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        raise
    screen.line(f"{file} ", Cell(f"has {rows} rows", GOOD))
    return 0


def _written(api: Api, screen: Screen, path: Path) -> int:
    """Write the file; return how many rows it has, all of one moment in what documents ask for."""
    for _ in range(TRIES):
        path.unlink(missing_ok=True)
        told = api.get("backup").body
        with backups.create(path) as opened:
            writer = backups.Writer(opened)
            writer.header({"tables": told["tables"], "documents": told["documents"], "from": api.session.context.url})
            for table in told["tables"]:
                _table(api, writer, table)
            writer.end()
        if api.get("backup").body["documents"] == told["documents"]:
            return writer.rows
        screen.progress("Documents changed meanwhile; all of it is read again.")
    raise CommandError(
        f"documents changed each of the {TRIES} times that they were read", "try again when less is being asked for"
    )


def _table(api: Api, writer: backups.Writer, table: str) -> None:
    after: Json = {}
    while True:
        page = api.get("backup", {"table": table, **after}).body
        for row in page["rows"]:
            writer.row(row)
        if "after" not in page:
            return
        after = {"after": page["after"]}
