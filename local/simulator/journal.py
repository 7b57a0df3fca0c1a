"""The journal: every request and event, as JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.simulator.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.simulator.actions import Needed
    from local.simulator.arm import Reply
    from local.simulator.clock import Clock
    from local.simulator.dispatch import Sent
    from local.simulator.operation import Operation
    from local.simulator.resource import Json
    from local.simulator.store import Store


class Journal:
    """Appends lines to the file and reads them back."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def write(self, entry: str, fields: Json, body: Any = None) -> None:
        """Append a line; `body` (of the request) is kept apart and shown on demand."""
        line = {
            "entry": entry,
            "realTime": timestamp(self._clock.real()),
            "simulatedTime": timestamp(self._clock.now()),
            **fields,
        }
        stored = None if body is None else json.dumps(body)
        self._store.write("insert into journal (line, body) values (?, ?)", json.dumps(line), stored)

    def lines(self, since: int = 0, *, bodies: bool = False) -> Iterator[str]:
        """Read the lines after number `since`, as JSON with `n`."""
        rows = self._store.read("select n, line, body from journal where n > ? order by n", since)
        for number, line, body in rows:
            document = {"n": number, **json.loads(line)}
            if bodies and body is not None:
                document["requestBody"] = json.loads(body)
            yield json.dumps(document)


def of_request(sent: Sent, reply: Reply, seconds: float, principal: str, needed: Sequence[Needed]) -> Json:
    """Tell a request: who sent it, which actions it needed at which scopes, and what became of it."""
    refused = isinstance(reply.body, dict) and reply.status >= 400  # noqa: PLR2004 - HTTP
    error = reply.body.get("error", reply.body) if refused else {}
    agent = sent.headers.get("user-agent", "")
    return {
        "method": sent.method,
        "path": sent.path,
        "apiVersion": sent.query.get("api-version", ""),
        "status": reply.status,
        "client": agent.split(" ", 1)[0],
        "userAgent": agent,
        "kind": reply.kind,
        "operation": reply.operation,
        "seconds": round(seconds, 6),
        "error": error.get("code", "") if isinstance(error, dict) else "",
        "principal": principal,
        "needed": [{"action": need.action, "scope": need.scope} for need in needed],
        "traceparent": sent.headers.get("traceparent", ""),
    }


def of_operation(operation: Operation) -> Json:
    """Tell how long an operation took, in simulated seconds."""
    return {
        "method": operation.verb,
        "path": operation.resource_id,
        "kind": operation.kind,
        "operation": operation.id,
        "status": operation.status,
        "started": timestamp(operation.started),
        "ended": timestamp(operation.ended or operation.due),
        "seconds": round((operation.ended or operation.due) - operation.started, 3),
        "error": (operation.error or {}).get("code", ""),
    }
