"""The published JSON Schemas of documents, as they ship with the command line, read field by field.

They are a copy of docs/schemas that `python -m docs.generate` makes and a test compares.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import Misused
from cli.kinds import KINDS, kind_of

if TYPE_CHECKING:
    from cli.kinds import Kind

    Json = dict[str, Any]

FOLDER = Path(__file__).parent / "schemas"
BRACKETS = re.compile(r"\[\w*\]")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a document: what the schema says of it, and what holds for its value."""

    name: str
    said: Json
    """The field's own schema, with its default and description."""
    schema: Json
    """The schema of the value: of a list's item, without null."""
    root: Json = field(repr=False)
    required: bool = False
    many: bool = False
    nullable: bool = False

    @property
    def type(self) -> str:
        """The type, as `kubectl explain` writes it."""
        return f"[]{_type(self.schema)}" if self.many else _type(self.schema)

    @property
    def description(self) -> str:
        """What it is for: the field's own words, and those of what it holds."""
        own, held = str(self.said.get("description") or ""), str(self.schema.get("description") or "")
        return "\n".join(dict.fromkeys(text for text in (own, held) if text))

    @property
    def default(self) -> str:
        """What holds where it is left out; empty where that is nothing, or said by its members."""
        value = self.said.get("default")
        return "" if value is None or value == [] or isinstance(value, dict) else json.dumps(value)

    @property
    def fields(self) -> list[Field]:
        """The fields below it, in the order of their names, those that are required first."""
        required = self.schema.get("required") or ()
        found = [_field(name, said, self.root, name in required) for name, said in _members(self.schema).items()]
        return sorted(found, key=lambda one: not one.required)


@cache
def schema_of(kind: Kind) -> Json:
    """Return the schema of a kind."""
    return dict(json.loads((FOLDER / f"{kind.word}.schema.json").read_text(encoding="utf-8")))


def document_of(kind: Kind) -> Field:
    """Return a kind's document as the field that holds all others; `status` is the app's own, and left out."""
    root = schema_of(kind)
    asked = {name: said for name, said in _members(root).items() if name != "status"}
    return Field(kind.name, root, root | {"properties": asked}, root, required=True)


def find(path: str) -> tuple[Kind, list[Field]]:
    """Return the kind and the fields along a path such as `cluster.spec.nodePools`; raise Misused where there is none.

    The first one is the document itself.
    """
    word, *names = BRACKETS.sub("", path).split(".")
    kind = kind_of(word)
    found = [document_of(kind)]
    for name in names:
        found.append(_below(kind, found, name))
    return kind, found


def _below(kind: Kind, found: list[Field], name: str) -> Field:
    """Return the field of a name below the last one."""
    known = {one.name: one for one in found[-1].fields}
    if name in known:
        return known[name]
    where = ".".join([kind.word, *(one.name for one in found[1:])])
    raise Misused(f"{where} has no field '{name}'", _mend(where, name, known))


def _mend(where: str, name: str, known: dict[str, Field]) -> str:
    if not known:
        return f"{where} has no fields of its own; see `spokewright explain {where}`"
    near = get_close_matches(name, known, n=1)
    inside = [one.name for one in known.values() if any(member.name == name for member in one.fields)]
    if inside:
        return f"it is in `spokewright explain {where}.{inside[0]}.{name}`"
    return f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"


def _field(name: str, said: Json, root: Json, required: bool) -> Field:  # noqa: FBT001 - a plain fact
    schema, nullable = _value(said, root)
    many = schema.get("type") == "array"
    if many:
        schema, _ = _value(schema["items"], root)
    return Field(name, said, schema, root, required, many, nullable)


def _value(said: Json, root: Json) -> tuple[Json, bool]:
    """Return the schema behind references and `or null`, and whether null may stand there."""
    nullable = False
    while "$ref" in said or "anyOf" in said:
        if "$ref" in said:
            said = root["$defs"][said["$ref"].rpartition("/")[2]]
        else:
            nullable = {"type": "null"} in said["anyOf"]
            said = next(one for one in said["anyOf"] if one != {"type": "null"})
    return said, nullable


def _members(schema: Json) -> Json:
    return schema.get("properties") or {}


def _type(schema: Json) -> str:
    if "properties" in schema:
        return str(schema.get("title") or "object")
    if schema.get("type") == "object":
        return "map[string]string"
    told = schema.get("type")
    return "string" if isinstance(told, list) else str(told)


def all_documents() -> list[Field]:
    """Return the documents of every kind."""
    return [document_of(kind) for kind in KINDS]
