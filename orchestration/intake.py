"""Takes Azure's events in: which resources they are about, and one look at each. It never acts on a payload.

Events are acknowledged after a look that began after they came, so that a crash before it brings them again. What is
malformed is counted and raised as Invalid; what fails on our side is raised as Transient, to be sent again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration import onboarding
from shared.model import azure_events, resource_id
from shared.model.errors import Invalid, RetryLaterError, Transient
from shared.model.redaction import redact
from shared.telemetry import meter, names
from shared.telemetry.state import state

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.model.azure_events import Notice

    Look = Callable[[Dependencies, DurableClient, str, str], Awaitable[None]]

MALFORMED = "events.malformed"
"""The tally of what could not be read."""

RETRY_AFTER = 10
"""Seconds; Event Grid's own first pause."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events of a delivery were of interest, and how many were not."""

    noticed: int
    ignored: int


async def read(dependencies: Dependencies, raw: bytes) -> Any:
    """Return the JSON value of a delivery; what is none is counted, and raised as Invalid."""
    async with _counting_malformed(dependencies, raw):
        return azure_events.decode(raw)


async def handshake(dependencies: Dependencies, body: Any) -> str | None:
    """Return the code that a subscription's validation wants back, None where the body is no such event."""
    async with _counting_malformed(dependencies, body):
        return azure_events.validation_code(body)


async def take(dependencies: Dependencies, client: DurableClient, body: Any, *, look: Look = onboarding.look) -> Taken:
    """Look at everything that an event, or a list of events, is about; return when all of it was looked at."""
    async with _counting_malformed(dependencies, body):
        notices = azure_events.parse(body)
    groups = _by_resource(notices)

    async def shared(key: str, group: list[Notice]) -> None:
        about, requester = group[0].about, requester_of(group)
        await dependencies.coalescer.look(key, lambda: look(dependencies, client, about, requester))

    looks = (shared(key, group) for key, group in groups.items())
    _raise_first(groups, await asyncio.gather(*looks, return_exceptions=True))
    _count(notices)
    taken = Taken(len(notices), (len(body) if isinstance(body, list) else 1) - len(notices))
    meter.record(names.EVENTS, taken.ignored, result="ignored")
    if notices:
        log.info("events.taken noticed=%d ignored=%d resources=%d", taken.noticed, taken.ignored, len(groups))
    return taken


def _count(notices: tuple[Notice, ...]) -> None:
    """Count what is of interest, and say how long ago it happened."""
    now = state.clock()
    meter.record(names.EVENTS, len(notices), result="noticed")
    for notice in notices:
        if notice.time:
            age = (now - datetime.fromisoformat(notice.time)).total_seconds()
            meter.record(names.QUEUE_AGE, max(0.0, age), queue="events")


def requester_of(notices: list[Notice]) -> str:
    """Return who made the newest of the changes whose author is known, '' where none is."""
    known = [notice for notice in notices if notice.requester]
    return max(known, key=lambda notice: notice.time).requester if known else ""


def _by_resource(notices: tuple[Notice, ...]) -> dict[str, list[Notice]]:
    groups: dict[str, list[Notice]] = {}
    for notice in notices:
        groups.setdefault(resource_id.key(notice.about), []).append(notice)
    return groups


def _raise_first(resources: dict[str, list[Notice]], results: list[BaseException | None]) -> None:
    """Log each look that failed, and raise for the first: all of the delivery is sent again."""
    failed = [(key, error) for key, error in zip(resources, results, strict=True) if error is not None]
    for key, error in failed:
        log.warning("events.look_failed resource_id=%s", key, exc_info=error)
    if failed:
        key, error = failed[0]
        pause = error.retry_after if isinstance(error, RetryLaterError) else None
        message = f"{len(failed)} of {len(resources)} resources could not be looked at now; send the events again"
        raise Transient(message, resource_id=key, retry_after=pause or RETRY_AFTER) from error


@asynccontextmanager
async def _counting_malformed(dependencies: Dependencies, body: Any) -> AsyncIterator[None]:
    try:
        yield
    except Invalid as error:
        first = error.problems[0]
        log.warning("events.malformed problems=%d path=%s", len(error.problems), first.path)
        meter.record(names.EVENTS, 1, result="malformed")
        example = f"{first.path}: {first.message[:300]} In: {redact(_text(body))}"
        await dependencies.store.tallies.count(MALFORMED, example)
        raise


def _text(body: Any) -> str:
    if isinstance(body, bytes):
        return body[:1000].decode(errors="replace")
    try:
        return json.dumps(body)
    except (ValueError, RecursionError):
        return ""
