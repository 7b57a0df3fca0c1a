"""Files in the state directory: one process at a time, and nobody ever reads half of one."""

from __future__ import annotations

import fcntl
import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class StateInUse(RuntimeError):
    """Another process works on the same file; the message names it."""


def replace_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a whole file, or leave the old one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def lock_file(path: Path) -> IO[str]:
    """Hold a file for this process until the answer is closed, or the process dies."""
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise StateInUse(f"another process uses {path.with_suffix('')}; stop it, or take another directory") from None
    return file
