"""`spokewright get`: documents in tables or as they are, filtered, and watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.client import PAGE
from cli.columns import columns_of, row_of
from cli.documents import name_of, target_of
from cli.kinds import ALL, BY_WORD, KINDS, Kind, Target, kind_of, targets_in
from cli.options import Duration, online, output
from cli.printing import Screen, Shown
from cli.selecting import Selector
from cli.watching import PAUSE, WatchedList, changed, rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.client import Api

    Json = dict[str, Any]


@click.command()
@click.argument("what", nargs=-1, required=True)
@click.option("-l", "--label", "labels", multiple=True, metavar="NAME=VALUE", help="By a tag: also !=, NAME, !NAME.")
@click.option("--field", "fields", multiple=True, metavar="PATH=VALUE", help="By a field, such as spec.hub=weu.")
@click.option("-w", "--watch", is_flag=True, help="Go on, and show what changes.")
@click.option("--every", type=Duration(), default=PAUSE, metavar="TIME", help="How often --watch looks; 2s.")
@output("wide", "json", "yaml", "name")
@online
def command(
    api: Api,
    what: tuple[str, ...],
    labels: tuple[str, ...],
    fields: tuple[str, ...],
    watch: bool,  # noqa: FBT001 - an option
    every: float,
    output: str,
) -> int:
    """List documents: hubs, spokes, clusters, all, or some by name.

    WHAT is a kind, several with commas, `all`; or KIND NAME ..., or KIND/NAME ....
    """
    screen, wanted = Screen(), Selector.of(labels, fields)
    if watch:
        return _watch(api, screen, what, wanted, every, output)
    found = [document for document in _documents(api, what, wanted) if wanted.takes(document)]
    _show(screen, found, output, single=_is_one(what))
    return 0


def _is_list(what: Sequence[str]) -> bool:
    return len(what) == 1 and "/" not in what[0]


def _is_one(what: Sequence[str]) -> bool:
    return not _is_list(what) and len(targets_in(what)) == 1


def _kinds(words: str) -> list[Kind]:
    return list(KINDS) if words.lower() == ALL else [kind_of(word.strip()) for word in words.split(",")]


def _documents(api: Api, what: Sequence[str], wanted: Selector) -> list[Json]:
    """Return what is asked for: lists by kind, or documents by name."""
    if _is_list(what):
        return [document for kind in _kinds(what[0]) for document in api.items(kind.collection, wanted.params)]
    return [dict(api.get(target.path).body) for target in targets_in(what)]


def _show(screen: Screen, found: Sequence[Json], output: str, *, single: bool) -> None:
    if output == "json":
        screen.json(found[0] if single and found else {"items": list(found)})
    elif output == "yaml":
        screen.yaml(*found)
    elif output == "name":
        for document in found:
            screen.line(str(target_of(document)))
    else:
        _show_tables(screen, found, wide=output == "wide")


def _show_tables(screen: Screen, found: Sequence[Json], *, wide: bool) -> None:
    """Write one table for each kind; names have their kind before them where there are several."""
    kinds = [kind for kind in KINDS if any(document.get("kind") == kind.name for document in found)]
    if not found:
        screen.progress("There is nothing of this sort.")
    for number, kind in enumerate(kinds):
        if number:
            screen.line()
        columns = columns_of(kind, wide=wide)
        mine = [document for document in found if document.get("kind") == kind.name]
        rows = [row_of(document, columns, prefixed=len(kinds) > 1) for document in mine]
        screen.table([column.head for column in columns], rows)


def _watch(api: Api, screen: Screen, what: Sequence[str], wanted: Selector, every: float, output: str) -> int:
    """Show everything, then each document again whenever what is shown of it changes."""
    watched = _Watched(api, what, wanted)
    seen: dict[str, Any] = {}
    for number in rounds(every):
        found = {str(target_of(document)): document for document in watched.look() if wanted.takes(document)}
        gone = sorted(seen.keys() - found.keys())
        names = changed(seen, [(name, _face(document, output)) for name, document in found.items()])
        if number == 0:
            _show(screen, list(found.values()), output, single=False)
        else:
            for name in names:
                _show_change(screen, found[name], output)
            for name in gone:
                screen.line(name, "   gone")
        screen.flush()
    return 0


class _Watched:
    """The lists that a watch looks at, and the names that it keeps of them."""

    def __init__(self, api: Api, what: Sequence[str], wanted: Selector) -> None:
        self._targets: list[Target] = [] if _is_list(what) else targets_in(what)
        kinds = _kinds(what[0]) if _is_list(what) else list({one.kind for one in self._targets})
        self._lists = [WatchedList(api, kind.collection, {"limit": PAGE, **wanted.params}) for kind in kinds]

    def look(self) -> list[Json]:
        """Return the documents as they are now."""
        found = [document for one in self._lists for document in one.look()]
        names = {(one.kind.name, one.name) for one in self._targets}
        return [one for one in found if not names or (one.get("kind"), name_of(one)) in names]


def _face(document: Json, output: str) -> Any:
    """Return what is shown of a document, by which a change is noticed."""
    if output in ("json", "yaml"):
        return document
    return [str(value) for value in _row(document, output)]


def _row(document: Json, output: str) -> list[Shown]:
    columns = columns_of(BY_WORD[str(document["kind"]).lower()], wide=output == "wide")
    return row_of(document, columns, prefixed=True)


def _show_change(screen: Screen, document: Json, output: str) -> None:
    if output in ("", "wide"):
        cells = [part for value in _row(document, output) for part in (value, "   ")]
        screen.line(*cells[:-1])
    else:
        _show(screen, [document], output, single=True)
