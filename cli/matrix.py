"""The resolution matrix for people: clusters down, consumers across, one mark for each. Pure: answers in, rows out.

An app from before there were consumers says only what the jump server saw: that is the hub's row then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, Any]

OK, NO, UNKNOWN = "ok", "no", "?"
"""It is as it should be; it is not; nobody could be asked. Words, so that they work without colours."""

HUB = "hub"
ORDER = (HUB, "dns", "spoke", "on-premises")
"""In which order consumers stand; what is none of these stands last."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one consumer saw of one cluster."""

    consumer: str
    mark: str
    row: Json

    def text(self, name: str) -> str:
        """Return a member of the row as text; empty where it is not there."""
        return str(self.row.get(name) or "")


@dataclass(frozen=True, slots=True)
class Line:
    """One cluster with everything that was seen of it."""

    item: Json
    seen: tuple[Seen, ...]

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return str(self.item.get("cluster") or "")

    def of(self, consumer: str) -> Seen | None:
        """Return what one consumer saw; None where it does not have to resolve this cluster."""
        return next((one for one in self.seen if one.consumer == consumer), None)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The clusters of one hub, and all consumers that any of them has."""

    hub: str
    consumers: tuple[str, ...]
    lines: tuple[Line, ...]


def matrices(items: Iterable[Json]) -> list[Matrix]:
    """Return a matrix for each hub, in the order in which they come."""
    of: dict[str, list[Line]] = {}
    for item in items:
        of.setdefault(str(item.get("hub") or ""), []).append(_line(item))
    return [Matrix(hub, _consumers(lines), tuple(lines)) for hub, lines in of.items()]


def _line(item: Json) -> Line:
    rows = [row for row in item.get("consumers") or () if isinstance(row, dict)] or [_of_hub(item)]
    return Line(item, tuple(Seen(str(row.get("consumer") or ""), _mark(row), row) for row in rows))


def _of_hub(item: Json) -> Json:
    """Return what the jump server saw as the row that it would be."""
    evidence = item.get("evidence")
    told = {name: item.get(name) for name in ("resolves", "answers", "checked")}
    told |= {"consumer": HUB, "message": item.get("message") or "not checked yet"}
    return told | {"output": evidence.get("output") if isinstance(evidence, dict) else None}


def _mark(row: Json) -> str:
    """Return what holds; only machines that stand there connect, the others are asked for the name alone."""
    found = (row.get("resolves"), row.get("answers"))
    if "False" in found:
        return NO
    wanted = found if row.get("consumer") == HUB else found[:1]
    return OK if all(one == "True" for one in wanted) else UNKNOWN


def _consumers(lines: Sequence[Line]) -> tuple[str, ...]:
    names = dict.fromkeys(seen.consumer for line in lines for seen in line.seen)
    return tuple(sorted(names, key=_rank))


def _rank(consumer: str) -> int:
    kind = consumer.partition("/")[0]
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def unsettled(line: Line) -> str:
    """Return the words of the cluster itself where it is not said that it fails although a consumer does.

    So it is while the endpoint has just moved: caches end by themselves.
    """
    wrong = any(one.mark == NO for one in line.seen)
    open_ = "False" not in (line.item.get("resolves"), line.item.get("answers"))
    return str(line.item.get("message") or "") if wrong and open_ else ""


def mend(message: str) -> tuple[str, str]:
    """Return what is wrong, and what to do about it where that is said."""
    wrong, said, todo = message.partition(" What to do: ")
    return wrong, f"What to do: {todo}" if said else ""
