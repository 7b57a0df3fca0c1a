"""The file in which the processes of the local stack tell each other, and their clients, where they are."""

import fcntl
import json
import os
from pathlib import Path

_FILE = "endpoints.json"
_LOCK = "endpoints.lock"


def publish_endpoint(state: Path, key: str, value: str) -> None:
    """Set one key of `endpoints.json`, keep all others, and never let a reader see half a file."""
    with (state / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other processes merge their keys at the same moment
        path, draft = state / _FILE, state / f"{_FILE}.{os.getpid()}"
        content = json.loads(path.read_text()) if path.exists() else {}
        content[key] = value
        draft.write_text(json.dumps(content, indent=2) + "\n")
        draft.replace(path)
