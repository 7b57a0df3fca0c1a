"""How any text becomes a row key: one spelling for all backends, so that all order alike."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

from shared.model.errors import Invalid, Problem

PLAIN = frozenset(string.ascii_letters + string.digits + "-._:@=")
"""Kept as they are. The rest is escaped: Table Storage forbids `/ \\ # ?` and control characters, a quote ends an
OData literal, and a percent or a plus sign invites double decoding."""

LONGEST = 512
"""Characters: Table Storage takes keys of 1 KiB in UTF-16."""


def escape(key: str) -> str:
    """Return the key as backends keep it: what is not a plain character as `~2F`, byte by byte."""
    escaped = _escape(key)
    if not 0 < len(escaped) <= LONGEST:
        raise Invalid([Problem("$", f"a key must have 1 to {LONGEST} characters once escaped: '{key[:100]}'")])
    return escaped


def unescape(escaped: str) -> str:
    """Return what `escape` was given."""
    first, *rest = escaped.split("~")
    raw = first.encode() + b"".join(bytes.fromhex(part[:2]) + part[2:].encode() for part in rest)
    return raw.decode("utf-8", "surrogatepass")


def bounds(prefix: str) -> tuple[str, str]:
    """Return (low, high) such that low <= escaped < high holds for the keys that begin with `prefix`.

    After a `~` come two digits, so `~~` sorts behind every key.
    """
    low = _escape(prefix)
    return low, low + "~~"


def _escape(key: str) -> str:
    return "".join(
        char if char in PLAIN else "".join(f"~{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
        for char in key
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 10**17
"""Microseconds; minus the time it gives keys that list the newest first."""


def newest_first(at: datetime) -> str:
    """Return the beginning of a key by which rows are listed newest first."""
    return f"{_LATEST - (at - _EPOCH) // timedelta(microseconds=1):018d}"
