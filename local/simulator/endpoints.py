"""`DIR/endpoints.json`: what each local process serves; every process merges its own keys."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_endpoints(directory: Path) -> dict[str, str]:
    """Read what is known, nothing where there is no file yet."""
    file = directory / "endpoints.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def merge_endpoints(directory: Path, own: dict[str, str]) -> None:
    """Write our keys beside the others', atomically; a lock keeps two processes from losing keys."""
    with (directory / ".endpoints.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        merged = {**read_endpoints(directory), **own}
        draft = directory / f".endpoints.{os.getpid()}"
        draft.write_text(json.dumps(merged, indent=2) + "\n", encoding="utf-8")
        draft.replace(directory / "endpoints.json")
