"""`spokewright validate`: says of documents what is wrong in them, without asking anybody."""

from __future__ import annotations

import click

from cli.errors import REFUSED, CommandError
from cli.faults import Fault, faults_of
from cli.options import files, recursive
from cli.printing import BAD, GOOD, Cell, Screen
from cli.reading import Read, read_documents


@click.command()
@files
@recursive
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of documents that are fine.")
def command(files: tuple[str, ...], recursive: bool, quiet: bool) -> int:  # noqa: FBT001 - options
    """Check documents by their schemas, offline: every fault, with its file, line and JSON path.

    What holds between fields and between documents only the API can say; `spokewright diff -f` asks it.
    """
    screen = Screen()
    documents = read_documents(files, recursive=recursive)
    first: dict[str, Read] = {}
    faults = sum(_judge(screen, one, first, quiet=quiet) for one in documents)
    if faults:
        word = "fault" if faults == 1 else "faults"
        mend = "mend the documents; `spokewright explain KIND.FIELD` says what a field takes"
        raise CommandError(f"{faults} {word} in {_documents(len(documents))}", mend, REFUSED)
    return 0


def _judge(screen: Screen, one: Read, first: dict[str, Read], *, quiet: bool) -> int:
    """Say what is wrong in a document, in the order of its lines; return how many faults that are."""
    found = faults_of(one.body) or _there_twice(one, first)
    faults = sorted(found, key=lambda fault: (one.line_of(fault[0]), fault))
    for path, message in faults:
        screen.line(Cell(f"{one.where_of(path)}: ", BAD), f"{path}: {message}")
    if not faults and not quiet:
        screen.line(f"{one.where}: {_name(one)} ", Cell("is valid", GOOD))
    return len(faults)


def _there_twice(one: Read, first: dict[str, Read]) -> list[Fault]:
    """Return the fault of a document that was in the same file before; other files may be other places' documents."""
    before = first.setdefault(f"{one.file}: {_name(one)}", one)
    if before is one:
        return []
    return [("$.metadata.name", f"{_name(one)} is there twice; the first is at {before.where}")]


def _name(one: Read) -> str:
    return f"{one.body['kind'].lower()}/{one.body['metadata']['name']}"


def _documents(number: int) -> str:
    return "1 document" if number == 1 else f"{number} documents"
