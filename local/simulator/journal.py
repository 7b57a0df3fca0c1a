"""The journal: every request and event, as JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.simulator.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.simulator.clock import Clock
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
