"""Events on their way to webhooks: persisted until acknowledged, retried as Event Grid does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.simulator.harm import pauses
from local.simulator.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from local.simulator.clock import Clock
    from local.simulator.journal import Journal
    from local.simulator.resource import Json
    from local.simulator.store import Store

_BACKOFF = (10, 30, 60, 300, 600, 1800, 3600)
_TRIES = 30
_LIFETIME = 24 * 3600
_USUAL_DELAY = 1.5
_NOT_THESE = "n not in (select value from json_each(?))"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook."""

    number: int
    url: str
    event: Json
    tries: int
    deadline: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: acknowledged where `why` is empty; a `final` refusal is not tried again."""

    why: str = ""
    final: bool = False


class Outbox:
    """The deliveries that are still to be made, in the file. All times are simulated."""

    def __init__(self, store: Store, clock: Clock, journal: Journal) -> None:
        self._store = store
        self._clock = clock
        self._journal = journal
        self.webhooks = Webhooks(store)

    def subscribe(self, webhooks: Any) -> None:
        """Send events to these from now on; what waits for others is dropped, as when a subscription is deleted."""
        self.webhooks.replace(webhooks)
        kept = json.dumps([*self.webhooks.schemas])
        self._store.write("delete from deliveries where url not in (select value from json_each(?))", kept)
        self._store.commit()

    def send(self, event: Json, harm: list[Json]) -> None:
        """Journal an event and queue it for every webhook, as its fault rules say."""
        fields = {"eventType": event["eventType"], "path": event["subject"], "event": event}
        self._journal.write("event", fields | ({"faults": [rule["what"] for rule in harm]} if harm else {}))
        text, due = json.dumps(event), self._clock.now() + _USUAL_DELAY
        for pause in pauses(event["id"], harm):
            for url in self.webhooks.schemas:
                self._queue(url, text, due + pause)

    def _queue(self, url: str, text: str, due: float) -> None:
        self._store.write(
            "insert into deliveries (url, event, due, deadline) values (?, ?, ?, ?)", url, text, due, due + _LIFETIME
        )

    def due(self, url: str, now: float, most: int, besides: Collection[int] = ()) -> list[Delivery]:
        """List deliveries to a webhook that are due, besides those that are under way."""
        rows = self._store.read(
            "select n, url, event, tries, deadline from deliveries "  # noqa: S608 - our own condition
            f"where url = ? and due <= ? and {_NOT_THESE} order by due, n limit ?",
            url,
            now,
            json.dumps([*besides]),
            most,
        )
        return [Delivery(n, url, json.loads(event), tries, deadline) for n, url, event, tries, deadline in rows]

    def next_due(self, url: str, besides: Collection[int] = ()) -> float | None:
        """Tell when the next delivery to a webhook is due, besides those that are under way."""
        rows = self._store.read(
            f"select due from deliveries where url = ? and {_NOT_THESE} order by due limit 1",  # noqa: S608 - our own condition
            url,
            json.dumps([*besides]),
        )
        return next((float(due) for (due,) in rows), None)

    def settle(self, ended: Iterable[tuple[Delivery, Outcome]]) -> None:
        """Strike out what was acknowledged or given up, and put off the rest: all in one transaction."""
        now = self._clock.now()
        for delivery, outcome in ended:
            due = now + _BACKOFF[min(delivery.tries, len(_BACKOFF) - 1)]
            spent = delivery.tries + 1 >= _TRIES or due > delivery.deadline
            if outcome.why and not outcome.final and not spent:
                self._store.write("update deliveries set tries = tries + 1, due = ? where n = ?", due, delivery.number)
            else:
                self._store.write("delete from deliveries where n = ?", delivery.number)
                self._note("given-up" if outcome.why else "delivered", delivery, outcome.why)
        self._store.commit()

    def shaken(self, url: str, why: str) -> None:
        """Remember how a handshake ended: answered where `why` is empty, else it is tried again."""
        if why:
            self.webhooks.postpone(url, self._clock.now())
        else:
            self.webhooks.validate(url)
        result = "refused" if why else "validated"
        self._journal.write("handshake", {"result": result, "url": _without_key(url), "why": why})
        self._store.commit()

    def _note(self, result: str, delivery: Delivery, why: str) -> None:
        fields = {"result": result, "url": _without_key(delivery.url), "eventId": delivery.event["id"]}
        self._journal.write("delivery", {**fields, "tries": delivery.tries + 1, "why": why})


def _without_key(url: str) -> str:
    return url.split("?", 1)[0]
