"""One turn of the broker: deliver what can be delivered, commit, and only then let bytes out.

Everything that handlers did since the last turn is one transaction. Since every outgoing byte of every connection
waits for `Connection.flush`, nothing is ever acknowledged or handed out that a crash could undo.
"""

import asyncio
import logging
from collections import deque
from typing import Protocol

from local.broker.link import ConsumerLink
from local.broker.namespace import Namespace
from local.broker.store import Store

_LOG = logging.getLogger(__name__)
_MOST_PER_TURN = 500  # messages delivered before others get the loop
_LONGEST_SLEEP_SECONDS = 60.0
_PAUSE_AFTER_FAILURE_SECONDS = 1.0


class Outlet(Protocol):
    """A connection, as far as the dispatcher is concerned."""

    def flush(self) -> None:
        """Send what was written since the last flush."""

    def abort(self) -> None:
        """Drop the connection and what it has not sent."""


class Recipient(Protocol):
    """A session that can be sent messages."""

    @property
    def blocked(self) -> bool:
        """Whether its window is full."""

    def deliver(self, link: ConsumerLink) -> bool:
        """Send the next message of the link's entity; False if there is none."""

    def finish_drain(self, link: ConsumerLink) -> None:
        """Answer a drain request, if there is one."""


class Dispatcher:
    """Knows which links wait at which entity, and when to wake up next."""

    def __init__(self, namespace: Namespace, store: Store) -> None:
        self._namespace = namespace
        self._store = store
        self._consumers: dict[str, deque[tuple[Recipient, ConsumerLink]]] = {}
        self._woken: set[str] = set()
        self._outlets: set[Outlet] = set()
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self.stopped = False

    def add(self, recipient: Recipient, link: ConsumerLink) -> None:
        """A link waits at its entity."""
        self._consumers.setdefault(link.path, deque()).append((recipient, link))

    def remove(self, link: ConsumerLink) -> None:
        """A link is gone."""
        waiting = self._consumers.get(link.path, deque())
        self._consumers[link.path] = deque(pair for pair in waiting if pair[1] is not link)

    def wake(self, path: str) -> None:
        """A link at this entity got credit or room."""
        self._woken.add(path)
        self.soon()

    def flush_later(self, outlet: Outlet) -> None:
        """A connection has something to send."""
        self._outlets.add(outlet)
        self.soon()

    def soon(self) -> None:
        """Take a turn when the handlers that are running have finished."""
        if not self._scheduled and not self.stopped:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.turn)

    def stop(self) -> None:
        """Take no more turns."""
        self.stopped = True
        if self._timer:
            self._timer.cancel()

    def turn(self) -> None:
        """Deliver, commit, flush, and set the timer for what is due next."""
        self._scheduled = False
        if self.stopped:
            return
        try:
            self._namespace.sweep()
            self._deliver_woken()
            self._store.commit()
        except Exception:  # noqa: BLE001 - the edge, see below
            # A disk that does not take the commit, or a defect: nobody may be told what is not stored.
            _LOG.exception("The turn failed; what it did is undone and its connections are dropped.")
            self._store.rollback()
            for outlet in self._take_outlets():
                outlet.abort()
            self._set_timer(_PAUSE_AFTER_FAILURE_SECONDS)
            return
        for outlet in self._take_outlets():
            outlet.flush()
        self._set_timer()

    def _take_outlets(self) -> set[Outlet]:
        outlets, self._outlets = self._outlets, set()
        return outlets

    def _deliver_woken(self) -> None:
        self._woken |= self._namespace.take_touched()
        budget = _MOST_PER_TURN
        while self._woken and budget > 0:
            path = self._woken.pop()
            budget -= self._deliver(path, budget)
            if budget <= 0:
                self.wake(path)
            self._woken |= self._namespace.take_touched()

    def _deliver(self, path: str, budget: int) -> int:
        """Give messages to the links at an entity in turn; how many were given."""
        waiting = self._consumers.get(path)
        if not waiting:
            return 0
        given = idle = 0
        while given < budget and idle < len(waiting):
            recipient, link = waiting[0]
            waiting.rotate(-1)
            if not link.wants or recipient.blocked:
                idle += 1
            elif recipient.deliver(link):
                given, idle = given + 1, 0
            else:
                break
        if given < budget:
            for recipient, link in waiting:
                recipient.finish_drain(link)
        return given

    def _set_timer(self, shortest: float = 0.0) -> None:
        if self._timer:
            self._timer.cancel()
        due = self._namespace.next_due()
        if due is None:
            return
        delay = min(max(shortest, (due - self._namespace.now()) / 1000), _LONGEST_SLEEP_SECONDS)
        self._timer = asyncio.get_running_loop().call_later(delay, self.turn)
