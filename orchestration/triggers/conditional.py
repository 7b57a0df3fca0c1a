"""Answers that a caller who looks often gets only when they changed: entity tags, and 304 where nothing did."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import azure.functions as func

if TYPE_CHECKING:
    from collections.abc import Mapping

IF_NONE_MATCH = "If-None-Match"


def tag_of(body: Any) -> str:
    """Return a strong entity tag of what an answer says."""
    return quoted(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32])


def quoted(version: str) -> str:
    """Return a version as HTTP writes it, in quotes; Table Storage's has them already."""
    return version if version.endswith('"') else f'"{version}"'


def same(headers: Mapping[str, str], tag: str) -> bool:
    """Say whether the caller has this version; tags are compared weakly, as RFC 9110 says of If-None-Match."""
    given = tags(headers, IF_NONE_MATCH)
    return "*" in given or _strong(tag) in map(_strong, given)


def tags(headers: Mapping[str, str], name: str) -> set[str]:
    """Return the entity tags in a header; empty where it is not given."""
    return {part.strip() for part in headers.get(name, "").split(",")} - {""}


def answer(headers: Mapping[str, str], body: Any, tag: str) -> func.HttpResponse:
    """Return the body with its tag, or 304 for a caller who has it."""
    told = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if same(headers, tag):
        return func.HttpResponse(status_code=304, headers=told)
    return func.HttpResponse(json.dumps(body), mimetype="application/json", headers=told)


def _strong(tag: str) -> str:
    return tag.removeprefix("W/")
