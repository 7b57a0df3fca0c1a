"""A document with the defaults of what it leaves out, from the published schemas, so that it can be compared. Pure.

A field whose default is nothing, or follows from other fields, is left out as it was: only the app knows it.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from cli.schema import Field, document_of

if TYPE_CHECKING:
    from cli.kinds import Kind

    Json = dict[str, Any]


def with_defaults(kind: Kind, body: Json, stored: Json) -> Json:
    """Return a document of a kind as the app would store what is asked for, as far as that can be said here.

    Only members that are stored now are filled in: an app that is older than these schemas does not know the others.
    """
    return dict(_completed(body, stored, document_of(kind)))


def _completed(value: Any, stored: Any, field: Field) -> Any:
    if isinstance(value, list) and field.many:
        before = stored if isinstance(stored, list) else []
        return [_members(item, one, field) for item, one in zip_longest(value, before[: len(value)])]
    return value if field.many else _members(value, stored, field)


def _members(value: Any, stored: Any, field: Field) -> Any:
    """Return an object with the members that it leaves out and that have a default of their own."""
    if not isinstance(value, dict):
        return value
    known = {one.name: one for one in field.fields}
    before = stored if isinstance(stored, dict) else dict.fromkeys(known)
    written = {
        name: _completed(inner, before.get(name), known[name]) if name in known else inner
        for name, inner in value.items()
    }
    left_out = {name: known[name].said.get("default") for name in before if name in known and name not in value}
    return written | _known(left_out)


def _known(defaults: Json) -> Json:
    """Return the defaults that are values: null stands for one that the app works out."""
    found = {name: _known(value) if isinstance(value, dict) else value for name, value in defaults.items()}
    return {name: value for name, value in found.items() if value is not None}
