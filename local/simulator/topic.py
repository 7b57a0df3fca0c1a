"""Custom topics of Event Grid: what they have taken, in the file, and the key that opens them. No HTTP here."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING

from local.simulator.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.simulator.clock import Clock
    from local.simulator.journal import Journal
    from local.simulator.resource import Json
    from local.simulator.store import Store
    from local.simulator.topic_schema import Published


class Topics:
    """Every name is a topic; nobody has to create one."""

    def __init__(self, store: Store, clock: Clock, journal: Journal) -> None:
        self._store = store
        self._clock = clock
        self._journal = journal
        self.key = _key(store)

    def publish(self, topic: str, events: Sequence[Published]) -> None:
        """Keep events, all of them or none, and make them durable."""
        times = {"realTime": timestamp(self._clock.real()), "simulatedTime": timestamp(self._clock.now())}
        for event in events:
            line = {"topic": topic, "schema": event.schema, **times, "event": event.document}
            self._store.write(
                "insert into topic_events (topic, type, line) values (?, ?, ?)", topic, event.type, json.dumps(line)
            )
            told = {"topic": topic, "eventType": event.type, "path": event.subject, "event": event.document}
            self._journal.write("topic-event", told)
        self._store.commit()

    def refuse(self, topic: str, status: int, error: Json) -> None:
        """Journal that a POST was refused."""
        self._journal.write("topic-refusal", {"topic": topic, "status": status, **error})
        self._store.commit()

    def lines(self, topic: str, since: int = 0, kind: str = "") -> Iterator[str]:
        """Read what a topic took after number `since`, of one type or of all, as JSON with `n`."""
        rows = self._store.read(
            "select n, line from topic_events where topic = ? and n > ? and (type = ? or ? = '') order by n",
            topic,
            since,
            kind,
            kind,
        )
        for number, line in rows:
            yield json.dumps({"n": number, **json.loads(line)})


def _key(store: Store) -> str:
    saved: str | None = store.setting("topic key")
    if saved is None:
        saved = base64.b64encode(secrets.token_bytes(32)).decode()
        store.set_setting("topic key", saved)
    return saved
