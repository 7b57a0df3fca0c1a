"""Documents in and out: JSON to Hub, Spoke or Cluster with every problem named by its JSON path, and back.

It must not read YAML or know where documents are stored.
"""

import json
from typing import Any

from pydantic import ValidationError

from shared.model.cluster import Cluster
from shared.model.envelope import KINDS, DocumentKey, Metadata, Status
from shared.model.errors import Invalid, Problem
from shared.model.hub import Hub
from shared.model.part import Part
from shared.model.problems import problems_of, unknown_fields, unknown_kind
from shared.model.spoke import Spoke

__all__ = [
    "KINDS",
    "MODELS",
    "Document",
    "DocumentKey",
    "Metadata",
    "Status",
    "key_of",
    "parse_document",
    "parse_request",
    "to_json",
]

Document = Hub | Spoke | Cluster
MODELS: dict[str, type[Hub | Spoke | Cluster]] = {"Hub": Hub, "Spoke": Spoke, "Cluster": Cluster}


def parse_document(data: Any, path: str = "$") -> Document:
    """Return the document; raise Invalid with a Problem for every error, their paths beginning with `path`."""
    if not isinstance(data, dict) or data.get("kind") not in KINDS:
        raise Invalid([unknown_kind(data, path)])
    try:
        # Strictness knows JSON's types only when it is given JSON: a list for a tuple, text for a time.
        return MODELS[data["kind"]].model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise Invalid(problems_of(error, path)) from None


def parse_request(data: Any, path: str = "$") -> Document:
    """Return what a requester asks for: like `parse_document`, without what only Spokewright may write.

    A document that was read, changed and sent back is fine; its status and the rest of its metadata are ignored.
    """
    if not isinstance(data, dict):
        return parse_document(data, path)
    asked, unknown = {name: value for name, value in data.items() if name != "status"}, list[Problem]()
    if isinstance(metadata := asked.get("metadata"), dict):
        ours = {field.alias for name, field in Metadata.model_fields.items() if name != "name"}
        rest = {name: value for name, value in metadata.items() if name not in ours}
        asked["metadata"] = rest
        unknown = unknown_fields(f"{path}.metadata", [name for name in rest if name != "name"])
    try:
        document = parse_document(asked, path)
    except Invalid as error:
        raise Invalid([*error.problems, *unknown]) from None
    if unknown:
        raise Invalid(unknown)
    return document


def to_json(part: Part) -> dict[str, Any]:
    """Return the JSON form with every default visible, in the order in which the fields are declared."""
    return part.model_dump(mode="json", by_alias=True)


def key_of(data: dict[str, Any]) -> DocumentKey:
    """Return the key of a document in its JSON form, as it is stored."""
    return DocumentKey(data["kind"], data["metadata"]["name"])
