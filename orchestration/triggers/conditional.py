"""Answers that a caller who looks often gets only when they changed: entity tags, and 304 where nothing did.

Larger ones are compressed for whoever takes that. The compressed form has a tag of its own, and either tag means the
same version.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any

import azure.functions as func

from shared.web import forms

if TYPE_CHECKING:
    from collections.abc import Mapping

IF_NONE_MATCH = "If-None-Match"
SMALL = 1024
"""Bytes of a body that is not worth compressing."""
LEVEL = 6
"""Of gzip: higher ones take longer, and save nothing that is worth it."""


def tag_of(body: Any) -> str:
    """Return a strong entity tag of what an answer says."""
    return quoted(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32])


def quoted(version: str) -> str:
    """Return a version as HTTP writes it, in quotes; Table Storage's has them already."""
    return version if version.endswith('"') else f'"{version}"'


def versions(tag: str) -> tuple[str, str]:
    """Return the tags that mean one version: of its plain form, and of the compressed one."""
    return tag, forms.packed_tag(tag)


def tags(headers: Mapping[str, str], name: str) -> set[str]:
    """Return the entity tags in a header; empty where it is not given."""
    return forms.tags(headers.get(name, ""))


def told(headers: Mapping[str, str], body: Any) -> func.HttpResponse:
    """Return a body with the tag of what it says, or 304."""
    return answer(headers, body, tag_of(body))


def told_text(headers: Mapping[str, str], text: str) -> func.HttpResponse:
    """Return plain text with the tag of what it says, or 304."""
    tag = tag_of(text)
    return _unchanged(headers, tag) or _sent(headers, text.encode(), tag, "text/plain")


def answer(headers: Mapping[str, str], body: Any, tag: str) -> func.HttpResponse:
    """Return the body with its tag, or 304 for a caller who has it in either form, with the tag of that form."""
    return _unchanged(headers, tag) or _sent(headers, json.dumps(body).encode(), tag, "application/json")


def _told(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}


def _unchanged(headers: Mapping[str, str], tag: str) -> func.HttpResponse | None:
    known = headers.get(IF_NONE_MATCH, "")
    for version in versions(tag):
        if forms.has(known, version):
            return func.HttpResponse(status_code=304, headers=_told(version))
    return None


def _sent(headers: Mapping[str, str], content: bytes, tag: str, media: str) -> func.HttpResponse:
    told = _told(tag)
    if len(content) > SMALL and forms.takes_gzip(headers.get("Accept-Encoding", "")):
        content = gzip.compress(content, LEVEL, mtime=0)
        told |= {"ETag": forms.packed_tag(tag), "Content-Encoding": "gzip"}
    return func.HttpResponse(content, mimetype=media, headers=told)
