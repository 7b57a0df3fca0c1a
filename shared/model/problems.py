"""Validation errors in plain words: where (a JSON path as the document was written) and what to do about it.

The only place that knows how pydantic names its errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from shared.model.errors import Problem
from shared.model.part import FAULTS
from shared.model.values import MISSING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHOWN = 100
"""Characters of a wrong value, or of a step of a path, that a problem repeats."""
DIGITS = 20
"""Digits of a wrong number that a message repeats."""
LIMIT = 100
"""Problems that are named; a document with more is not what it should be at all."""
FOLLOWS = frozenset({"default_factory_not_called"})
"""Errors that always follow from another one."""

Words = Callable[[Mapping[str, Any], Any], str]

WORDS: dict[str, Words] = {
    "json_invalid": lambda context, _: _unreadable(str(context["error"])),
    MISSING: lambda _, __: "is required; add it",
    "extra_forbidden": lambda _, __: "is not a known field; remove it or correct its name",
    "literal_error": lambda context, value: f"{_shown(value)} is not allowed; use {context['expected']}",
    "string_type": lambda _, value: f"must be text, but is {_kind(value)}; write it in quotes",
    "int_type": lambda _, value: f"must be a whole number, but is {_kind(value)}",
    "int_from_float": lambda _, value: f"must be a whole number, but is {_kind(value)}",
    "bool_type": lambda _, value: f"must be true or false, but is {_kind(value)}",
    "tuple_type": lambda _, value: f"must be a list, but is {_kind(value)}",
    "dict_type": lambda _, value: f"must be an object of names and values, but is {_kind(value)}",
    "model_type": lambda _, value: f"must be an object, but is {_kind(value)}",
    "greater_than_equal": lambda context, value: f"must be at least {context['ge']}, but is {_number(value)}",
    "less_than_equal": lambda context, value: f"must be at most {context['le']}, but is {_number(value)}",
    "too_short": lambda context, _: f"needs at least {context['min_length']} of them; add one",
    "string_too_long": lambda context, _: f"must have at most {context['max_length']} characters",
    "string_too_short": lambda context, _: f"must have at least {context['min_length']} characters",
    "string_pattern_mismatch": lambda context, value: f"{_shown(value)} does not match {context['pattern']}",
}
LITERALS = {
    "plugin": {
        "kubenet": "is retired in 2028, and fails in a private cluster with its own DNS and route table; use azure",
    },
}
"""By field: values that people know, and why they are refused."""


def problems_of(error: ValidationError, path: str) -> tuple[Problem, ...]:
    """Return a problem for each error, each with its path below `path`."""
    found = error.errors(include_url=False)
    all_ = [problem for details in found if not _follows(details, found) for problem in _problems(details, path)]
    if len(all_) > LIMIT:
        return (*all_[:LIMIT], Problem(path, f"has {len(all_) - LIMIT} more problems; correct these first"))
    return tuple(all_)


def unknown_fields(path: str, names: list[str]) -> list[Problem]:
    """Return the problems of fields that are not known, as far as they are named."""
    return [Problem(join(path, name), WORDS["extra_forbidden"]({}, None)) for name in names[:LIMIT]]


def unknown_kind(data: Any, path: str) -> Problem:
    """Return the problem of something that is no document of ours."""
    if not isinstance(data, dict):
        return Problem(path, f"must be a document (an object), but is {_kind(data)}")
    if "kind" not in data:
        return Problem(f"{path}.kind", "is required; use Hub, Spoke or Cluster")
    return Problem(f"{path}.kind", f"{_shown(data['kind'])} is not a kind of document; use Hub, Spoke or Cluster")


def join(path: str, *steps: str | int) -> str:
    """Return the JSON path that leads `steps` further: `$.spec.nodePools[0]`, `$.spec.tags['cost centre']`."""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif len(step) > SHOWN:
            path = join(path, step[: SHOWN - 1] + "…")
        elif PLAIN_NAME.fullmatch(step):
            path += f".{step}"
        else:
            path += "['" + step.replace("\\", "\\\\").replace("'", "\\'") + "']"
    return path


def _problems(details: ErrorDetails, path: str) -> Iterator[Problem]:
    location, context = details["loc"], details.get("ctx", {})
    if location[-1:] == ("[key]",) and details["input"] == location[-2]:
        # pydantic marks an error in a mapping's key, rather than its value, by a last step of its own.
        location = location[:-1]
    if details["type"] == MISSING:
        # Where a default is refused, pydantic names the field as in Python.
        location = (*location[:-1], to_camel(str(location[-1])))
    place = join(path, *location)
    if details["type"] == FAULTS:
        for steps, message in context[FAULTS]:
            yield Problem(join(place, *steps), message)
        return
    if details["type"] in WORDS:
        yield Problem(place, _known(location, details["input"]) or WORDS[details["type"]](context, details["input"]))
        return
    yield Problem(place, details["msg"])


def _follows(details: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Say whether an error only follows from another one: a list is called short when its items are wrong."""
    if details["type"] == "too_short":
        location = details["loc"]
        return any(other["loc"][: len(location)] == location and other is not details for other in found)
    return details["type"] in FOLLOWS


def _known(location: tuple[int | str, ...], value: Any) -> str:
    """Return why a well-known value is refused at this field, if it is."""
    field = LITERALS.get(str(location[-1]), {}) if location else {}
    reason = field.get(value) if isinstance(value, str) else None
    return f"{_shown(value)} {reason}" if reason else ""


def _unreadable(reason: str) -> str:
    if "recursion" in reason:
        return "is nested too deeply to be a document"
    return "holds a broken character (half of a surrogate pair); remove it"


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {_number(value)}"
        case str():
            return f"the text {_shown(value)}"
        case list():
            return "a list"
        case _:
            return "an object"


def _number(value: float) -> str:
    text = str(value)
    return text if len(text) <= DIGITS else f"{text[:DIGITS]}…"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"'{text[:SHOWN]}'" if len(text) <= SHOWN else f"'{text[:SHOWN]}…'"
