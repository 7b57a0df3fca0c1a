"""What `host.json` says to this host, with Azure's defaults for what it leaves out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EXPRESSION = re.compile(r"%([^%]+)%")
_OVERRIDE, _BETWEEN = "azurefunctionsjobhost", "__"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of `host.json` that this host obeys."""

    route_prefix: str = "api"
    task_hub: str = "TestHubName"
    activities_at_once: int = 32
    messages_at_once: int = 16
    messages_in_batch: int = 1000
    renew_locks_for: timedelta = timedelta(minutes=5)

    @classmethod
    def read(cls, path: Path, settings: Mapping[str, str]) -> Self:
        """Read the file, with overrides and `%NAME%` from the app settings; no file means the defaults."""
        if not path.exists():
            return cls()
        told = overridden(json.loads(path.read_text(encoding="utf-8")), settings)
        extensions: dict[str, Any] = told.get("extensions", {})
        durable, bus = extensions.get("durableTask", {}), extensions.get("serviceBus", {})
        given = {
            "route_prefix": extensions.get("http", {}).get("routePrefix"),
            "task_hub": resolve(durable["hubName"], settings) if "hubName" in durable else None,
            "activities_at_once": durable.get("maxConcurrentActivityFunctions"),
            "messages_at_once": bus.get("maxConcurrentCalls"),
            "messages_in_batch": bus.get("maxMessageBatchSize"),
            "renew_locks_for": _span(bus["maxAutoLockRenewalDuration"])
            if "maxAutoLockRenewalDuration" in bus
            else None,
        }
        return cls(**{name: value for name, value in given.items() if value is not None})


def overridden(told: dict[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    """Return what the file says, or an app setting `AzureFunctionsJobHost__a__b` instead; names are in any case."""
    whole = json.loads(json.dumps(told))
    for name, value in settings.items():
        prefix, *keys = name.split(_BETWEEN)
        if prefix.lower() == _OVERRIDE and all(keys):
            _set(whole, keys, value)
    return dict(whole)


def _set(within: dict[str, Any], keys: list[str], text: str) -> None:
    """Set what some keys lead to; a number or a truth value is one, as the host reads it."""
    first, *rest = keys
    name = next((known for known in within if known.lower() == first.lower()), first)
    if rest:
        inner = within.setdefault(name, {})
        if isinstance(inner, dict):
            _set(inner, rest, text)
        return
    try:
        within[name] = json.loads(text.lower())
    except ValueError:
        within[name] = text


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Replace each `%NAME%` by the app setting of that name; one that is not set stays as it is."""
    return _EXPRESSION.sub(lambda found: settings.get(found[1], found[0]), text)


def _span(text: str | None) -> timedelta | None:
    if text is None:
        return None
    hours, minutes, seconds = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
