"""The body of an update: what is there, with what we own laid over it. Azure's PUT replaces, so nothing may be lost."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from shared.plan.diff import alike, identity_of
from shared.plan.steps import canonical

if TYPE_CHECKING:
    from collections.abc import Collection

    from shared.plan.steps import Json

READ_ONLY = frozenset(
    {"etag", "provisioningState", "resourceGuid", "systemData", "ipConfigurationProfiles", "privateEndpoints"}
)
"""Members that Azure computes and that a write has no business sending."""


def overlay(want: Json, have: Json, open_lists: Collection[str] = (), path: str = "") -> Json:
    """Return `have` without what Azure computes, with `want` laid over it; lists not in `open_lists` are replaced."""
    if isinstance(want, dict) and isinstance(have, dict) and "$ref" not in want:
        merged = {name: writable(value) for name, value in have.items() if name not in READ_ONLY}
        spelled = {name.lower(): name for name in have}
        for name, value in want.items():
            below = f"{path}.{name}" if path else name
            # Where ids are names (a cluster's identities), Azure's spelling and ours would be two members.
            theirs = spelled.get(name.lower(), name)
            merged.pop(theirs, None)
            merged[name] = overlay(value, have.get(theirs), open_lists, below)
        return merged
    if isinstance(want, list) and isinstance(have, list):
        return _overlay_list(want, have, open_lists, path)
    return want


def writable(value: Json) -> Json:
    """Return a value as read, without what Azure computes."""
    if isinstance(value, dict):
        return {name: writable(item) for name, item in value.items() if name not in READ_ONLY}
    if isinstance(value, list):
        return [writable(item) for item in value]
    return value


def content(have: Json) -> str:
    """Return a digest of a resource as read, without its version and what Azure computes."""
    return hashlib.sha256(canonical(writable(have))).hexdigest()


def without(body: Json, paths: Collection[str]) -> Json:
    """Return a body without the members at these dotted paths; list positions are numbers."""
    for path in paths:
        body = _drop(body, path.split("."))
    return body


def _drop(body: Json, path: list[str]) -> Json:
    head, *rest = path
    if isinstance(body, list) and head.isdigit() and int(head) < len(body):
        return [_drop(item, rest) if index == int(head) and rest else item for index, item in enumerate(body)]
    if not isinstance(body, dict) or head not in body:
        return body
    if rest:
        return body | {head: _drop(body[head], rest)}
    return {name: value for name, value in body.items() if name != head}


def subtract(ours: Json, have: Json) -> Json:
    """Return what is there without what we added to it; members that somebody changed since are kept."""
    if not isinstance(ours, dict) or not isinstance(have, dict):
        return None if alike(ours, have) else have
    rest = dict(have)
    for name in ours.keys() & have.keys():
        left = subtract(ours[name], have[name])
        if left in (None, {}):
            del rest[name]
        else:
            rest[name] = left
    return rest


def _overlay_list(want: list[Json], have: list[Json], open_lists: Collection[str], path: str) -> list[Json]:
    identify = identity_of([*want, *have])
    if identify is None:
        return want
    theirs = {identify(item): item for item in have}
    ours = [overlay(item, theirs.pop(identify(item), None), open_lists, path) for item in want]
    kept = list(theirs.values()) if path in open_lists else []
    return [*ours, *map(writable, kept)]
