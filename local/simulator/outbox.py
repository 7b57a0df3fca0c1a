"""Events on their way to webhooks: persisted until acknowledged, retried as Event Grid does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.simulator.clock import Clock
    from local.simulator.journal import Journal
    from local.simulator.resource import Json
    from local.simulator.store import Store

_BACKOFF = (10, 30, 60, 300, 600, 1800, 3600)
_TRIES = 30
_LIFETIME = 24 * 3600
_USUAL_DELAY = 1.5


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook."""

    number: int
    url: str
    event: Json
    tries: int
    deadline: float


class Outbox:
    """The deliveries that are still to be made, in the file. All times are simulated."""

    def __init__(self, store: Store, clock: Clock, journal: Journal) -> None:
        self._store = store
        self._clock = clock
        self._journal = journal

    @property
    def webhooks(self) -> list[str]:
        """Where events go."""
        urls: list[str] = self._store.setting("webhooks", [])
        return urls

    def subscribe(self, urls: list[str]) -> None:
        """Send events to these from now on, and to no others."""
        self._store.set_setting("webhooks", urls)
        self._store.set_setting("validated", [url for url in self._validated if url in urls])

    @property
    def _validated(self) -> list[str]:
        urls: list[str] = self._store.setting("validated", [])
        return urls

    def is_validated(self, url: str) -> bool:
        """Whether the webhook has answered the handshake."""
        return url in self._validated

    def validated(self, url: str) -> None:
        """Remember that a webhook answered the handshake."""
        self._store.set_setting("validated", sorted({*self._validated, url}))

    def send(self, event: Json, harm: list[Json]) -> None:
        """Journal an event and queue it for every webhook, as its fault rules say."""
        self._journal.write("event", {"eventType": event["eventType"], "path": event["subject"], "event": event})
        pauses = _pauses(harm)
        for url in self.webhooks:
            for pause in pauses:
                self._queue(url, event, self._clock.now() + _USUAL_DELAY + pause)

    def _queue(self, url: str, event: Json, due: float) -> None:
        self._store.write(
            "insert into deliveries (url, event, due, deadline) values (?, ?, ?, ?)",
            url,
            json.dumps(event),
            due,
            due + _LIFETIME,
        )

    def due(self, now: float, most: int = 20) -> list[Delivery]:
        """List deliveries that are due."""
        rows = self._store.read(
            "select n, url, event, tries, deadline from deliveries where due <= ? order by due, n limit ?", now, most
        )
        return [Delivery(n, url, json.loads(event), tries, deadline) for n, url, event, tries, deadline in rows]

    def next_due(self) -> float | None:
        """Tell when the next delivery is due."""
        row = next(self._store.read("select min(due) from deliveries"), (None,))
        return None if row[0] is None else float(row[0])

    def delivered(self, delivery: Delivery) -> None:
        """Strike out a delivery that was acknowledged."""
        self._store.write("delete from deliveries where n = ?", delivery.number)
        self._note("delivered", delivery, "")
        self._store.commit()

    def refused(self, delivery: Delivery, why: str) -> None:
        """Try again later, or give up after 30 tries or 24 hours."""
        now = self._clock.now()
        due = now + _BACKOFF[min(delivery.tries, len(_BACKOFF) - 1)]
        if delivery.tries + 1 >= _TRIES or due > delivery.deadline:
            self._store.write("delete from deliveries where n = ?", delivery.number)
            self._note("given-up", delivery, why)
        else:
            self._store.write("update deliveries set tries = tries + 1, due = ? where n = ?", due, delivery.number)
        self._store.commit()

    def _note(self, result: str, delivery: Delivery, why: str) -> None:
        fields = {"result": result, "url": delivery.url.split("?", 1)[0], "eventId": delivery.event["id"]}
        self._journal.write("delivery", {**fields, "tries": delivery.tries + 1, "why": why})


def _pauses(harm: list[Json]) -> list[float]:
    """Tell after which extra pauses an event is sent: none if dropped, two if doubled.

    A reordered event is held back so that later ones overtake it.
    """
    pauses = [0.0]
    for rule in harm:
        match rule["what"]:
            case "drop":
                return []
            case "double":
                pauses = [*pauses, *(pause + 1.0 for pause in pauses)]
            case _:
                pauses = [pause + float(rule["seconds"]) for pause in pauses]
    return pauses
