"""Steps on a time axis, and the chain of them that decided how long it took. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: seconds from the start of everything, and whether it is on the critical path."""

    label: str
    document: str
    begin: float
    end: float
    result: str
    critical: bool = False

    @property
    def seconds(self) -> float:
        """How long it took, in Azure's time."""
        return self.end - self.begin


def bars(entries: Sequence[Json]) -> list[Bar]:
    """Return the finished steps by their beginning, with the critical path marked."""
    finished = [entry for entry in entries if entry.get("ended")]
    if not finished:
        return []
    origin = min(_time(entry["started"]) for entry in finished)
    found = [
        Bar(
            _label(entry),
            entry["document"],
            _time(entry["started"]) - origin,
            _time(entry["ended"]) - origin,
            entry["result"],
        )
        for entry in finished
    ]
    path = critical_path(found)
    marked = [
        Bar(bar.label, bar.document, bar.begin, bar.end, bar.result, critical=index in path)
        for index, bar in enumerate(found)
    ]
    return sorted(marked, key=lambda bar: (bar.begin, bar.end))


def critical_path(found: Sequence[Bar]) -> set[int]:
    """Return the positions of the chain that ends last: before each step, the one whose end it waited for."""
    path: set[int] = set()
    current = max(range(len(found)), key=lambda index: found[index].end)
    while current not in path:
        path.add(current)
        before = [
            index for index in range(len(found)) if index not in path and found[index].end <= found[current].begin
        ]
        if not before:
            break
        current = max(before, key=lambda index: (found[index].end, found[index].seconds))
    return path


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _label(entry: Json) -> str:
    resource = (entry.get("resourceId") or "").rstrip("/").split("/")
    if entry["action"] == "verify":
        return "verify from the jump server"
    name = resource[-1] if len(resource[-1]) <= 30 else resource[-1][:29] + "…"  # noqa: PLR2004 - fits the column
    return f"{entry['action']} {_kind(resource[-2])} {name}"


def _kind(collection: str) -> str:
    """Return a collection's name in words: `virtualNetworkLinks` as `virtual network link`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in collection)
    words = words.replace("i p", "IP").strip()
    for plural, singular in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if words.endswith(plural):
            return words.removesuffix(plural) + singular
    return words
