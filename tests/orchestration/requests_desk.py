"""The desk at which request messages arrive: the real store and message class, small fakes of ours for the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from azure.functions.servicebus import ServiceBusMessage

from orchestration.access.policy import Access
from orchestration.triggers import requests

if TYPE_CHECKING:
    from shared.store.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Client:
    """A durable client: remembers whom it started; `failing` times it cannot be reached at all."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start_new(self, name: str, instance_id: str | None = None, client_input: Any = None) -> str:
        """Start an instance."""
        assert name == "reconcile"
        self.started.append(client_input["document"])
        return instance_id or ""

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        """Nobody runs here."""
        raise AssertionError((instance_id, event_name, event_data))


class Replies:
    """What was answered; `away` times the broker cannot be reached."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any, Any, Any]] = []
        self.rejected: list[tuple[bytes, list[str], Any]] = []
        self.away = 0

    async def send(self, result: str, body: Any, *, correlation_id: Any = None, reply_to: Any = None) -> None:
        """Tell a result."""
        if self.away:
            self.away -= 1
            raise ConnectionError("the broker is away")
        self.sent.append((result, body, correlation_id, reply_to))

    async def reject(self, body: bytes, properties: Any, problems: Any, **options: Any) -> None:
        """Keep a message with its reasons."""
        assert isinstance(properties, dict)
        self.rejected.append((body, [str(problem) for problem in problems], options["message_id"]))


class Desk:
    """Receives messages one by one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.client = Client()
        self.replies = Replies()
        self.access = Access()

    async def receive(self, body: bytes, **changes: Any) -> None:
        """Receive one message."""
        members: dict[str, Any] = {
            "application_properties": {},
            "user_properties": {},
            "message_id": "m-1",
            "enqueued_time_utc": NOW,
            "sequence_number": 1,
        }
        message = ServiceBusMessage(body=body, **(members | changes))
        dependencies: Any = SimpleNamespace(
            store=self.store, clock=lambda: NOW, replies=self.replies, access=self.access
        )
        await requests.receive(dependencies, self.client, message)
