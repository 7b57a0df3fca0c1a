"""`spokewright explain`: what a document and each of its fields is, from the schemas; as `kubectl explain` does."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cli.printing import FAINT, STRONG, WAITING, Cell, Screen
from cli.schema import Field, all_documents, find

if TYPE_CHECKING:
    from cli.kinds import Kind

WIDTH = 100


@click.command()
@click.argument("path", default="", metavar="[KIND[.FIELD...]]")
@click.option("--recursive", is_flag=True, help="All fields below it, with their types.")
def command(path: str, recursive: bool) -> int:  # noqa: FBT001 - an option
    """Explain documents and their fields, offline: type, default, what it is for, and the fields in it.

    Without an argument it lists the kinds of documents.
    """
    screen = Screen()
    if not path:
        screen.table(("kind", "what it is"), [(one.name, one.description) for one in all_documents()])
        return 0
    kind, found = find(path)
    field = found[-1]
    _head(screen, kind, field, ".".join(one.name for one in found[1:]))
    if field.fields:
        screen.line()
        screen.line(Cell("FIELDS:", STRONG))
    for one, depth in _listed(field, recursive=recursive):
        _show(screen, one, depth, full=not recursive)
    return 0


def _head(screen: Screen, kind: Kind, field: Field, path: str) -> None:
    """Write what is explained: the kind, and the field with its type, default and description."""
    screen.line(Cell("KIND:     ", STRONG), kind.name)
    screen.line(Cell("VERSION:  ", STRONG), field.root["properties"]["apiVersion"]["const"])
    if path:
        screen.line(Cell("FIELD:    ", STRONG), path, f" <{field.type}>", Cell(_required(field), WAITING))
    for word, value in _facts(field):
        screen.line(Cell(f"{word.upper()}:".ljust(10), STRONG), value)
    if field.description:
        screen.line()
        screen.line(Cell("DESCRIPTION:", STRONG))
        _paragraphs(screen, field.description, "    ")


def _listed(field: Field, *, recursive: bool, depth: int = 1) -> Iterator[tuple[Field, int]]:
    for one in field.fields:
        yield one, depth
        if recursive:
            yield from _listed(one, recursive=True, depth=depth + 1)


def _show(screen: Screen, field: Field, depth: int, *, full: bool) -> None:
    """Write one of the fields in a field."""
    indent = "  " * depth
    screen.line(f"{indent}{field.name} ", Cell(f"<{field.type}>", FAINT), Cell(_required(field), WAITING))
    if full:
        for word, value in _facts(field):
            screen.line(f"{indent}  ", Cell(f"{word}: ", FAINT), value)
        _paragraphs(screen, field.description, f"{indent}  ")


def _facts(field: Field) -> Iterator[tuple[str, str]]:
    """Yield what can be said in a word or two: the default, what is allowed, an example."""
    if field.default:
        yield "default", field.default
    if "const" in field.schema:
        yield "only", json.dumps(field.schema["const"])
    if allowed := field.schema.get("enum"):
        yield "one of", ", ".join(map(str, allowed))
    if bounds := [str(field.schema[name]) for name in ("minimum", "maximum") if name in field.schema]:
        yield "range", " to ".join(bounds)
    if said := str(field.schema.get("patternErrorMessage") or ""):
        yield "takes", said.removeprefix("is not ")


def _required(field: Field) -> str:
    return " -required-" if field.required and field.name not in ("Hub", "Spoke", "Cluster") else ""


def _paragraphs(screen: Screen, text: str, indent: str) -> None:
    for paragraph in text.split("\n"):
        for line in textwrap.wrap(paragraph, WIDTH, initial_indent=indent, subsequent_indent=indent):
            screen.line(line)
