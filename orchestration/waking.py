"""Wakes a document's reconciler: starts it, or tells the running one to look again. No wake is ever lost.

The wake is counted first (`store.wakes`). A reconcile ends only if no wake came since it last looked, so a wake that
finds it running needs no more than the hint; one that finds it finished has to start it, and waits out the moment in
which the old instance is finished in our books but still closing in the durable engine's.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

from orchestration import names
from shared.telemetry import names as names_of
from shared.telemetry import trace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

    from shared.model.document import DocumentKey
    from shared.store.store import Store
    from shared.store.wakes import Wake

CLOSING = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between tries to start while the old instance closes; the timer's sweep catches what lasts longer."""

ALIVE = 300.0
"""Seconds after a look in which nobody asks whether the reconciler that began it still runs."""

log = logging.getLogger(__name__)


class DurableClient(Protocol):
    """What is used of the SDK's DurableOrchestrationClient."""

    async def start_new(
        self, orchestration_function_name: str, instance_id: str | None = None, client_input: Any | None = None
    ) -> str:
        """Start an instance; raises where one of that id runs."""

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        """Send an event to a running instance; raises where there is none."""


async def wake(
    store: Store,
    client: DurableClient,
    key: DocumentKey,
    *,
    hint: bool = True,
    anew: bool = False,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """See to it that the document's reconciler looks once more, at a time after this call began.

    Without a hint one that runs looks again when it would end, instead of at once. `anew`: somebody asks for
    something, so that the trace is theirs, and not that of what was asked before and is not done yet.
    """
    about = {names_of.DOCUMENT: str(key), names_of.INSTANCE: key.instance_id}
    with trace.span("wake", about, kind="producer"):
        await _wake(store, client, key, hint=hint, anew=anew, pause=pause)


async def _wake(
    store: Store,
    client: DurableClient,
    key: DocumentKey,
    *,
    hint: bool,
    anew: bool,
    pause: Callable[[float], Awaitable[None]],
) -> None:
    counted = await store.wakes.request(key, trace.current() or "", anew=anew)
    if await _reached(store, client, key, counted, hint=hint):
        return
    for seconds in CLOSING:
        if counted.finished and not (await store.wakes.state(key)).finished:
            return  # Somebody else's wake started it, and it begins after ours was counted.
        await pause(seconds)
        if await _reached(store, client, key, counted, hint=hint):
            return
    log.warning("wake.deferred document=%s: the sweep will wake it", key)


async def _reached(store: Store, client: DurableClient, key: DocumentKey, counted: Wake, *, hint: bool) -> bool:
    """Say whether a reconciler looks after the wake was counted: one that runs, or one that is started now.

    One that had not finished then ends only after it has seen the count, and needs no more than the hint.
    """
    if hint and not counted.finished and await _hint(client, key):
        return True
    if await _start(client, key, counted):
        if counted.finished:
            await store.wakes.started(key, counted)  # So that nobody waits for the old instance to close.
        return True
    return not hint and not counted.finished


async def revive(store: Store, client: DurableClient, key: DocumentKey, *, now: datetime | None = None) -> None:
    """See to it that the document's reconciler runs; one that does is left alone, for it has not finished looking.

    With the time, one that looked a moment ago is taken to run: to ask for it, a start in vain, costs in a crowd.
    """
    state = await store.wakes.state(key)
    if state.finished:
        await wake(store, client, key)
    elif now is None or now.timestamp() - state.refilled > ALIVE:
        await _start(client, key, state)


async def wake_all(
    store: Store, client: DurableClient, keys: Iterable[DocumentKey], *, hint: bool = True, anew: bool = False
) -> None:
    """Wake several documents at once."""
    await asyncio.gather(*(wake(store, client, key, hint=hint, anew=anew) for key in dict.fromkeys(keys)))


async def _start(client: DurableClient, key: DocumentKey, counted: Wake) -> bool:
    given = {"document": str(key), "version": names.VERSION}
    if counted.trace:
        given["traceparent"] = counted.trace
    try:
        await client.start_new(names.RECONCILE, key.instance_id, given)
    except Exception as error:  # noqa: BLE001 - the SDK raises bare Exception for a conflict, with the service's text
        log.debug("wake.running document=%s reason=%s", key, error)
        return False
    return True


async def _hint(client: DurableClient, key: DocumentKey) -> bool:
    try:
        await client.raise_event(key.instance_id, names.WAKE, {})
    except Exception as error:  # noqa: BLE001 - same: 404 and 410 arrive as bare Exception
        log.debug("wake.closing document=%s reason=%s", key, error)
        return False
    return True
