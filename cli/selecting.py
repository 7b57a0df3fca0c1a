"""Filters of lists: labels (`spec.tags`) and fields by dotted paths, equal or not. Pure.

Equalities are the API's to judge, and are sent to it; what it cannot be asked is judged here. Both read values alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cli.errors import Misused

Json = dict[str, Any]
Test = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Selector:
    """What documents have to be like."""

    labels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @classmethod
    def of(cls, labels: Sequence[str], fields: Sequence[str]) -> Selector:
        """Return the selector of what was written; raise Misused where it cannot be read."""
        for text in _parts(fields):
            if "=" not in text:
                raise Misused(f"'{text}' is not a filter of a field", "write it as spec.location=westeurope")
        return cls(tuple(_parts(labels)), tuple(_parts(fields)))

    @property
    def params(self) -> dict[str, list[str]]:
        """What the API is asked: the equalities."""
        asked = {"label": _equalities(self.labels), "field": _equalities(self.fields)}
        return {name: values for name, values in asked.items() if values}

    def takes(self, document: Json) -> bool:
        """Say whether a document fits all of it."""
        return all(_label_fits(document, text) for text in self.labels) and all(
            _field_fits(document, text) for text in self.fields
        )


def _parts(given: Iterable[str]) -> list[str]:
    return [part.strip() for one in given for part in one.split(",") if part.strip()]


def _equalities(texts: Iterable[str]) -> list[str]:
    read = [_equation(text) for text in texts if "=" in text]
    return [f"{name}={value}" for name, value, equal in read if equal]


def _equation(text: str) -> tuple[str, str, bool]:
    name, _, value = text.partition("=")
    return name.removesuffix("!").strip(), value.removeprefix("=").strip(), not name.endswith("!")


def _label_fits(document: Json, text: str) -> bool:
    """Judge `name=value`, `name!=value`, `name` (it is there) or `!name` (it is not)."""
    tags = (document.get("spec") or {}).get("tags") or {}
    if "=" not in text:
        return (text.removeprefix("!") in tags) is not text.startswith("!")
    name, value, equal = _equation(text)
    return (name in tags and str(tags[name]) == value) is equal


def _field_fits(document: Json, text: str) -> bool:
    """Judge `spec.location=westeurope`, or the same with `!=`; a list fits where it has the value."""
    path, value, equal = _equation(text)
    found = value_at(document, path)
    texts = map(_text, found) if isinstance(found, list) else [_text(found)]
    return (value in texts) is equal


def value_at(document: Any, path: str) -> Any:
    """Return what is at a dotted path, members of lists by their position; None where there is nothing."""
    found = document
    for name in path.split("."):
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _text(value: Any) -> str:
    """Return a value as a filter writes it: text as it is, the rest as in JSON (`true`, `3`, `null`)."""
    return value if isinstance(value, str) else json.dumps(value)
