"""The page of documents: every field with its type, default and meaning, from the schemas of what a person writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.model.document import MODELS
from shared.model.permanence import FIXED
from shared.model.schemas import schema_of

Json = dict[str, Any]
Row = tuple[str, ...]

START = """\
# Documents

What a person writes, and what Spokewright adds. JSON; YAML is for people. Every field that is left out gets its
default, which the stored document shows. An unknown field is an error, named by its JSON path. The same offline, in the
terminal: `spokewright explain hub.spec.firewall`. For editors: the [JSON Schemas](../schemas). To begin with: the
[examples](../../examples/README.md).

What holds between fields and between documents (ranges that overlap, subnets that do not fit) is not here: the app says
it, before anything is stored. Fields marked *fixed* cannot be changed once the document was applied, because what
stands in Azure is placed or named by them.

`apiVersion` is `spokewright/v1`, `kind` one of the three. `metadata.name` is required; the rest of `metadata` and all
of `status` are Spokewright's, and ignored in a request.
"""

COMMON = ("metadata", "status")
HEADS = ("field", "type", "default", "meaning")
SHORT = 60
"""Characters of a default that stand in a table; a longer one is a part's, whose own fields say theirs."""

Table = Callable[[Row, list[Row]], str]


@dataclass(frozen=True, slots=True)
class Section:
    """One object in a document: where it is, what it is, and its schema."""

    path: str
    schema: Json


def page(table: Table, notice: str) -> str:
    """Return the page; `table` renders rows."""
    parts = [notice, START]
    for kind in MODELS:
        schema = schema_of(kind)
        parts.append(f"## {kind}\n\n{schema['description']}\n")
        parts += [_shown(each, schema, table, kind) for each in sections(schema, ("spec",))]
    schema = schema_of("Hub")
    parts.append("## What all documents have\n")
    parts += [_shown(each, schema, table, "") for each in sections(schema, COMMON)]
    return "\n".join(parts)


def sections(schema: Json, roots: tuple[str, ...]) -> Iterator[Section]:
    """Yield each object below some members of a document, parents first."""
    for root in roots:
        yield from _below(root, schema["properties"][root], schema)


def _below(path: str, field: Json, schema: Json) -> Iterator[Section]:
    part, suffix = _object_in(field, schema)
    if part is None:
        return
    here = path + suffix
    yield Section(here, part)
    for name, member in part["properties"].items():
        yield from _below(f"{here}.{name}", member, schema)


def _object_in(field: Json, schema: Json) -> tuple[Json | None, str]:
    """Return the object that a field holds, and how its path goes on: `[]` where the field holds a list of them."""
    if "$ref" in field:
        part = schema["$defs"][field["$ref"].rpartition("/")[2]]
        return (part, "") if "properties" in part else (None, "")
    for choice in field.get("anyOf", ()):
        found, suffix = _object_in(choice, schema)
        if found is not None:
            return found, suffix
    if "items" in field:
        part, suffix = _object_in(field["items"], schema)
        return part, f"[]{suffix}"
    return None, ""


def _shown(section: Section, schema: Json, table: Table, kind: str) -> str:
    rows = [_row(section, name, field, schema, kind) for name, field in section.schema["properties"].items()]
    about = section.schema.get("description", "").split("\n\n", maxsplit=1)[0]
    return f"### `{section.path}`\n\n{about}\n\n{table(HEADS, rows)}"


def _row(section: Section, name: str, field: Json, schema: Json, kind: str) -> Row:
    path = f"{section.path}.{name}".removeprefix("spec.")
    fixed = "*Fixed.*" if path in FIXED.get(kind, ()) and section.path.startswith("spec") else ""
    about = field.get("description") or _about(field, schema)
    meaning = " ".join(filter(None, (_sentence(about), _wording(field), fixed)))
    return f"`{name}`", _type(field, schema), _default(section.schema, name, field), _safe(meaning)


def _about(field: Json, schema: Json) -> str:
    """Return what the object in a field is, for a field that says nothing itself."""
    part, _ = _object_in(field, schema)
    return "" if part is None else part.get("description", "").split("\n\n", maxsplit=1)[0]


def _type(field: Json, schema: Json) -> str:
    """Return what a field holds, in words."""
    if "anyOf" in field:
        return " or ".join(_type(choice, schema) for choice in field["anyOf"])
    if "$ref" in field:
        return "object"
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_type(field['items'], schema)}" if "items" in field else "list"
    if field.get("type") == "object":
        return "map"
    types = field.get("type", "any")
    return (types if isinstance(types, str) else " or ".join(types)) + _bounds(field)


def _bounds(field: Json) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is None and high is None:
        return ""
    return f", {low} to {high}" if high is not None else f", at least {low}"


def _default(part: Json, name: str, field: Json) -> str:
    if name in part.get("required", ()):
        return "required"
    if "default" not in field:
        return {"object": "`{}`", "array": "see below"}.get(str(field.get("type")), "see there")
    text = json.dumps(field["default"])
    return f"`{text}`" if len(text) <= SHORT else "see its fields"


def _wording(field: Json) -> str:
    """Return what a text has to be like, as the message of one that is not says it."""
    for each in (field, *field.get("anyOf", ()), field.get("items", {})):
        wording = str(each.get("patternErrorMessage", ""))
        if wording:
            return _sentence(wording.removeprefix("is not "))
    return ""


def _sentence(text: str) -> str:
    return text and text[0].upper() + text[1:].rstrip(".") + "."


def _safe(text: str) -> str:
    """Return a text that a table takes as it is."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*.", "\\*.")
