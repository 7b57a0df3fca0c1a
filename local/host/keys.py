"""The host's keys: made once, kept in the state directory, compared in constant time."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Self

from local.host.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Keys:
    """One host key, the master key, and the system keys of the two extensions with webhooks."""

    function: str
    master: str
    event_grid: str
    durable: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the keys; what is not there yet is made and kept."""
        kept = dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
        keys = cls(**{field.name: kept.get(field.name) or secrets.token_urlsafe(32) for field in fields(cls)})
        if asdict(keys) != kept:
            replace_file(path, json.dumps(asdict(keys), indent=2) + "\n", mode=0o600)
        return keys

    def opens_function(self, level: str, given: str) -> bool:
        """Tell whether a key opens an HTTP function of an authorisation level."""
        match level:
            case "ANONYMOUS":
                return True
            case "FUNCTION":
                return _any_is(given, self.function, self.master)
            case _:
                return _any_is(given, self.master)

    def opens_event_grid(self, given: str) -> bool:
        """Tell whether a key opens the Event Grid webhook."""
        return _any_is(given, self.event_grid, self.master)

    def opens_durable(self, given: str) -> bool:
        """Tell whether a key opens the durable extension's webhooks."""
        return _any_is(given, self.durable, self.master)


def key_of(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return the key that came with a request: by header, else by `code`; empty if there is none."""
    return headers.get("x-functions-key") or query.get("code") or ""


def _any_is(given: str, *keys: str) -> bool:
    return any(hmac.compare_digest(given.encode(), key.encode()) for key in keys)
