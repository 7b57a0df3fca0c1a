"""The environments of the Azure Developer CLI below this folder: `.azure/NAME/.env` says where a deployment is.

It reads SPOKEWRIGHT_URL, SPOKEWRIGHT_AUDIENCE and SPOKEWRIGHT_SERVICE_BUS there, and nothing else.
"""

from __future__ import annotations

from pathlib import Path

from cli.contexts import Context

FOLDER = Path(".azure")
LARGEST = 1_000_000


def environments() -> dict[str, Context]:
    """Return the environments that say where Spokewright is, by their names."""
    found = {}
    for path in sorted(FOLDER.glob("*/.env")):
        values = _values(path)
        if url := values.get("SPOKEWRIGHT_URL"):
            name = path.parent.name
            audience, bus = values.get("SPOKEWRIGHT_AUDIENCE", ""), values.get("SPOKEWRIGHT_SERVICE_BUS", "")
            found[name] = Context(name, url, audience, bus)
    return found


def _values(path: Path) -> dict[str, str]:
    """Return what a file of NAME="VALUE" lines holds; nothing where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8")[:LARGEST].splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
