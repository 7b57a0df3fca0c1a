"""The net under everything: wakes what is unfinished or due for another try, and sweeps what no event told."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestration import levels, sweeping, waking
from shared.model.document import key_of
from shared.telemetry.state import state

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

SWEEP = "sweep"

log = logging.getLogger(__name__)


async def wake_stale(dependencies: Dependencies, client: DurableClient) -> int:
    """Wake what no event woke; return how many documents that were."""
    now = dependencies.clock()
    stored = await dependencies.store.documents.list()
    stale = [
        key_of(one.document) for one in stored if is_stale(one.document, now, dependencies.look, dependencies.proof)
    ]
    await asyncio.gather(*(waking.revive(dependencies.store, client, key, now=now) for key in stale))
    if state.on:
        await _tell_levels(dependencies, [one.document for one in stored], now)
    if stale:
        log.info("timer.woke documents=%d", len(stale))
    return len(stale)


async def _tell_levels(dependencies: Dependencies, documents: list[Json], now: datetime) -> None:
    """Measure how everything is; that it cannot be measured stops no sweep."""
    try:
        levels.record(documents, await dependencies.store.moments.last(sweeping.ENDED), now)
    except Exception:
        log.exception("timer.unmeasured")


async def sweep_if_due(dependencies: Dependencies, client: DurableClient) -> bool:
    """Sweep if the last one is long ago; say whether it was."""
    if not await dependencies.store.moments.claim(SWEEP, dependencies.clock(), dependencies.sweep):
        return False
    try:
        await sweeping.sweep(dependencies, client)
    except Exception:
        await dependencies.store.moments.forget(SWEEP)  # The next minute tries again.
        raise
    return True


async def tidy(dependencies: Dependencies) -> None:
    """Forget what is past its time: outcomes of old requests, tombstones of documents long removed."""
    await dependencies.store.purge()


def is_stale(document: Json, now: datetime, look: timedelta, proof: timedelta) -> bool:
    """Say whether nobody looked at this generation yet, a look or a proof is old, or another try is due."""
    status = document.get("status") or {}
    if status.get("observedGeneration", 0) != document["metadata"].get("generation", 0):
        return True
    due = (status.get("retryAt"), timedelta()), (status.get("reconciledAt"), look), (status.get("verifiedAt"), proof)
    return any(text is not None and datetime.fromisoformat(text) + patience <= now for text, patience in due)
