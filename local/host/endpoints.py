"""`endpoints.json`, in which the local processes tell each other and their clients where they are."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING, Any

from local.host.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path

FILE = "endpoints.json"
_LOCK = "endpoints.lock"


def read_endpoints(state: Path) -> dict[str, Any]:
    """Return what is published; empty before anything is."""
    path = state / FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def publish_endpoints(state: Path, own: dict[str, str]) -> None:
    """Set our keys and keep all others; other processes do the same at the same moment."""
    with (state / _LOCK).open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        replace_file(state / FILE, json.dumps({**read_endpoints(state), **own}, indent=2) + "\n")
