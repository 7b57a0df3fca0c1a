"""`spokewright restore`: gives an app back what a backup holds; nothing in Azure is changed by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import backups
from cli.asking import confirm
from cli.options import online
from cli.printing import BAD, GOOD, Cell, Screen

if TYPE_CHECKING:
    from cli.client import Api


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--missing", is_flag=True, help="The store may hold something: only what it lacks is added.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@online
def command(
    api: Api,
    file: Path,
    missing: bool,  # noqa: FBT001 - an option
    yes: bool,  # noqa: FBT001 - an option
) -> int:
    """Give an app with an empty store what a backup holds. Nothing in Azure is written, and no row overwritten.

    A restored document does nothing in Azure while Azure differs from it: look at its plan, then apply or delete it.
    """
    screen = Screen()
    told = backups.check(file)
    screen.line(f"{file}: ", Cell(f"{told['rows']} rows from {told.get('from', 'an unknown app')}"))
    if not yes:
        confirm(screen, api, "Restore them?")
    begin = {"format": told["format"], "version": told["version"]}
    restore = api.post("restore", {"begin": begin, "missing": missing}).body["id"]
    written = kept = 0
    for rows in backups.parts(file):
        taken = api.post("restore", {"restore": restore, "rows": rows}).body
        written, kept = written + taken["written"], kept + taken["kept"]
        screen.progress(f"{written + kept} of {told['rows']} rows")
    ended = api.post("restore", {"restore": restore, "end": True}).body
    screen.line(Cell(f"{written} rows restored", GOOD), f", {kept} were there and stayed")
    screen.line(f"{len(ended['documents'])} documents are being looked at: spokewright get all")
    for problem in ended["problems"]:
        screen.line(Cell(str(problem), BAD))
    return 1 if ended["problems"] else 0
