"""The only writer to the terminal: whatever is shown goes through the cleaner here. Rich where a person looks.

Nothing is marked up by text, so that no text from elsewhere can be: a style stands beside the text.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from cli.cleaning import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from cli.errors import CommandError

GOOD, BAD, WAITING, FAINT, STRONG = "green", "red", "yellow", "dim", "bold"
STYLES = {"True": GOOD, "False": BAD, "Unknown": WAITING, "Succeeded": GOOD, "Failed": BAD, "Running": WAITING}
WIDEST = 10_000
READABLE = 40
"""Characters of the last column that stay beside each other."""
CALM = ("Reconciling", "Waiting", "Drifted", "Paced")
"""Conditions that are well when they are False."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text with a style."""

    text: Any
    style: str = ""


Shown = str | int | float | None | Cell


class Screen:
    """Where a command writes: tables and lines to the output, errors and progress to the error stream."""

    def __init__(self, out: IO[str] | None = None, err: IO[str] | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    @property
    def interactive(self) -> bool:
        """Whether a person looks at the output."""
        return self._out.isatty()

    @property
    def width(self) -> int:
        """The columns that a line of the output may have; elsewhere than in a terminal there is no end."""
        return shutil.get_terminal_size().columns if self.interactive else WIDEST

    def line(self, *parts: Shown) -> None:
        """Write one line; parts follow each other as they are."""
        self._write(self._out, parts)

    def text(self, text: str) -> None:
        """Write a text of several lines."""
        for one in clean(text).split("\n"):
            self.line(Cell(one))

    def progress(self, *parts: Shown) -> None:
        """Write one line about what is going on, beside the output."""
        self._write(self._err, parts)

    def error(self, error: CommandError) -> None:
        """Write what went wrong, and what to do."""
        self.error_only(error)
        self._write(self._err, [Cell("What to do: ", STRONG), error.mend])

    def error_only(self, error: CommandError) -> None:
        """Write what went wrong."""
        self._write(self._err, [Cell("Error: ", BAD), error.what])
        for detail in error.details:
            self._write(self._err, [f"  {detail}"])

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Shown]]) -> None:
        """Write a table without lines; nothing is cut where the output is not a terminal."""
        cells = [[_cell(one, row=True) for one in row] for row in rows]
        if styled(self._out):
            self._rich_table(heads, cells)
            return
        lines = [[clean_line(head).upper() for head in heads], *([one.text for one in row] for row in cells)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
        for line in lines:
            padded = [one.ljust(width) for one, width in zip(line, widths, strict=True)]
            self._out.write("   ".join(padded).rstrip() + "\n")

    def json(self, value: Any) -> None:
        """Write JSON; what is not plain ASCII is escaped, and so are all control characters."""
        self._out.write(json.dumps(value, indent=2).replace("\x7f", "\\u007f") + "\n")

    def yaml(self, *documents: Any) -> None:
        """Write YAML documents; what is not plain ASCII is escaped, and so are all control characters."""
        import yaml  # noqa: PLC0415 - slow to load, and seldom asked for

        text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=False, width=120)
        self._out.write(text)

    def as_data(self, output: str, value: Any) -> bool:
        """Write a value as `json` or `yaml` where that was asked for; say whether it was."""
        if output == "json":
            self.json(value)
        elif output == "yaml":
            self.yaml(value)
        return output in ("json", "yaml")

    def flush(self) -> None:
        """Let everything out: who reads over a pipe waits for it."""
        self._out.flush()

    def _write(self, stream: IO[str], parts: Sequence[Shown]) -> None:
        cells = [_cell(part) for part in parts]
        if styled(stream) and any(cell.style for cell in cells):
            console = _console(stream)
            console.print(*(_rich(cell) for cell in cells), sep="", soft_wrap=True)
            return
        stream.write("".join(cell.text for cell in cells).rstrip() + "\n")

    def _rich_table(self, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        from rich.measure import Measurement  # noqa: PLC0415 - slow to load; only where a person looks
        from rich.table import Table  # noqa: PLC0415 - same
        from rich.text import Text  # noqa: PLC0415 - same

        table = Table(box=None, pad_edge=False, header_style=STRONG, padding=(0, 2, 0, 0))
        last = len(heads) - 1
        for number, head in enumerate(heads):
            widest = max((len(row[number].text) for row in rows), default=0)
            narrowest = None if number < last else min(widest, READABLE)
            title = Text(clean_line(head).upper())
            table.add_column(title, overflow="fold", no_wrap=number < last, min_width=narrowest)
        for row in rows:
            table.add_row(*(_rich(cell) for cell in row))
        console = _console(self._out)
        # Names are copied, so only the last column is folded; what is still too wide is the terminal's to fold.
        needed = Measurement.get(console, console.options.update(max_width=WIDEST), table).minimum
        console.width = max(console.width, needed)
        console.print(table)


def styled(stream: IO[str]) -> bool:
    """Say whether a stream is a terminal on which colours are wanted."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def state(text: str) -> Cell:
    """Return a condition's status or a step's result in its colour."""
    return Cell(text, STYLES.get(text, ""))


def condition_state(type_: str, status: str) -> Cell:
    """Return a condition's status in the colour of how good that is."""
    if type_ in CALM:
        return Cell(status, WAITING if status == "True" else "")
    return state(status)


def _cell(part: Shown, *, row: bool = False) -> Cell:
    """Return a part that may be shown on one line; outside of tables its spaces stay as they are."""
    cell = part if isinstance(part, Cell) else Cell("" if part is None else part)
    text = clean_line(cell.text) if row else clean(cell.text).replace("\n", " ").replace("\t", " ")
    return Cell(text, cell.style)


def _rich(cell: Cell) -> Any:
    from rich.text import Text  # noqa: PLC0415 - slow to load; only where a person looks

    return Text(cell.text, style=cell.style)


def _console(stream: IO[str]) -> Console:
    from rich.console import Console  # noqa: PLC0415 - slow to load; only where a person looks

    return Console(file=stream, markup=False, highlight=False, emoji=False)
