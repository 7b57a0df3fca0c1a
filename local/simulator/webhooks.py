"""Where events go, webhooks or queues: in which schema, and whether a webhook has answered the handshake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.simulator.resource import Json
    from local.simulator.store import Store

EVENT_GRID = "eventgrid"
CLOUD_EVENTS = "cloudevents"
_SCHEMAS = (EVENT_GRID, CLOUD_EVENTS)
_HANDSHAKE_AGAIN = 10
_QUEUE = "queue/"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of Service Bus; the connection string holds a key."""

    name: str
    connection: str


class Webhooks:
    """Event subscriptions, in the file.

    A webhook is a URL (in the Event Grid schema) or `{"url", "schema"}`, a queue `{"queue", "connection", "schema"}`.
    What goes to a queue waits for it under its name, wherever its namespace is by then.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._given: list[str | Json] = store.setting("webhooks", [])
        self._validated: list[str] = store.setting("validated", [])
        self._postponed: dict[str, float] = {}

    @property
    def given(self) -> list[str | Json]:
        """Where events go, each as it was given: a URL stays a URL, an object an object with its schema."""
        return self._given

    @property
    def schemas(self) -> dict[str, str]:
        """The schema of each address: a webhook's URL, or `queue/` and a queue's name."""
        return dict(_read(each) for each in self._given)

    def queue(self, address: str) -> Queue | None:
        """Return the queue with an address; None where it is a webhook's."""
        queues = (each for each in self._given if isinstance(each, dict) and "queue" in each)
        return next((Queue(one["queue"], one["connection"]) for one in queues if _read(one)[0] == address), None)

    def replace(self, listed: Any) -> None:
        """Send events to these from now on; raises ValueError for what is no list of webhooks."""
        if not isinstance(listed, list):
            raise ValueError("a list of URLs or of objects with url or queue, and schema, is expected")  # noqa: TRY004 - what was sent is wrong
        pairs = [_read(each) for each in listed]
        before, after = self.schemas, dict(pairs)
        if len(after) < len(pairs):
            raise ValueError("a URL or a queue is there twice")
        self._given = [each if isinstance(each, str) else _object(each) for each in listed]
        self._validated = [url for url in self._validated if url in after and before.get(url) == after[url]]
        self._postponed.clear()
        self._store.put_setting("validated", self._validated)
        self._store.set_setting("webhooks", self._given)

    def is_validated(self, url: str) -> bool:
        """Tell whether the webhook has answered the handshake; a queue has none."""
        return url in self._validated or self.queue(url) is not None

    def validate(self, url: str) -> None:
        """Remember that a webhook answered the handshake."""
        self._validated = sorted({*self._validated, url})
        self._store.set_setting("validated", self._validated)

    def postpone(self, url: str, now: float) -> None:
        """Try a handshake that failed again in a while."""
        self._postponed[url] = now + _HANDSHAKE_AGAIN

    def handshake_due(self, url: str) -> float:
        """Tell when the next handshake may be tried."""
        return self._postponed.get(url, 0.0)


def _read(given: Any) -> tuple[str, str]:
    """Return an address and its schema; raise ValueError for what is neither a webhook nor a queue."""
    address, schema = given, EVENT_GRID
    if isinstance(given, dict):
        schema = given.get("schema", EVENT_GRID)
        address = _address(given["queue"], given.get("connection")) if "queue" in given else given.get("url")
    if not isinstance(address, str) or not address.startswith(("http://", "https://", _QUEUE)):
        raise ValueError("a subscription is a URL, or an object with url and schema, or with queue and connection")
    if schema not in _SCHEMAS:
        raise ValueError(f"the schema of a subscription is one of {', '.join(_SCHEMAS)}")
    return address, schema


def _address(queue: Any, connection: Any) -> str | None:
    ours = isinstance(queue, str) and queue and isinstance(connection, str) and connection.startswith("Endpoint=")
    return f"{_QUEUE}{queue}" if ours else None


def _object(given: Json) -> Json:
    where = ("queue", "connection") if "queue" in given else ("url",)
    return {**{name: given[name] for name in where}, "schema": _read(given)[1]}
