"""The file of a backup: a header, one row a line, and a last line with a count and a digest of all before it.

A file without its last line was cut, one whose digest differs was changed: neither is restored.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cli.errors import REFUSED, CommandError, Misused
from cli.parts import parted

Json = dict[str, Any]

FORMAT, VERSION = "spokewright-backup", 1
ROWS_IN_PART = 200
BYTES_IN_PART = 1_000_000
AGAIN = "take the backup again, or use another one"


class Writer:
    """Writes one file, which only its owner may read: it has names, addresses, and who decided what."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.rows = 0

    def header(self, told: Json) -> None:
        """Write what the backup is."""
        self._line({"format": FORMAT, "version": VERSION, **told})

    def row(self, row: Json) -> None:
        """Write one row."""
        self.rows += 1
        self._line(row)

    def end(self) -> None:
        """Write the last line, and see to it that all of it is on the disk."""
        self._file.write(_bytes({"rows": self.rows, "sha256": self._digest.hexdigest()}))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _line(self, value: Json) -> None:
        line = _bytes(value)
        self._digest.update(line)
        self._file.write(line)


def create(path: Path) -> BinaryIO:
    """Open a new file that only its owner may read; raise Misused where something has that name."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise Misused(
            f"{path} is there already", "give the backup a name of its own, such as one with the date"
        ) from None
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror}", "name a file in a folder that is there") from None


def check(path: Path) -> Json:
    """Read a whole file and return its header, with how many `rows` it has; raise where it is not a whole backup."""
    digest, before, header, count = hashlib.sha256(), b"", Json(), 0
    for line in _lines(path):
        if before:
            digest.update(before)
            header = header or _header(before, path)
            count += 1
        before = line
    ending = _read(before, path)
    if not header or set(ending) != {"rows", "sha256"}:
        raise _broken(path, "is cut: its last line is missing")
    if (ending["rows"], ending["sha256"]) != (count - 1, digest.hexdigest()):
        raise _broken(path, "was changed since it was written: its digest is another one")
    return header | {"rows": count - 1}


def parts(path: Path) -> Iterator[list[Json]]:
    """Yield the rows of a file that was checked, some at a time."""
    for lines in parted(_rows(path), len, ROWS_IN_PART, BYTES_IN_PART):
        yield [_read(line, path) for line in lines]


def _rows(path: Path) -> Iterable[bytes]:
    """Yield all lines but the first and the last."""
    before = None
    for number, line in enumerate(_lines(path)):
        if before is not None:
            yield before
        before = line if number else None


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}", "name the file of a backup") from None


def _header(line: bytes, path: Path) -> Json:
    told = _read(line, path)
    if told.get("format") != FORMAT:
        raise _broken(path, "is no backup of Spokewright's store")
    if told.get("version") != VERSION:
        found = f"is of version {str(told.get('version'))[:20]} of the format, and this is for version {VERSION}"
        raise CommandError(f"{path} {found}", "use the `spokewright` that wrote it, or a newer one", REFUSED)
    return told


def _read(line: bytes, path: Path) -> Json:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _broken(path, "is no backup, or was changed: a line of it is no JSON object")
    return found


def _broken(path: Path, what: str) -> CommandError:
    return CommandError(f"{path} {what}", AGAIN, REFUSED)


def _bytes(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
