"""The webhooks that events go to: in which schema, and whether they have answered the handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.simulator.resource import Json
    from local.simulator.store import Store

EVENT_GRID = "eventgrid"
CLOUD_EVENTS = "cloudevents"
_SCHEMAS = (EVENT_GRID, CLOUD_EVENTS)
_HANDSHAKE_AGAIN = 10


class Webhooks:
    """Event subscriptions, in the file. A webhook is a URL (in the Event Grid schema) or `{"url", "schema"}`."""

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
        """The schema of each URL."""
        return dict(_read(each) for each in self._given)

    def replace(self, listed: Any) -> None:
        """Send events to these from now on; raises ValueError for what is no list of webhooks."""
        if not isinstance(listed, list):
            raise ValueError("a list of URLs or of objects with url and schema is expected")  # noqa: TRY004 - what was sent is wrong
        pairs = [_read(each) for each in listed]
        before, after = self.schemas, dict(pairs)
        if len(after) < len(pairs):
            raise ValueError("a URL is there twice")
        self._given = [each if isinstance(each, str) else _object(*_read(each)) for each in listed]
        self._validated = [url for url in self._validated if url in after and before.get(url) == after[url]]
        self._postponed.clear()
        self._store.put_setting("validated", self._validated)
        self._store.set_setting("webhooks", self._given)

    def is_validated(self, url: str) -> bool:
        """Tell whether the webhook has answered the handshake."""
        return url in self._validated

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


def _read(webhook: Any) -> tuple[str, str]:
    url, schema = webhook, EVENT_GRID
    if isinstance(webhook, dict):
        url, schema = webhook.get("url"), webhook.get("schema", EVENT_GRID)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ValueError("a webhook is a URL, or an object with url and schema")
    if schema not in _SCHEMAS:
        raise ValueError(f"the schema of a webhook is one of {', '.join(_SCHEMAS)}")
    return url, schema


def _object(url: str, schema: str) -> Json:
    return {"url": url, "schema": schema}
