"""Which documents of a list are wanted: by readiness, parent, origin, tags and fields. Pure, over stored JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from shared.model.summary import is_ready

Json = dict[str, Any]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a document has to be like; all that is given counts, and nothing given takes all."""

    ready: bool | None = None
    hubs: frozenset[str] | None = None
    """The documents' own member `hub`."""
    spokes: frozenset[str] | None = None
    origin: str | None = None
    labels: tuple[Pair, ...] = ()
    """Names and values of `spec.tags`."""
    fields: tuple[Pair, ...] = ()
    """Dotted paths from the document's root, and their values as text."""

    def takes(self, document: Json) -> bool:
        """Say whether a document is wanted."""
        spec, tags = document["spec"], document["spec"].get("tags") or {}
        return (
            (self.ready is None or is_ready(document) is self.ready)
            and (self.hubs is None or spec.get("hub") in self.hubs)
            and (self.spokes is None or spec.get("spoke") in self.spokes)
            and (self.origin is None or document["metadata"].get("origin", "request") == self.origin)
            and all(tags.get(name) == value for name, value in self.labels)
            and all(_has(document, path, value) for path, value in self.fields)
        )


def _has(document: Json, path: str, wanted: str) -> bool:
    """Say whether the value at a path is this text, or a list that has it."""
    value = _at(document, path)
    return wanted in map(_text, value) if isinstance(value, list) else _text(value) == wanted


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        match value:
            case dict():
                value = value.get(step)
            case list() if step.isascii() and step.isdecimal() and len(step) < 5 and int(step) < len(value):  # noqa: PLR2004 - no list is so long
                value = value[int(step)]
            case _:
                return None
    return value


def _text(value: Any) -> str:
    """Return a value as a query writes it: text as it is, the rest as in JSON (`true`, `3`, `null`)."""
    return value if isinstance(value, str) else json.dumps(value)
