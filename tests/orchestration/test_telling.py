"""Lifecycle events leave the app at least once, whatever fails when."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.dependencies import Dependencies
from orchestration.settings import Settings
from orchestration.telling import MOST_UNTOLD, tell, tell_removed, with_events
from shared.model import conditions as c
from shared.model.conditions import Condition, set_condition
from shared.model.document import parse_document, to_json
from shared.model.errors import Denied, Transient
from tests.model.samples import parsed

if TYPE_CHECKING:
    from shared.model.document import Document
    from shared.model.errors import SpokewrightError
    from shared.store.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
READY = Condition(type=c.READY, status="True", reason=c.PROVISIONED)
FAILED = Condition(type=c.READY, status="False", reason=c.STEP_FAILED)


class Topic:
    """Takes events, or raises what it is told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.error: SpokewrightError | None = None
        self.meanwhile: Any = None

    async def publish(self, events: Sequence[dict[str, Any]]) -> None:
        """Take events; something may happen meanwhile."""
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.error is not None:
            raise self.error
        self.taken += [event["type"] for event in events]


class Desk:
    """A document in the real store, and a topic."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.topic = Topic()
        self.dependencies: Any = SimpleNamespace(store=store, events=self.topic)
        self.key = parsed("Spoke").key

    async def read(self) -> Document:
        """Return the document as it is stored."""
        stored = await self.store.documents.get(self.key)
        assert stored is not None
        return parse_document(stored.document)

    async def becomes(self, condition: Condition, at: datetime = NOW) -> None:
        """Change a condition, and in the same write decide what is to be told."""

        def change(current: dict[str, Any]) -> dict[str, Any]:
            before = parse_document(current)
            return to_json(with_events(before, changed(before, condition, at), at))

        await self.store.documents.update(self.key, change)

    async def recent(self) -> list[str]:
        """Return the types of the events kept for people, oldest first."""
        return [event["type"] for event in reversed(await self.store.events.list())]


def changed(document: Document, condition: Condition, at: datetime = NOW) -> Document:
    """Return the document with a condition changed."""
    conditions = set_condition(document.status.conditions, condition, at)
    return document.model_copy(update={"status": document.status.model_copy(update={"conditions": conditions})})


@pytest.fixture
async def desk(store: Store) -> Desk:
    """A spoke that nothing happened to yet."""
    desk = Desk(store)
    await store.documents.put(to_json(parsed("Spoke")), None)
    return desk


ATTACHED, DEGRADED, DETACHED = (f"Spokewright.Spoke.{word}" for word in ("Attached", "Degraded", "Detached"))


async def test_told_once(desk: Desk) -> None:
    """What happened is published, forgotten, and not published again."""
    await desk.becomes(READY)
    await tell(desk.dependencies, desk.key)
    await tell(desk.dependencies, desk.key)
    assert desk.topic.taken == [ATTACHED]
    assert (await desk.read()).status.untold == ()
    assert await desk.recent() == [ATTACHED]


async def test_a_topic_that_is_away(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be published fails nothing, is logged, stays, and is published in order when the topic is back."""
    await desk.becomes(READY)
    desk.topic.error = Transient("away")
    with caplog.at_level(logging.WARNING, "orchestration.telling"):
        await tell(desk.dependencies, desk.key)
    assert "events.left document=Spoke/payments count=1 reason=away" in caplog.text
    await desk.becomes(FAILED, NOW + timedelta(minutes=1))
    assert [event["type"] for event in (await desk.read()).status.untold] == [ATTACHED, DEGRADED]
    desk.topic.error = None
    await tell(desk.dependencies, desk.key)
    assert desk.topic.taken == [ATTACHED, DEGRADED]
    assert await desk.recent() == [ATTACHED, DEGRADED]


async def test_what_comes_meanwhile_is_not_forgotten(desk: Desk) -> None:
    """An event that is stored while others are published is still to be told."""
    await desk.becomes(READY)
    desk.topic.meanwhile = lambda: desk.becomes(FAILED, NOW + timedelta(minutes=1))
    await tell(desk.dependencies, desk.key)
    assert desk.topic.taken == [ATTACHED]
    assert [event["type"] for event in (await desk.read()).status.untold] == [DEGRADED]


