"""`spokewright wait`: until a condition holds of documents, or they are gone, with the steps as they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import documents as d
from cli.errors import Misused
from cli.following import PAUSE, Follower, Holds
from cli.kinds import Target, targets_in
from cli.options import Duration, files, online, recursive, timeout
from cli.printing import Screen
from cli.sources import sourced

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]


@click.command()
@click.argument("what", nargs=-1)
@files
@recursive
@click.option("--for", "condition", required=True, metavar="WHAT", help="condition=NAME[=STATUS], or delete.")
@timeout
@click.option("--every", type=Duration(), default=PAUSE, metavar="TIME", help="How often it looks; 1s.")
@click.option("-q", "--quiet", is_flag=True, help="Without the steps.")
@online
def command(  # noqa: PLR0913, PLR0917 - options are arguments
    api: Api,
    what: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,  # noqa: FBT001 - an option
    condition: str,
    timeout: float,
    every: float,
    quiet: bool,  # noqa: FBT001 - an option
) -> int:
    """Wait until documents are ready, or gone, and show the steps that begin and end meanwhile.

    Exits with 5 where that did not come within the time.
    """
    holds, words = awaited(condition)
    targets = [one.target for one in sourced(files, recursive=recursive)] if files else []
    if what or not targets:
        targets += targets_in(what)
    Follower(api, Screen(), pause=every, quiet=quiet).follow(_once(targets), holds, words, timeout)
    return 0


def _once(targets: list[Target]) -> list[Target]:
    return list(dict.fromkeys(targets))


def awaited(text: str) -> tuple[Holds, str]:
    """Return the question that is asked of each document, and the word for its answer being yes."""
    if text in ("delete", "deleted"):
        return lambda document: document is None, "gone"
    sort, _, rest = text.partition("=")
    name, _, status = rest.partition("=")
    if sort != "condition" or not name:
        mend = "write --for=condition=Ready, --for=condition=Drifted=False, or --for=delete"
        raise Misused(f"'{text}' cannot be waited for", mend)
    wanted = status or "True"
    words = "ready" if (name.lower(), wanted.lower()) == ("ready", "true") else f"{name}={wanted}"
    return lambda document: document is not None and d.holds(document, name, wanted), words
