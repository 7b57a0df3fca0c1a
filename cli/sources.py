"""Documents from files as commands send them: with their targets, in order, and errors that name the file and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.errors import ApiError, CommandError, Misused
from cli.kinds import Target, kind_of, order_of
from cli.reading import Read, read_documents

if TYPE_CHECKING:
    Json = dict[str, Any]

MOST = 20
"""Faults of one document that are listed."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """A document with its target, and where it was read."""

    target: Target
    read: Read

    @property
    def body(self) -> Json:
        """The document as it was written."""
        return self.read.body

    def blamed(self, error: ApiError) -> CommandError:
        """Return an error with the file and line of each fault that the API names."""
        faults = [f"{self.read.where_of(path)}: {path}: {message}" for path, message in error.faults]
        what = f"{self.target} from {self.read.where}: {'cannot be accepted' if faults else error.detail}"
        return CommandError(what, error.mend, error.exit_code, faults[:MOST])


def sourced(files: Sequence[str], *, recursive: bool) -> list[Sourced]:
    """Return the documents of the files; raise Misused where one has no kind or name, or is there twice."""
    found = [Sourced(_target(one), one) for one in read_documents(files, recursive=recursive)]
    seen: dict[str, Sourced] = {}
    for one in found:
        other = seen.setdefault(str(one.target), one)
        if other is not one:
            mend = f"leave one of them out; the first is at {other.read.where}"
            raise Misused(f"{one.read.where}: {one.target} is there twice", mend)
    return found


def in_order(documents: Sequence[Sourced]) -> list[Sourced]:
    """Return hubs first, then spokes, then clusters; within a kind as they were written."""
    return sorted(documents, key=lambda one: order_of(one.target.kind.word))


def raise_first(failed: Sequence[CommandError]) -> None:
    """End the command where something failed: all of it was said already."""
    if failed:
        word = "document was" if len(failed) == 1 else "documents were"
        raise CommandError(f"{len(failed)} {word} refused", failed[0].mend, failed[0].exit_code)


def _target(one: Read) -> Target:
    try:
        kind = kind_of(str(one.body.get("kind") or ""))
    except Misused:
        told = str(one.body.get("kind"))[:50]
        mend = "kind has to be Hub, Spoke or Cluster"
        raise Misused(f"{one.where_of('$.kind')}: there is no kind '{told}'", mend) from None
    metadata = one.body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not name:
        raise Misused(f"{one.where_of('$.metadata')}: the document has no name", "write metadata: {name: NAME}")
    return Target(kind, name)
