"""The forms of one content, plain and compressed: which a client takes, their tags, and which it has already."""

from __future__ import annotations

NOTHING = ("q=0", "q=0.0", "q=0.00", "q=0.000")


def takes_gzip(accepted: str) -> bool:
    """Say whether a client takes gzip: by its name, or else with everything, and not with the weight 0."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        weights[coding.strip()] = weight.replace(" ", "")
    wanted = weights.get("gzip", weights.get("*"))
    return wanted is not None and wanted not in NOTHING


def packed_tag(tag: str) -> str:
    """Return the tag, in its quotes, of the compressed form: other bytes, so another tag."""
    return f'{tag[:-1]}.gz"'


def tags(listed: str) -> set[str]:
    """Return the entity tags in the value of a header."""
    return {part.strip() for part in listed.split(",")} - {""}


def has(known: str, tag: str) -> bool:
    """Say whether a client knows a version: tags are compared weakly, as RFC 9110 says of If-None-Match."""
    given = tags(known)
    return "*" in given or _strong(tag) in map(_strong, given)


def _strong(tag: str) -> str:
    return tag.removeprefix("W/")
