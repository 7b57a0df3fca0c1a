"""W3C trace contexts as text, and the ids of spans that end long after they began. Pure.

A reconcile and a step end in another activity, and maybe another process, than they began in. So their ids are made
from what every one of their activities knows, and nobody has to remember them.
"""

from __future__ import annotations

import hashlib
import re

_SHAPE = re.compile(r"(?!ff)[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")


def read(text: object) -> tuple[int, int] | None:
    """Return trace id and span id, None where the text is no trace context: it may come from anybody."""
    found = _SHAPE.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    if found is None:
        return None
    trace, span = int(found["trace"], 16), int(found["span"], 16)
    return (trace, span) if trace and span else None


def write(trace: int, span: int) -> str:
    """Return the text of a sampled context."""
    return f"00-{trace:032x}-{span:016x}-01"


def child(parent: str, *seed: str) -> str:
    """Return the context of the one span below a parent that these words name: the same wherever it is asked."""
    known = read(parent)
    if known is None:
        return root(parent, *seed)
    return write(known[0], _number(8, parent, *seed))


def root(*seed: str) -> str:
    """Return the context of a span without a parent that these words name."""
    return write(_number(16, "trace", *seed), _number(8, "span", *seed))


def _number(size: int, *seed: str) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(seed).encode()).digest()[:size], "big") or 1
