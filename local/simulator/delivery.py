"""Carries events to webhooks and queues, many at a time: each has a lane of its own, so a slow one holds up no other.

It decides when something is sent; `outbox` keeps what is to be sent, `event_grid` and `queues` know the wires.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.simulator.outbox import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

    from local.simulator.event_grid import EventGrid
    from local.simulator.outbox import Delivery, Outbox
    from local.simulator.queues import Queues

LOG = logging.getLogger("local.simulator")
_IN_FLIGHT = 64


@dataclass(slots=True)
class _Lane:
    """What is under way to one webhook: deliveries by their numbers, and the handshake."""

    deliveries: set[int] = field(default_factory=set)
    shaking: bool = False


class Courier:
    """Starts what is due at each call of `deliver`, and calls `wake` when an answer is there to be settled."""

    def __init__(self, outbox: Outbox, wire: EventGrid, queues: Queues, wake: Callable[[], None]) -> None:
        self._outbox = outbox
        self._wire = wire
        self._queues = queues
        self._wake = wake
        self._lanes: dict[str, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[tuple[Delivery, Outcome]] = []

    def deliver(self, now: float) -> None:
        """Settle what was answered since, and start what is due and has room."""
        self._settle()
        for url, schema in self._outbox.webhooks.schemas.items():
            lane = self._lanes.setdefault(url, _Lane())
            if self._outbox.webhooks.is_validated(url):
                self._fill(lane, url, schema, now)
            elif not lane.shaking and self._outbox.webhooks.handshake_due(url) <= now:
                lane.shaking = True
                self._begin(self._shake_hands(lane, url, schema, now))

    def next_due(self) -> float | None:
        """Tell when something can be started next, if nothing ends before."""
        return min(self._dues(), default=None)

    async def close(self) -> None:
        """Stop; what was not acknowledged is sent again after the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._settle()

    def _dues(self) -> Iterator[float]:
        for url in self._outbox.webhooks.schemas:
            lane = self._lanes.get(url, _Lane())
            if not self._outbox.webhooks.is_validated(url):
                if not lane.shaking:
                    yield self._outbox.webhooks.handshake_due(url)
            elif len(lane.deliveries) < _IN_FLIGHT:
                due = self._outbox.next_due(url, lane.deliveries)
                if due is not None:
                    yield due

    def _settle(self) -> None:
        """Write what was answered before the numbers are free again, else an event would go out twice."""
        if self._ended:
            self._outbox.settle(self._ended)
            for delivery, _ in self._ended:
                self._lanes[delivery.url].deliveries.discard(delivery.number)
            self._ended.clear()

    def _fill(self, lane: _Lane, url: str, schema: str, now: float) -> None:
        room = _IN_FLIGHT - len(lane.deliveries)
        if room <= 0:
            return
        for delivery in self._outbox.due(url, now, room, lane.deliveries):
            lane.deliveries.add(delivery.number)
            self._begin(self._send(delivery, schema))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, delivery: Delivery, schema: str) -> None:
        try:
            outcome = await self._carry(delivery, schema)
        except Exception as error:
            LOG.exception("courier.crashed event=%s", delivery.event["id"])
            outcome = Outcome(f"the simulator failed: {type(error).__name__}")
        self._ended.append((delivery, outcome))
        self._wake()

    async def _carry(self, delivery: Delivery, schema: str) -> Outcome:
        queue = self._outbox.webhooks.queue(delivery.url)
        if queue is not None:
            return await self._queues.put(queue, schema, delivery)
        return await self._wire.post(delivery.url, schema, delivery.event)

    async def _shake_hands(self, lane: _Lane, url: str, schema: str, now: float) -> None:
        try:
            why = await self._wire.shake_hands(url, schema, now)
            if self._outbox.webhooks.schemas.get(url) == schema:
                self._outbox.shaken(url, why)
        finally:
            lane.shaking = False
            self._wake()
