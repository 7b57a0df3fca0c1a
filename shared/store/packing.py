"""How a value is kept: as JSON text while it is small, compressed beyond.

One limit for all backends, so that what fits on a developer's machine fits in Azure.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from shared.model.errors import Invalid, Problem

if TYPE_CHECKING:
    from shared.store.rows import Json

LONGEST_TEXT = 30_000
"""Characters; a string property of Table Storage holds 32 Ki of them, and stays readable in the portal."""

LARGEST = 900 * 1024
"""Bytes once compressed; an entity of Table Storage holds 1 MiB with its keys and names."""


def pack(value: Json) -> str | bytes:
    """Return JSON text, or compressed JSON where it is long; raise Invalid where it cannot be kept."""
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid([Problem("$", f"not a JSON value: {error}")]) from error
    if len(text) <= LONGEST_TEXT:
        return text
    packed = zlib.compress(text.encode(), level=6)
    if len(packed) > LARGEST:
        size = f"{len(text) // 1024} KiB, {len(packed) // 1024} KiB compressed"
        raise Invalid([Problem("$", f"the value is too large to be stored ({size}; at most {LARGEST // 1024} KiB)")])
    return packed


def unpack(packed: str | bytes) -> Json:
    """Return what `pack` was given."""
    return json.loads(packed if isinstance(packed, str) else zlib.decompress(packed))
