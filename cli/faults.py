"""What is wrong in a document as far as its JSON Schema can tell, each with its JSON path, in the API's own words.

Rules between fields and between documents are beyond it: the API has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from cli.errors import Misused
from cli.kinds import KINDS, Kind, kind_of
from cli.schema import schema_of
from cli.wording import SHOWN, shown, words

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Json = dict[str, Any]
Fault = tuple[str, str]
"""Where, as a JSON path, and what to do."""

NAMES = ", ".join(kind.name for kind in KINDS[:-1]) + f" or {KINDS[-1].name}"
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def faults_of(body: Json) -> list[Fault]:
    """Return every fault of a document, each once; what only the app writes into it counts as little as for the API."""
    try:
        kind = kind_of(str(body.get("kind") or ""))
    except Misused:
        return [("$.kind", _unknown_kind(body))]
    if body["kind"] != kind.name:
        return [("$.kind", _unknown_kind(body))]
    found = [fault for error in _validator(kind).iter_errors(asked_in(body)) for fault in _faults(error)]
    return list(dict.fromkeys(fault for fault in found if not _follows(fault, found)))


def asked_in(body: Json) -> Json:
    """Return a document without what the app writes into it: its status, and its own part of the metadata."""
    asked = {name: value for name, value in body.items() if name != "status"}
    if isinstance(metadata := asked.get("metadata"), dict):
        ours = schema_of(KINDS[0])["$defs"]["Metadata"]["properties"].keys() - {"name"}
        asked["metadata"] = {name: value for name, value in metadata.items() if name not in ours}
    return asked


def join(path: str, *steps: str | int) -> str:
    """Return the JSON path that leads further, as the API writes it: `$.spec.tags['cost centre']`."""
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


@cache
def _validator(kind: Kind) -> Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to load; only `validate` and `init` need it
    from jsonschema.validators import extend  # noqa: PLC0415 - same

    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    return extend(Draft202012Validator, type_checker=checker)(schema_of(kind))  # type: ignore[no-any-return, no-untyped-call]


def _faults(error: Any) -> Iterator[Fault]:
    """Yield what one error of the schema says; of `this or null` what this one's errors say."""
    schema, limit = error.schema, error.validator_value
    if error.validator == "type" and schema.keys() & {"enum", "const"}:
        return  # that it is none of those is said anyway
    if error.validator == "anyOf":
        for inner in error.context or ():
            if inner.validator_value != "null":
                yield from _faults(inner)
        return
    path = join("$", *error.absolute_path)
    if error.validator == "required":
        yield from ((join(path, name), "is required; add it") for name in limit if name not in error.instance)
    elif error.validator == "additionalProperties":
        known = schema.get("properties") or {}
        for name in error.instance.keys() - known.keys():
            yield join(path, name), "is not a known field; remove it or correct its name"
    elif error.parent is None and "propertyNames" in error.absolute_schema_path:
        yield join(path, str(error.instance)), words(error)
    else:
        yield path, words(error)


def _follows(fault: Fault, found: list[Fault]) -> bool:
    """Say whether a fault only follows from another: what is too long does not match either."""
    path, message = fault
    longer = any(other == path and "are allowed" in words and words != message for other, words in found)
    return longer and " is not " in message


def _unknown_kind(body: Json) -> str:
    if "kind" not in body:
        return f"is required; use {NAMES}"
    return f"{shown(body['kind'])} is not a kind of document; use {NAMES}"
