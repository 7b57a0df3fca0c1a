"""What is wrong with a value, in the words of the API: said from an error of the JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

SAID = "patternErrorMessage"
"""The keyword of the schemas, known to editors, that says what a text is not."""

SHOWN = 100
"""Characters of a wrong value that are repeated."""
DIGITS = 20

Words = Callable[[Any, Any, Json], str]
"""Of the value, the limit in the schema, and the schema."""


def words(error: Any) -> str:
    """Return what a jsonschema ValidationError is about: what is wrong with the value, and what to do."""
    found = WORDS.get(str(error.validator))
    return found(error.instance, error.validator_value, error.schema) if found else str(error.message)


def shown(value: Any) -> str:
    """Return a value as far as it is repeated."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"'{text[:SHOWN]}'" if len(text) <= SHOWN else f"'{text[:SHOWN]}…'"


def _type(value: Any, type_: Any, schema: Json) -> str:
    if SAID in schema and "examples" in schema:  # an address: whatever it is, it is none
        return _said(value, schema)
    is_ = _kind(value)
    if type_ == "object":
        more = "" if "properties" in schema else " of names and values"
        return f"must be an object{more}, but is {is_}"
    needed = {"array": "a list", "integer": "a whole number", "boolean": "true or false"}.get(str(type_))
    return f"must be {needed}, but is {is_}" if needed else f"must be text, but is {is_}; write it in quotes"


def _bound(word: str) -> Words:
    def say(value: Any, limit: Any, schema: Json) -> str:
        return _said(value, schema) if SAID in schema else f"must be at {word} {limit}, but is {_number(value)}"

    return say


def _too_long(value: str, limit: int, schema: Json) -> str:
    if SAID in schema:
        return f"'{value[:SHOWN]}' has {len(value)} characters; at most {limit} are allowed"
    return f"must have at most {limit} characters"


def _pattern(value: str, pattern: str, schema: Json) -> str:
    return _said(value, schema) if SAID in schema else f"{shown(value)} does not match {pattern}"


def _one_of(value: Any, allowed: list[Any], _: Json) -> str:
    *most, last = [repr(one) for one in allowed]
    listed = f"{', '.join(most)} or {last}" if most else last
    return f"{shown(value)} is not allowed; use {listed}"


WORDS: dict[str, Words] = {
    "type": _type,
    "const": lambda value, only, schema: _one_of(value, [only], schema),
    "enum": _one_of,
    "minimum": _bound("least"),
    "maximum": _bound("most"),
    "minItems": lambda _, limit, __: f"needs at least {limit} of them; add one",
    "minLength": lambda _, limit, __: f"must have at least {limit} characters",
    "maxLength": _too_long,
    "pattern": _pattern,
}


def _said(value: Any, schema: Json) -> str:
    return f"'{str(value)[:SHOWN]}' {schema[SAID]}"


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {_number(value)}"
        case str():
            return f"the text {shown(value)}"
        case list():
            return "a list"
        case _:
            return "an object"


def _number(value: float) -> str:
    text = str(value)
    return text if len(text) <= DIGITS else f"{text[:DIGITS]}…"
