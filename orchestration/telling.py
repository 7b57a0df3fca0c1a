"""Lifecycle events on their way out: decided in the write that changes a status, published after it, forgotten last.

So none is lost: what was not published stands in the document (`status.untold`) until the next `tell`. It decides no
conditions, and a topic that is away fails no reconcile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.model import lifecycle
from shared.model.errors import NotFound, RetryLaterError, SpokewrightError

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from shared.model.document import Document
    from shared.model.envelope import DocumentKey

    Json = dict[str, Any]

log = logging.getLogger(__name__)

PATIENCE = timedelta(hours=1)
"""How long after its deletion was asked for a document stays because its end cannot be told."""

MOST_UNTOLD = 50
"""Kept in one document, the last ones: a topic may be away for days, a row is not without end."""


def with_events(before: Document, after: Document, now: datetime) -> Document:
    """Return `after`, to be written over `before`, with what happened between them added to what is to be told."""
    happened = [
        lifecycle.compose(type_, after, now) for type_ in lifecycle.transitions(before.status, after.status, after)
    ]
    known = {event["id"] for event in after.status.untold}
    untold = (*after.status.untold, *(event for event in happened if event["id"] not in known))
    if untold == after.status.untold:
        return after
    if len(untold) > MOST_UNTOLD:
        log.warning("events.dropped document=%s count=%d", after.key, len(untold) - MOST_UNTOLD)
    return after.model_copy(update={"status": after.status.model_copy(update={"untold": untold[-MOST_UNTOLD:]})})


async def tell(dependencies: Dependencies, key: DocumentKey) -> None:
    """Publish what is untold of a document and forget exactly that; what cannot be published is left for later."""
    stored = await dependencies.store.documents.get(key)
    untold = (stored.document.get("status") or {}).get("untold") if stored else None
    if not untold:
        return
    await _remember(dependencies, untold)
    try:
        await _publish(dependencies, untold)
    except SpokewrightError as error:
        log.warning("events.left document=%s count=%d reason=%s", key, len(untold), error)
        return
    await _forget(dependencies, key, {event["id"] for event in untold})


async def tell_removed(dependencies: Dependencies, document: Document, now: datetime) -> None:
    """Publish the end of a document that is about to be removed, and what is untold of it: there is no later.

    Raises what heals by waiting (RetryLaterError): call it again before the removal. What needs a person is logged: a
    topic that refuses us, or is away for long, must not keep a document for ever.
    """
    events = [*document.status.untold, lifecycle.compose(lifecycle.removal(document), document, now)]
    await _remember(dependencies, events)
    try:
        await _publish(dependencies, events)
    except SpokewrightError as error:
        asked = document.metadata.deletion_requested
        if isinstance(error, RetryLaterError) and (asked is None or now - asked < PATIENCE):
            raise
        log.warning("events.lost document=%s count=%d reason=%s", document.key, len(events), error)


async def _remember(dependencies: Dependencies, events: Sequence[Json]) -> None:
    """Keep the events for people, also where no topic is configured."""
    await asyncio.gather(*(dependencies.store.events.append(event) for event in events))


async def _publish(dependencies: Dependencies, events: Sequence[Json]) -> None:
    if dependencies.events is not None:
        await dependencies.events.publish(events)


async def _forget(dependencies: Dependencies, key: DocumentKey, told: set[str]) -> None:
    """Take the told events out of the status; others may have come meanwhile."""

    def change(status: Json) -> Json:
        return status | {"untold": [event for event in status.get("untold") or () if event["id"] not in told]}

    with contextlib.suppress(NotFound):
        await dependencies.store.documents.update_status(key, change)
