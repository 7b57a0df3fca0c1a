"""Azure's many spellings of an error body, read into one. It judges nothing: `translation` does.

Network, compute and Resource Manager wrap it in `error`; AKS leaves that out; an operation has `status` beside it.
The cause may be nested: in `details`, in `innererror`, or as JSON text inside a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.model.redaction import redact

DEPTH = 4
_SECONDS = re.compile(r"(?:retried|try again|retry) (?:in|after) (\d+) (second|minute)", re.IGNORECASE)
_QUOTA = re.compile(r"(\d+):(\d+):(\d+)")
"""How Resource Graph says when more may be asked: hours, minutes, seconds."""
_EMPTY = ("", "None")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Azure said: every code from the outermost in, and the texts beside them, redacted and capped."""

    status: int
    codes: tuple[str, ...]
    message: str
    retry_after: float | None = None

    @property
    def code(self) -> str:
        """The outermost code: what Azure's documentation is searched for."""
        return self.codes[0]


def read_refusal(status: int, headers: Mapping[str, str], body: Any, default_code: str = "") -> Refusal:
    """Read an error body; one without a code (a gateway's page) gets `default_code`, else the HTTP status."""
    found = list(_parts(body, DEPTH))
    codes = tuple(dict.fromkeys(code for code, _ in found if code)) or (default_code or f"Http{status}",)
    message = redact(_say(found))
    said = _SECONDS.search(message)
    pause = retry_after(headers)
    if said:
        pause = max(pause or 0, float(said.group(1)) * (60 if said.group(2).lower() == "minute" else 1))
    return Refusal(status, codes, message, pause)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how long the service wants us to wait, in seconds; zero counts as nothing said."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("Retry-After", 1.0)):
        text = headers.get(name)
        if text is not None and text.isdecimal() and int(text) > 0:
            return int(text) * unit
    spent = _QUOTA.fullmatch(headers.get("x-ms-user-quota-resets-after") or "")
    return _seconds(spent) if spent else None


def _seconds(clock: re.Match[str]) -> float | None:
    hours, minutes, seconds = map(int, clock.groups())
    return float(hours * 3600 + minutes * 60 + seconds) or None


def _parts(body: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Yield (code, message) from the outside in."""
    if isinstance(body, str):
        body = _nested_json(body)
    if depth == 0 or not isinstance(body, Mapping):
        return
    wrapped = body.get("error")
    error = wrapped if isinstance(wrapped, Mapping) else body
    code, message = str(error.get("code") or ""), error.get("message")
    inner = _nested_json(message)
    if code or message:
        yield code, "" if inner else str(message or "")
    yield from _parts(inner, depth - 1)
    for name in ("innererror", "innerError"):
        yield from _parts(error.get(name), depth - 1)
    details = error.get("details")
    for item in details if isinstance(details, list) else ():
        yield from _parts(item, depth - 1)


def _nested_json(text: Any) -> Any:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _say(found: list[tuple[str, str]]) -> str:
    """Join the texts, each once; an inner one is introduced by its code."""
    said: list[str] = []
    for place, (code, message) in enumerate(found):
        text = " ".join(message.split())
        if text in _EMPTY or any(text in before for before in said):
            continue
        said.append(f"{code}: {text}" if place and code else text)
    return " ".join(said)
