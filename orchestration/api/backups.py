"""What back up and restore answer and take, as models: for the description only, no answer passes through them."""

from typing import Any, Literal

from orchestration.api.answers import Answer

Json = dict[str, Any]


class BackupRow(Answer):
    """One row of the store."""

    table: str
    partition: str
    key: str
    value: Json


class Backup(Answer):
    """Without `table` what a backup begins with; with it some of that table's rows."""

    format: str = ""
    version: int = 0
    tables: tuple[str, ...] = ()
    """In the order in which they are restored."""
    documents: str = ""
    """A digest of what all documents ask for: the same after all rows were read, or the rows are to be read again."""
    rows: tuple[BackupRow, ...] = ()
    after: str = ""
    """Where more follow."""


class Restored(Answer):
    """What became of a part of a restore: of its beginning, of some rows, of its end."""

    id: str = ""
    """Of the restore: every further part names it."""
    time: str = ""
    written: int = 0
    kept: int = 0
    """Rows that were there already, and stayed as they are."""
    documents: tuple[str, ...] = ()
    """All that are there now, and are looked at."""
    problems: tuple[str, ...] = ()
    """What could not be put right."""


class Begun(Answer):
    """The beginning of a backup's file."""

    format: Literal["spokewright-backup"]
    version: Literal[1]


class RestorePart(Answer):
    """`begin` with `missing`, then `restore` with `rows` as often as need be, then `restore` with `end`."""

    begin: Begun | None = None
    missing: bool = False
    """Whether the store may hold something already: only what it lacks is added."""
    restore: str | None = None
    rows: tuple[BackupRow, ...] | None = None
    end: bool | None = None
