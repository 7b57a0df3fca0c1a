"""`DIR/endpoints.json`, in which the local processes tell each other and their clients where they are.

It belongs to no process: each merges its own keys and keeps the others'.
"""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "endpoints.json"
_LOCK = "endpoints.lock"


def read_endpoints(state: Path) -> dict[str, Any]:
    """Return what is published; empty before anything is."""
    path = state / FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def publish_endpoints(state: Path, own: Mapping[str, str]) -> None:
    """Set our keys and keep all others; other processes do the same at the same moment, and readers see whole files."""
    with (state / _LOCK).open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draft = state / f".{FILE}.{os.getpid()}"
        draft.write_text(json.dumps({**read_endpoints(state), **own}, indent=2) + "\n", encoding="utf-8")
        draft.replace(state / FILE)
