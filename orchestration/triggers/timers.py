"""The net under everything: wakes each document whose status is stale, unfinished, or due for another try."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestration import waking
from shared.model.document import key_of

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

log = logging.getLogger(__name__)


async def wake_stale(dependencies: Dependencies, client: DurableClient) -> int:
    """Wake what no event woke; return how many documents that were."""
    now = dependencies.clock()
    stored = await dependencies.store.documents.list()
    stale = [key_of(item.document) for item in stored if is_stale(item.document, now, dependencies.sweep)]
    await asyncio.gather(*(waking.revive(dependencies.store, client, key) for key in stale))
    if stale:
        log.info("timer.woke documents=%d", len(stale))
    return len(stale)


async def tidy(dependencies: Dependencies) -> None:
    """Forget what is past its time: outcomes of old requests, tombstones of documents long removed."""
    await dependencies.store.purge()


def is_stale(document: Json, now: datetime, sweep: timedelta) -> bool:
    """Say whether nobody looked at this generation yet, the last look is old, or the time for another try has come."""
    status = document.get("status") or {}
    if status.get("observedGeneration", 0) != document["metadata"].get("generation", 0):
        return True
    due = (status.get("retryAt"), 0 * sweep), (status.get("reconciledAt"), sweep)
    return any(text is not None and datetime.fromisoformat(text) + patience <= now for text, patience in due)
