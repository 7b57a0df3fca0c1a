"""`spokewright delete`: shows what would go, asks, and has documents deleted, clusters first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import documents as d
from cli.asking import confirm
from cli.errors import ApiError
from cli.following import Follower
from cli.kinds import Target, order_of, targets_in
from cli.options import files, online, recursive, timeout
from cli.plans import is_empty, show_plan
from cli.printing import FAINT, STRONG, WAITING, Cell, Screen
from cli.sources import raise_first, sourced

if TYPE_CHECKING:
    from cli.client import Api
    from cli.errors import CommandError

    Json = dict[str, Any]

NOT_FOUND = 404


@click.command()
@click.argument("what", nargs=-1)
@files
@recursive
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--wait", is_flag=True, help="Wait until all of them are gone, and show the steps.")
@timeout
@online
def command(
    api: Api,
    what: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,  # noqa: FBT001 - an option
    yes: bool,  # noqa: FBT001 - an option
    wait: bool,  # noqa: FBT001 - an option
    timeout: float,
) -> int:
    """Delete documents, and in Azure what was made for them.

    Clusters go first, then spokes, then hubs. What is gone already is no error with -f.
    """
    screen = Screen()
    targets = _targets(what, files, recursive=recursive)
    there = [one for one in targets if _show(api, screen, one, lenient=bool(files))]
    if not there:
        return 0
    if not yes:
        confirm(screen, api, f"Delete {'this document' if len(there) == 1 else f'these {len(there)} documents'}?")
    _delete(api, screen, there)
    if wait:
        Follower(api, screen).follow(there, lambda document: document is None, "gone", timeout)
    return 0


def _targets(what: tuple[str, ...], files: tuple[str, ...], *, recursive: bool) -> list[Target]:
    """Return what is named, clusters first."""
    named = [one.target for one in sourced(files, recursive=recursive)] if files else []
    if what or not named:
        named += targets_in(what)
    return sorted(dict.fromkeys(named), key=lambda one: -order_of(one.kind.word))


def _show(api: Api, screen: Screen, target: Target, *, lenient: bool) -> bool:
    """Show the plan of taking a document down; say whether it is there."""
    try:
        document = api.get(target.path).body
    except ApiError as error:
        if error.status != NOT_FOUND or not lenient:
            raise
        screen.line(f"{target} ", Cell("is not there", FAINT))
        return False
    already = "   is being deleted already" if d.is_deleting(document) else ""
    screen.line(Cell(str(target), STRONG), Cell(already, WAITING))
    _show_plan(api, screen, target)
    return True


def _show_plan(api: Api, screen: Screen, target: Target) -> None:
    """Write what goes in Azure; where the API cannot tell (an older one answers 400), that it cannot be shown."""
    try:
        plan = dict(api.get(f"{target.path}/plan", {"for": "deletion"}).body)
    except ApiError as error:
        screen.line("  ", Cell("what goes in Azure cannot be shown", WAITING), f": {error.detail}")
        return
    if is_empty(plan):
        screen.line(Cell("  nothing in Azure goes with it", FAINT))
    else:
        show_plan(screen, plan)


def _delete(api: Api, screen: Screen, targets: list[Target]) -> None:
    """Ask for the deletion of each; one that is refused does not keep the others back."""
    failed: list[CommandError] = []
    for target in targets:
        try:
            api.delete(target.path)
        except ApiError as error:
            failed.append(error)
            screen.error_only(error)
        else:
            screen.line(f"{target} ", Cell("is being deleted", WAITING))
    raise_first(failed)
