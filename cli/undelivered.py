"""Events that Event Grid could not deliver, in the files of its dead-letter container: read, and sent to the app.

A file is a list of events, one event, or an event a line. All of it is somebody else's text: what is no event is said
and left out, for the app refuses a list whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import ApiError, Misused
from cli.parts import parted

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

AT_ONCE = 100
BYTES_AT_ONCE = 500_000
LARGEST = 50_000_000
REASONS = ("deadLetterReason", "deadletterreason")
"""In the Event Grid schema, and as an attribute of a CloudEvent."""


@dataclass(slots=True)
class Sent:
    """What became of events that were sent."""

    noticed: int = 0
    ignored: int = 0
    refused: list[str] = field(default_factory=list)
    """What the app said of each that it did not take."""


def files_in(paths: Sequence[Path]) -> list[Path]:
    """Return the files that are named, and all below folders that are named."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise Misused(
                f"there is no file {path}", "download the container's blobs first, and name them or their folder"
            )
        found += sorted(one for one in path.rglob("*.json") if one.is_file()) if path.is_dir() else [path]
    return found


def events_in(path: Path) -> list[Any]:
    """Return the events in a file; raise Misused where it is no such file."""
    try:
        if path.stat().st_size > LARGEST:
            raise Misused(
                f"{path} is too large", f"Event Grid writes files of less than {LARGEST:,} bytes; see what it is"
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Misused(f"{path} cannot be read: {error}", "name files of Event Grid's dead-letter container") from None
    try:
        found = _parsed(text)
    except (ValueError, RecursionError):
        raise Misused(f"{path} is not JSON", "name files of Event Grid's dead-letter container") from None
    return found if isinstance(found, list) else [found]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def reason_of(event: Any) -> str:
    """Return why Event Grid gave an event up, empty where it does not say."""
    told = event if isinstance(event, dict) else {}
    return next((str(told[name]) for name in REASONS if told.get(name)), "")


def send(api: Api, events: Sequence[Any]) -> Sent:
    """Send events to the app, some at a time; those of a part that is refused singly, so that the good ones come in."""
    sent = Sent()
    for part in parted(events, _length, AT_ONCE, BYTES_AT_ONCE):
        try:
            _post(api, part, sent)
        except ApiError as error:
            if error.status != 400:  # noqa: PLR2004 - HTTP's own number
                raise
            _send_singly(api, part, sent)
    return sent


def _send_singly(api: Api, events: Sequence[Any], sent: Sent) -> None:
    for event in events:
        try:
            _post(api, [event], sent)
        except ApiError as error:
            if error.status != 400:  # noqa: PLR2004 - as above
                raise
            sent.refused.append("; ".join(message for _, message in error.faults) or error.detail)


def _post(api: Api, events: list[Any], sent: Sent) -> None:
    taken = api.post("events", events).body or {}
    sent.noticed += int(taken.get("noticed", 0))
    sent.ignored += int(taken.get("ignored", 0))


def _length(event: Any) -> int:
    return len(json.dumps(event))
