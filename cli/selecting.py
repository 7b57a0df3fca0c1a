"""Filters of lists: labels (`spec.tags`) and fields by dotted paths, equal or not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cli.errors import Misused

Json = dict[str, Any]
Test = Callable[[Json], bool]
ABSENT = object()


def selector(labels: Sequence[str], fields: Sequence[str]) -> Test:
    """Return the question whether a document fits all labels and fields."""
    tests = [_label(part) for part in _parts(labels)] + [_field(part) for part in _parts(fields)]
    return lambda document: all(test(document) for test in tests)


def _parts(given: Iterable[str]) -> list[str]:
    return [part.strip() for one in given for part in one.split(",") if part.strip()]


def _label(text: str) -> Test:
    """Read `name=value`, `name!=value`, `name` (it is there) or `!name` (it is not)."""
    if "=" not in text:
        wanted = not text.startswith("!")
        name = text.removeprefix("!")
        return lambda document: (name in _tags(document)) is wanted
    name, value, equal = _equation(text)
    return lambda document: (str(_tags(document).get(name, "")) == value) is equal


def _field(text: str) -> Test:
    """Read `spec.location=westeurope`, or the same with `!=`."""
    if "=" not in text:
        raise Misused(f"'{text}' is not a filter of a field", "write it as spec.location=westeurope")
    path, value, equal = _equation(text)
    return lambda document: (_spoken(value_at(document, path)) == value) is equal


def _equation(text: str) -> tuple[str, str, bool]:
    name, _, value = text.partition("=")
    equal = not name.endswith("!")
    return name.removesuffix("!").strip(), value.removeprefix("=").strip(), equal


def _tags(document: Json) -> Json:
    tags = (document.get("spec") or {}).get("tags")
    return tags if isinstance(tags, dict) else {}


def value_at(document: Any, path: str) -> Any:
    """Return what is at a dotted path, members of lists by their position; ABSENT where there is nothing."""
    found = document
    for name in path.removeprefix("$").strip(".").split("."):
        if isinstance(found, dict):
            found = found.get(name, ABSENT)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return ABSENT
    return found


def _spoken(value: Any) -> str:
    if value is ABSENT or value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
