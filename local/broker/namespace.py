"""What happens to messages: sent, scheduled, locked, settled, expired, dead-lettered.

It knows no frames, links or connections, and takes its time from an injected clock. Every change is a write to
the store; the caller decides when they are committed. A lock belongs to the message, not to a connection: when
a client crashes, its messages wait until their locks expire.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID, uuid4

from local.broker import envelope, messages
from local.broker.entities import Entities, Queue, dead_letter_path, is_dead_letter
from local.broker.refusal import (
    DECODE_ERROR,
    LOCK_LOST,
    MESSAGE_NOT_FOUND,
    MESSAGE_SIZE_EXCEEDED,
    Malformed,
    Refused,
)
from local.broker.store import ACTIVE, DEFERRED, SCHEDULED, Store, Stored


class Settlement(StrEnum):
    """What a receiver does with a locked message, in the words of the management operation."""

    COMPLETE = "completed"
    ABANDON = "abandoned"
    RELEASE = "released"  # given back untouched: it does not count as a delivery
    DEFER = "defered"
    DEAD_LETTER = "suspended"


@dataclass(frozen=True, slots=True)
class _Accepted:
    payload: bytes
    facts: messages.MessageFacts


class Namespace:
    """All messages of all entities."""

    def __init__(self, store: Store, entities: Entities, clock: Callable[[], float]) -> None:
        self.entities = entities
        self._store = store
        self._clock = clock
        self._touched: set[str] = set()

    def now(self) -> int:
        """The time in milliseconds."""
        return round(self._clock() * 1000)

    def take_touched(self) -> set[str]:
        """The entities that may have something new to deliver since the last call."""
        touched, self._touched = self._touched, set()
        return touched

    # -- sending -----------------------------------------------------------------------------------------

    def send(self, path: str, payloads: Sequence[bytes]) -> None:
        """Accept messages, all or none; a duplicate is accepted and dropped, as Service Bus does."""
        for message in [self._inspect(payload) for payload in payloads]:
            if self._is_duplicate(path, message.facts.message_id):
                continue
            when = message.facts.scheduled_for
            if when is not None and when > self.now():
                self._hold(path, message.payload, when)
            else:
                self._enqueue(path, message)

    def schedule(self, path: str, payload: bytes) -> int:
        """Accept one message for the time it carries; the number it is cancelled by."""
        message = self._inspect(payload)
        return self._hold(path, message.payload, message.facts.scheduled_for or self.now())

    def cancel(self, path: str, sequences: Sequence[int]) -> None:
        """Withdraw scheduled messages, all or none."""
        found = [self._store.by_sequence(path, sequence) for sequence in sequences]
        if any(message is None or message.state != SCHEDULED for message in found):
            raise Refused(MESSAGE_NOT_FOUND, "A scheduled message with that sequence number could not be found.")
        for sequence in sequences:
            self._store.delete(sequence)

    def _inspect(self, payload: bytes) -> _Accepted:
        if len(payload) > self.entities.max_message_bytes:
            limit = self.entities.max_message_bytes
            raise Refused(MESSAGE_SIZE_EXCEEDED, f"The message of {len(payload)} bytes exceeds the limit of {limit}.")
        try:
            envelope.check(payload)
            return _Accepted(payload, messages.read_facts(payload))
        except Malformed as problem:
            raise Refused(DECODE_ERROR, str(problem)) from problem

    def _is_duplicate(self, path: str, message_id: str | None) -> bool:
        window = self.entities.duplicate_window_seconds(path)
        if window is None or message_id is None:
            return False
        now = self.now()
        return not self._store.first_sighting(path, message_id, now=now, forget=now + _milliseconds(window))

    def _hold(self, path: str, payload: bytes, when: int) -> int:
        # A topic's scheduled message waits at the topic and is copied when its time comes.
        return self._store.insert(path, SCHEDULED, payload, now=self.now(), expires=None, due=when)

    def _enqueue(self, path: str, message: _Accepted) -> None:
        now = self.now()
        for destination in self.entities.destinations(path):
            expires = _expiry(self._queue(destination), message.facts.time_to_live, now)
            self._store.insert(destination, ACTIVE, message.payload, now=now, expires=expires, due=expires)
            self._touched.add(destination)

    # -- receiving ---------------------------------------------------------------------------------------

    def receive(self, path: str, *, delete: bool) -> Stored | None:
        """The next message of an entity, locked under a new token, or removed if `delete`."""
        message = self._store.next_waiting(path, self.now())
        if message is None:
            return None
        return self._hand_out(message, delete=delete)

    def receive_deferred(self, path: str, sequences: Sequence[int], *, delete: bool) -> list[Stored]:
        """Deferred messages by their numbers, all or none."""
        found = [self._store.by_sequence(path, sequence) for sequence in sequences]
        deferred = [each for each in found if each and each.state == DEFERRED and each.token is None]
        if len(deferred) != len(sequences):
            raise Refused(MESSAGE_NOT_FOUND, "A deferred message with that sequence number could not be found.")
        return [self._hand_out(message, delete=delete) for message in deferred]

    def peek(self, path: str, first: int, count: int) -> list[Stored]:
        """Messages in any state, untouched."""
        return self._store.browse(path, first, count)

    def _hand_out(self, message: Stored, *, delete: bool) -> Stored:
        token, until = uuid4(), self._lock_end(message.entity)
        if delete:
            self._store.delete(message.sequence)
        else:
            self._store.lock(message.sequence, token, until)
        return replace(message, token=token, locked_until=until)

    # -- settling ----------------------------------------------------------------------------------------

    def settle(
        self,
        path: str,
        token: UUID,
        settlement: Settlement,
        reason: str | None = None,
        description: str | None = None,
    ) -> None:
        """Apply what the holder of a lock decided; refused if the lock is gone."""
        message = self._locked(path, token)
        match settlement:
            case Settlement.COMPLETE:
                self._store.delete(message.sequence)
            case Settlement.DEFER:
                self._store.unlock(message, state=DEFERRED, deliveries=message.deliveries)
            case Settlement.DEAD_LETTER:
                self._bury(message, message.deliveries, reason, description)
            case Settlement.RELEASE:
                self._store.unlock(message, state=message.state, deliveries=message.deliveries)
                self._touched.add(path)
            case Settlement.ABANDON:
                self._count_failure(message)

    def renew(self, path: str, tokens: Sequence[UUID]) -> list[int]:
        """Prolong locks, all or none; the new expiry of each."""
        locked = [self._locked(path, token) for token in tokens]
        until = self._lock_end(path)
        for message, token in zip(locked, tokens, strict=True):
            self._store.lock(message.sequence, token, until)
        return [until] * len(locked)

    def _locked(self, path: str, token: UUID) -> Stored:
        message = self._store.by_token(token)
        expired = message is not None and message.locked_until is not None and message.locked_until <= self.now()
        if message is None or expired or message.entity != path:
            raise Refused(LOCK_LOST, "The lock supplied is invalid: it has expired, or the message was settled.")
        return message

    def _count_failure(self, message: Stored) -> None:
        """A delivery that came to nothing: once too often, and the message is dead-lettered."""
        deliveries = message.deliveries + 1
        limit = self._queue(message.entity).max_deliveries
        if deliveries >= limit and message.state == ACTIVE and not is_dead_letter(message.entity):
            explanation = f"Message could not be consumed after {limit} delivery attempts."
            self._bury(message, deliveries, "MaxDeliveryCountExceeded", explanation)
        else:
            self._store.unlock(message, state=message.state, deliveries=deliveries)
            self._touched.add(message.entity)

    def _bury(self, message: Stored, deliveries: int, reason: str | None, description: str | None) -> None:
        path = dead_letter_path(message.entity)
        self._store.bury(message, path, deliveries=deliveries, reason=reason, description=description)
        self._touched.add(path)

    # -- time --------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Do what is due: give back expired locks, activate scheduled messages, remove expired ones."""
        while message := self._store.due(self.now()):
            if message.state == SCHEDULED:
                self._store.delete(message.sequence)
                self._enqueue(message.entity, _Accepted(message.payload, messages.read_facts(message.payload)))
            elif message.token is not None:
                self._count_failure(message)
            else:
                self._expire(message)

    def next_due(self) -> int | None:
        """When `sweep` has something to do again, in milliseconds."""
        return self._store.next_due()

    def _expire(self, message: Stored) -> None:
        if self._queue(message.entity).dead_letter_expired:
            explanation = "The message expired and was dead lettered."
            self._bury(message, message.deliveries, "TTLExpiredException", explanation)
        else:
            self._store.delete(message.sequence)

    def _lock_end(self, path: str) -> int:
        return self.now() + _milliseconds(self._queue(path).lock_seconds)

    def _queue(self, path: str) -> Queue:
        # Messages of an entity that has left the table since they came still age by the defaults.
        return self.entities.queue(path) or Queue(path)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _expiry(queue: Queue, time_to_live: int | None, now: int) -> int | None:
    """When a message expires: after its own time to live or the entity's, whichever is shorter."""
    limits = [] if time_to_live is None else [time_to_live]
    if queue.time_to_live_seconds is not None:
        limits.append(_milliseconds(queue.time_to_live_seconds))
    return now + min(limits) if limits else None
