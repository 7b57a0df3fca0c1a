"""What an app told of itself, read back from the file of `SPOKEWRIGHT_TELEMETRY=file:PATH`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]

DOCUMENT, RESOURCE, STEP, RUN = (f"spokewright.{name}" for name in ("document", "resource", "step", "run"))


@dataclass(frozen=True, slots=True)
class Span:
    """One span, as its line says it."""

    line: Json

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.line["name"])

    @property
    def key(self) -> tuple[str, str]:
        """Trace and span id."""
        return self.line["trace"], self.line["span"]

    @property
    def parent(self) -> tuple[str, str] | None:
        """Trace and span id of what it is a part of."""
        return (self.line["trace"], self.line["parent"]) if self.line["parent"] else None

    @property
    def context(self) -> str:
        """The context as it goes over the wire."""
        return f"00-{self.line['trace']}-{self.line['span']}-01"

    @property
    def links(self) -> list[tuple[str, str]]:
        """What else led to it."""
        return [(link["trace"], link["span"]) for link in self.line["links"]]

    @property
    def times(self) -> tuple[datetime, datetime]:
        """When it began and ended."""
        return datetime.fromisoformat(self.line["start"]), datetime.fromisoformat(self.line["end"])

    def __getitem__(self, attribute: str) -> Any:
        return self.line["attributes"].get(attribute)


@dataclass(frozen=True, slots=True)
class Told:
    """Everything in one file."""

    text: str
    lines: tuple[Json, ...]

    @classmethod
    def read(cls, path: Path) -> Told:
        """Read a file; what is written last may be half a line."""
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        return cls(whole, tuple(json.loads(line) for line in whole.splitlines()))

    @property
    def spans(self) -> tuple[Span, ...]:
        """All spans, in the order in which they ended."""
        return tuple(Span(line) for line in self.lines if line["signal"] == "span")

    @property
    def logs(self) -> tuple[Json, ...]:
        """All log lines."""
        return tuple(line for line in self.lines if line["signal"] == "log")

    @property
    def metrics(self) -> tuple[Json, ...]:
        """Every series each time it was measured."""
        return tuple(line for line in self.lines if line["signal"] == "metric")

    def named(self, start: str) -> list[Span]:
        """Return the spans whose name begins so."""
        return [span for span in self.spans if span.name.startswith(start)]

    def above(self, span: Span) -> Iterator[Span]:
        """Yield what a span is a part of, from the nearest out."""
        known = {each.key: each for each in self.spans}
        while span.parent is not None and span.parent in known:
            span = known[span.parent]
            yield span


def twice(values: Iterable[Any]) -> list[Any]:
    """Return what is there more than once."""
    return [value for value, count in Counter(values).items() if count > 1]