async def test_the_document_goes_meanwhile(desk: Desk) -> None:
    """A document that is removed while its events are published disturbs nobody."""

    async def remove() -> None:
        stored = await desk.store.documents.get(desk.key)
        assert stored is not None
        await desk.store.documents.remove(desk.key, stored.etag)

    await desk.becomes(READY)
    desk.topic.meanwhile = remove
    await tell(desk.dependencies, desk.key)
    assert desk.topic.taken == [ATTACHED]
    await tell(desk.dependencies, desk.key)
    assert desk.topic.taken == [ATTACHED]


async def test_without_a_topic(desk: Desk) -> None:
    """Where no topic is configured the events are kept for people, and forgotten in the document."""
    desk.dependencies.events = None
    await desk.becomes(READY)
    await tell(desk.dependencies, desk.key)
    assert (await desk.read()).status.untold == ()
    assert await desk.recent() == [ATTACHED]


async def test_the_end_is_told_with_what_is_untold(desk: Desk) -> None:
    """Before a document is removed its last events go out: there is no later."""
    await desk.becomes(READY)
    await tell_removed(desk.dependencies, await desk.read(), NOW)
    assert desk.topic.taken == [ATTACHED, DETACHED]
    assert sorted(await desk.recent()) == [ATTACHED, DETACHED]


async def test_an_end_that_cannot_be_told_yet(desk: Desk) -> None:
    """What heals by waiting is raised, so that the document is not removed before its end is told."""
    desk.topic.error = Transient("away")
    with pytest.raises(Transient):
        await tell_removed(desk.dependencies, await desk.read(), NOW)


async def test_a_topic_that_refuses_us_holds_nothing_up(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Without permission on the topic a document can still be removed; what is lost is logged."""
    desk.topic.error = Denied("no role")
    await tell_removed(desk.dependencies, await desk.read(), NOW)
    assert "events.lost document=Spoke/payments count=1 reason=no role" in caplog.text
    assert await desk.recent() == [DETACHED]


def test_what_did_not_change_is_as_it_was() -> None:
    """Without an event the document is returned as it is."""
    document = changed(parsed("Spoke"), READY)
    assert with_events(document, document, NOW) is document


def test_a_change_upon_its_own_result_adds_nothing() -> None:
    """The store may run a change again upon what it wrote: the event is there once."""
    before = parsed("Spoke")
    after = with_events(before, changed(before, READY), NOW)
    again = with_events(before, changed(after, READY), NOW)
    assert [event["type"] for event in again.status.untold] == [ATTACHED]


def test_only_the_last_ones_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    """A topic that is away for ever does not let a document grow without end; what goes is logged."""
    document: Document = parsed("Spoke")
    for minute in range(MOST_UNTOLD + 3):
        at = NOW + timedelta(minutes=minute)
        document = with_events(document, changed(document, (READY, FAILED)[minute % 2], at), at)
    assert len(document.status.untold) == MOST_UNTOLD
    assert document.status.untold[-1]["time"] == (NOW + timedelta(minutes=MOST_UNTOLD + 2)).isoformat()
    assert caplog.text.count("events.dropped") == 3


def settings(**more: str) -> Settings:
    """Return the least settings, and more."""
    return Settings.read({"SPOKEWRIGHT_STORE": "sqlite:x", "SERVICE_BUS": "x"} | more)


def test_a_topic_is_optional() -> None:
    """Without an endpoint there is nothing to publish with; with one and a key there is, and no identity is needed."""
    assert Dependencies(settings()).events is None
    whole = settings(SPOKEWRIGHT_TOPIC_ENDPOINT="https://t/api/events", SPOKEWRIGHT_TOPIC_KEY="a-key")
    assert Dependencies(whole).events is not None
    assert "a-key" not in repr(whole)


def test_a_topic_is_spoken_to_in_secret() -> None:
    """An endpoint that is not HTTPS is refused at the start: it would see the key."""
    with pytest.raises(ValueError, match="SPOKEWRIGHT_TOPIC_ENDPOINT"):
        settings(SPOKEWRIGHT_TOPIC_ENDPOINT="http://t/api/events")
