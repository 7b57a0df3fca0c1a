"""What may be published to a custom topic: CloudEvents 1.0, one or a batch, or a list in the Event Grid schema."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local.simulator.webhooks import CLOUD_EVENTS, EVENT_GRID

if TYPE_CHECKING:
    from local.simulator.resource import Json

_SINGLE = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_NAMES = {CLOUD_EVENTS: "CloudEventV10", EVENT_GRID: "EventGridEvent"}
_REQUIRED = {
    CLOUD_EVENTS: ("id", "source", "type", "specversion"),
    EVENT_GRID: ("id", "subject", "eventType", "eventTime"),
}
_KNOWN = {*_REQUIRED[EVENT_GRID], "data", "dataVersion", "metadataVersion", "topic"}
_ATTRIBUTE = re.compile(r"[a-z0-9]+")


class Malformed(Exception):
    """A body that is no list of events; says so in Azure's words where they are known."""


@dataclass(frozen=True, slots=True)
class Published:
    """One event as it came."""

    schema: str
    type: str
    subject: str
    document: Json


def read_events(content_type: str, raw: bytes) -> list[Published]:
    """Read what was posted; raises Malformed."""
    schema = CLOUD_EVENTS if content_type in {_SINGLE, _BATCH} else EVENT_GRID
    try:
        body = json.loads(raw)
    except ValueError as wrong:
        raise _malformed(schema, f" {wrong}.") from wrong
    if isinstance(body, list) is (content_type == _SINGLE) or not isinstance(body, list | dict):
        raise _malformed(schema, _token(body, single=content_type == _SINGLE))
    events = body if isinstance(body, list) else [body]
    if not events:
        raise _malformed(schema)
    return [_read(schema, event) for event in events]


def _read(schema: str, event: Any) -> Published:
    if not isinstance(event, dict):
        raise _malformed(schema, _token(event, single=True))
    check = _check_cloud_event if schema == CLOUD_EVENTS else _check_event_grid_event
    check(event)
    for name in _REQUIRED[schema]:
        if not isinstance(event.get(name), str) or not event[name]:
            message = (
                f"This resource is configured for '{_NAMES[schema]}' schema and requires '{name}' property to be set."
            )
            raise Malformed(message)
    _check_time(schema, event.get("time" if schema == CLOUD_EVENTS else "eventTime"))
    kind = event["type" if schema == CLOUD_EVENTS else "eventType"]
    return Published(schema, kind, event.get("subject") or "", event)


def _check_cloud_event(event: Json) -> None:
    for name in event:
        if name != "data_base64" and not _ATTRIBUTE.fullmatch(name):
            raise _unexpected(CLOUD_EVENTS, name)
    if event.get("data") is not None and event.get("data_base64") is not None:
        raise _unexpected(CLOUD_EVENTS, "data_base64")
    if event.get("specversion") not in {None, "", "1.0"}:
        raise _malformed(CLOUD_EVENTS, f" The specversion '{event['specversion']}' is not supported.")
    if event.get("subject") is not None and not (isinstance(event["subject"], str) and event["subject"]):
        raise _malformed(CLOUD_EVENTS, " The subject is a string that is not empty.")


def _check_event_grid_event(event: Json) -> None:
    for name in event:
        if name not in _KNOWN:
            raise _unexpected(EVENT_GRID, name)


def _check_time(schema: str, text: Any) -> None:
    if text is None:
        return
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except (TypeError, ValueError):
        aware = False
    if not aware:
        raise _malformed(schema, f" '{text}' is no timestamp with an offset.")


def _malformed(schema: str, more: str = "") -> Malformed:
    return Malformed(
        f"This resource is configured to receive event in '{_NAMES[schema]}' schema. "
        f"The JSON received does not conform to the expected schema.{more}"
    )


def _unexpected(schema: str, name: str) -> Malformed:
    return Malformed(
        f"This resource is configured for '{_NAMES[schema]}' schema. "
        f"Received unexpected property '{name}' in JSON which does not conform to the expected schema."
    )


def _token(value: Any, *, single: bool) -> str:
    expected = "StartObject" if single else "StartArray"
    received = "StartArray" if isinstance(value, list) else "StartObject" if isinstance(value, dict) else "Value"
    return f" Token Expected: {expected}, Actual Token Received: {received}."
