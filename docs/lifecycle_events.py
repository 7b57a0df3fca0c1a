"""The page of lifecycle events and the JSON Schemas of their data, made from the code by `python -m docs.generate`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from orchestration.telling import MOST_UNTOLD
from shared.model import conditions, lifecycle
from shared.model.conditions import Condition
from shared.model.document import parse_document
from shared.model.event_data import DATA
from shared.model.schemas import DIALECT

START = """\
# Lifecycle events

What Spokewright tells the world: [CloudEvents 1.0](https://cloudevents.io) to an Event Grid custom topic, whose input
schema has to be CloudEvents. Set `SPOKEWRIGHT_TOPIC_ENDPOINT` (see [settings](settings.md)); without it nothing is
published. The identity `reader` needs the role EventGrid Data Sender on the topic.

| attribute | holds |
|---|---|
| `type` | one of those below |
| `source` | `SPOKEWRIGHT_EVENT_SOURCE`, by default `/spokewright/` and the topic's host |
| `subject` | the document as the HTTP API names it: *hubs/weu*, *spokes/payments*, *clusters/payments-prod* |
| `id` | made of the document, its generation, the type and the moment: a repeat has the same |
| `time` | when Spokewright found or did it |
| `data` | by kind: [hub](../schemas/events/hub.schema.json), [spoke](../schemas/events/spoke.schema.json), \
[cluster](../schemas/events/cluster.schema.json) |
"""

EXAMPLE = """\
## An example

A spoke that waits for approval, as it is published:
"""

END = f"""\
`planHash` is what `POST .../approve` wants, in the events of an approval. Members that have no value are left out;
members may be added, none is renamed.

## What is promised

- **At least once.** An event is stored in the same write as the status that it speaks of (`status.untold`), and
  forgotten when the topic has taken it. Where the topic is away it is published at the document's next look. A document
  keeps the last {MOST_UNTOLD}; what a longer absence pushes out is logged as `events.dropped`.
- **Repeats have the same id.** Drop what was seen.
- **Unordered.** Compare `time`, or read the document: an event says what happened, the document what is.
- **No event for what did not change.** A condition whose status and reason stay is not told again, whatever its
  message says. A document that is being deleted is told once, at its end.
- A topic that refuses an event for good (no permission, no such topic) does not hold up the removal of a document: its
  last events are then logged as `events.lost`.
"""


def page(table: str, notice: str) -> str:
    """Return the page, with the table of types that the caller made of `type_rows`."""
    example = json.dumps(_example(), indent=2)
    return "\n".join([notice, START, f"## Types\n\n{table}", EXAMPLE, f"```json\n{example}\n```\n", END])


def type_rows() -> list[tuple[str, str]]:
    """Return a row for each type."""
    return [(f"`{name}`", meaning) for name, meaning in lifecycle.TYPES.items()]


def schemas() -> dict[str, str]:
    """Return the schema of each kind's data, by its file's name."""
    return {f"{kind.lower()}.schema.json": _schema(kind) for kind in DATA}


def _schema(kind: str) -> str:
    schema = DATA[kind].model_json_schema(by_alias=True, mode="validation")
    # A subscriber has to live with members that a later version adds.
    return json.dumps(_opened({"$schema": DIALECT, **schema}), indent=2, sort_keys=True) + "\n"


def _opened(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_opened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _opened(value) for name, value in schema.items() if name != "additionalProperties"}


def _example() -> dict[str, Any]:
    asked = Condition(
        type=conditions.APPROVED,
        status="False",
        reason=conditions.APPROVAL_NEEDED,
        message="rule 2 of hub weu asks for a person's approval",
    )
    status = {"planHash": "5d0c1e6a", "conditions": [asked.model_dump(mode="json", by_alias=True)]}
    document = parse_document(
        {
            "apiVersion": "spokewright/v1",
            "kind": "Spoke",
            "metadata": {"name": "payments", "generation": 1, "origin": "event"},
            "spec": {"hub": "weu"},
            "status": status,
        }
    )
    at = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    event = lifecycle.compose("Spokewright.Spoke.ApprovalRequested", document, at)
    return {"specversion": "1.0", "source": "/spokewright/lifecycle.westeurope-1.eventgrid.azure.net"} | event
