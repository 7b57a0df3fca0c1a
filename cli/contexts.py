"""The contexts that a person keeps: which deployments there are, and which one is meant. A file without secrets.

Function keys are in the keyring, a file of their own, or the environment; never here.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from cli.errors import Misused

LOCAL = "local"
"""The name of the local stack's context, which is there whenever its endpoints are."""

ENDPOINTS = Path(".local") / "endpoints.json"


@dataclass(frozen=True, slots=True)
class Context:
    """One deployment: where it is, how to sign in, and where its Service Bus is, for what goes around the API."""

    name: str
    url: str
    audience: str = ""
    """Where set, a token of azure-identity for it is sent instead of a function key."""
    service_bus: str = ""
    """The host name of its Service Bus namespace."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """All contexts, and the name of the current one."""

    known: dict[str, Context] = field(default_factory=dict)
    current: str = ""

    def with_context(self, context: Context) -> Contexts:
        """Return these with one more, or one replaced."""
        return replace(self, known={**self.known, context.name: context})

    def with_current(self, name: str) -> Contexts:
        """Return these with another current one."""
        return replace(self, current=name)

    def without(self, name: str) -> Contexts:
        """Return these without one; it is no longer current either."""
        known = {key: value for key, value in self.known.items() if key != name}
        return Contexts(known, "" if self.current == name else self.current)


def contexts_file() -> Path:
    """Return where contexts are kept: SPOKEWRIGHT_CONTEXTS, else in the person's folder for configuration."""
    if told := os.environ.get("SPOKEWRIGHT_CONTEXTS"):
        return Path(told)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "spokewright" / "contexts.json"


def load_contexts() -> Contexts:
    """Return what is kept; raise Misused where the file is broken."""
    path = contexts_file()
    if not path.exists():
        return Contexts()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        known = {name: Context(name=name, **entry) for name, entry in kept["contexts"].items()}
        return Contexts(known, str(kept.get("current") or ""))
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise Misused(f"the contexts in {path} cannot be read: {error}", "mend the file, or remove it") from None


def save_contexts(contexts: Contexts) -> None:
    """Keep the contexts; only the person may read the file."""
    path = contexts_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {name: _entry(context) for name, context in contexts.known.items()}
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"current": contexts.current, "contexts": entries}, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _entry(context: Context) -> dict[str, str]:
    return {name: value for name, value in asdict(context).items() if value and name != "name"}


def local_endpoints() -> dict[str, str] | None:
    """Return what the local stack below this folder says of itself; None where there is none that runs or ran."""
    try:
        told = json.loads(ENDPOINTS.read_text(encoding="utf-8"))
    except OSError:
        return None
    except ValueError as error:
        raise Misused(f"{ENDPOINTS} cannot be read: {error}", "start the stack again: `make up`") from None
    whole = isinstance(told, dict) and isinstance(told.get("functions"), str) and "functionKey" in told
    return {str(name): str(value) for name, value in told.items()} if whole else None
