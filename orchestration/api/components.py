"""The named parts of the description: schemas from the models, headers, and how callers say who they are."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from pydantic.json_schema import models_json_schema

from orchestration.api import answers, backups, overview, resolving
from orchestration.triggers.decisions import LONGEST
from shared.model.document import MODELS
from shared.model.part import Part

Json = dict[str, Any]

REF = "#/components/schemas/{model}"
ANSWERS: tuple[type[Part], ...] = (
    answers.Problem,
    answers.Plan,
    answers.History,
    answers.Audit,
    answers.Woken,
    answers.Swept,
    answers.Events,
    answers.Taken,
    answers.Handshake,
    answers.Health,
    answers.Topology,
    resolving.Resolution,
    resolving.HubDns,
    overview.Overview,
    backups.Backup,
    backups.Restored,
    backups.RestorePart,
)


class Decision(Part):
    """What a person decides about a plan."""

    hash: str = Field(min_length=1)
    """The hash of the plan that they saw."""
    decision: Literal["approve", "reject"] = "approve"
    reason: str = Field(default="", max_length=LONGEST)
    by: str = Field(default="", max_length=LONGEST)
    """A name; it counts only where the platform signs nobody in."""


SOME = {"type": "string", "minLength": 1}
EVENT: Json = {
    "type": "object",
    "anyOf": [
        {"required": ["eventType"], "properties": {"eventType": SOME}},
        {"required": ["specversion", "type"], "properties": {"specversion": {"const": "1.0"}, "type": SOME}},
    ],
}

IGNORED: Json = {"description": "Spokewright's own to write; ignored."}

OTHERS: dict[str, Json] = {
    "AzureEvents": {
        "description": "Events in the Event Grid schema or as CloudEvents: one, or a list.",
        "oneOf": [EVENT, {"type": "array", "items": EVENT}],
    },
    "OpenApi": {"type": "object", "required": ["openapi", "info", "paths"]},
    "Text": {"type": "string"},
}

HEADERS: dict[str, str] = {
    "ETag": "The version; for `If-Match` and `If-None-Match`.",
    "Location": "Where to look.",
    "Preference-Applied": "`respond-async`, where that was preferred.",
    "WWW-Authenticate": "How to sign in, where people do: by a bearer token.",
    "Retry-After": "Seconds to wait before the next try, where it heals by waiting.",
    "WebHook-Allowed-Origin": "Who may deliver: who asked.",
    "WebHook-Allowed-Rate": "How often: as often as they want.",
}
SOMETIMES = ("Preference-Applied", "Retry-After", "WWW-Authenticate")
"""Headers that do not come with every such answer."""

SECURITY: dict[str, Json] = {
    "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key."},
    "functionKeyInQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "code",
        "description": "A function key, for callers that have no headers, such as webhooks.",
    },
    "entraId": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "An access token of Entra ID for the app, where people sign in (SPOKEWRIGHT_ACCESS is entra): no key then "
            "opens anything, and each operation says which app role it needs."
        ),
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "AppServiceAuthSession",
        "description": (
            "The session of a browser that signed in at `/.auth/login/aad`. A change with it has to carry the header "
            "`X-Spokewright-Request`, which pages of other sites cannot send."
        ),
    },
}


def schemas() -> dict[str, Json]:
    """Return every schema by its name; of a document, one for what is stored and one for what may be asked for."""
    models: list[type[Part]] = [*MODELS.values(), *ANSWERS, Decision]
    _, described = models_json_schema([(model, "validation") for model in models], by_alias=True, ref_template=REF)
    found = described["$defs"]
    lists = {f"{kind}List": _list(kind) for kind in MODELS}
    requests = {f"{kind}Request": _request(found[kind]) for kind in MODELS}
    metadata = {"MetadataRequest": _request_metadata(found["Metadata"])}
    return dict(sorted({**found, **lists, **requests, **metadata, **OTHERS}.items()))


def _request(document: Json) -> Json:
    """Return what may be sent: a document as it was read is fine, what only Spokewright writes in it is ignored."""
    ours = {"metadata": {"$ref": REF.format(model="MetadataRequest")}, "status": IGNORED}
    return document | {"properties": document["properties"] | ours}


def _request_metadata(metadata: Json) -> Json:
    ours = {name: IGNORED for name in metadata["properties"] if name != "name"}
    return metadata | {"properties": metadata["properties"] | ours}


def headers() -> dict[str, Json]:
    """Return every header of answers by its name."""
    return {
        name: {"description": about, "required": name not in SOMETIMES, "schema": {"type": "string"}}
        for name, about in HEADERS.items()
    }


def _list(kind: str) -> Json:
    items = {"type": "array", "items": {"$ref": REF.format(model=kind)}}
    after = {"type": "string", "description": "The last name, where more follow."}
    return {"type": "object", "required": ["items"], "properties": {"items": items, "after": after}}
