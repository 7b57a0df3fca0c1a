"""`DIR/endpoints.json`, in which the local processes tell each other and their clients where they are.

It belongs to no process: each merges its own keys and keeps the others'. It holds keys: nobody else may read it.
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


def publish_endpoints(state: Path, own: Mapping[str, Any]) -> None:
    """Set our keys and keep all others; other processes do the same at the same moment, and readers see whole files."""
    with (state / _LOCK).open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draft = state / f".{FILE}.{os.getpid()}"
        text = json.dumps({**read_endpoints(state), **own}, indent=2) + "\n"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(state / FILE)
