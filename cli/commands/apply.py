"""`spokewright apply`: sends documents, hubs first, and says what each of them was: created, configured, unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import documents as d
from cli.errors import ApiError
from cli.following import Follower
from cli.options import files, online, recursive, timeout
from cli.printing import GOOD, WAITING, Cell, Screen
from cli.sources import Sourced, in_order, raise_first, sourced

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

NOT_FOUND = 404
STYLES = {"created": GOOD, "configured": WAITING}


@click.command()
@files
@recursive
@click.option("--wait", is_flag=True, help="Wait until all of them are ready, and show the steps.")
@timeout
@online
def command(
    api: Api,
    files: tuple[str, ...],
    recursive: bool,  # noqa: FBT001 - an option
    wait: bool,  # noqa: FBT001 - an option
    timeout: float,
) -> int:
    """Create or change documents from files, folders or the standard input.

    Hubs are sent first, then spokes, then clusters. One that is refused does not keep the others back.
    """
    screen, failed = Screen(), []
    documents = in_order(sourced(files, recursive=recursive))
    for one in documents:
        try:
            word = _apply(api, one)
        except ApiError as error:
            failed.append(one.blamed(error))
            screen.error_only(failed[-1])
        else:
            screen.line(f"{one.target} ", Cell(word, STYLES.get(word, "")))
    raise_first(failed)
    if wait:
        targets = [one.target for one in documents]
        Follower(api, screen).follow(targets, _is_ready, "ready", timeout)
    return 0


def _apply(api: Api, one: Sourced) -> str:
    """Send a document; return what that was."""
    before = _generation(api, one)
    stored = api.put(one.target.path, one.body).body
    if before is None:
        return "created"
    return "unchanged" if d.generation_of(stored) == before else "configured"


def _generation(api: Api, one: Sourced) -> Any:
    """Return the generation that is stored; None where nothing is, or it is about to go."""
    try:
        return d.generation_of(api.get(one.target.path).body)
    except ApiError as error:
        if error.status == NOT_FOUND:
            return None
        raise


def _is_ready(document: Json | None) -> bool:
    return document is not None and d.is_ready(document)
