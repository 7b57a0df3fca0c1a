"""The four kinds of link: a client sends to an entity, receives from one, asks a node, hears its reply.

Links hold protocol state only (credit, counts, half-received messages); messages are the namespace's.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from local.broker import frames
from local.broker.envelope import render
from local.broker.messages import BATCH_FORMAT, Reply, Request, encode_reply, read_request, split_batch
from local.broker.namespace import Namespace
from local.broker.refusal import DECODE_ERROR, MESSAGE_SIZE_EXCEEDED, Malformed, Refused
from local.broker.store import Stored

GRANTED_CREDIT = 1000
_REPLENISH_BELOW = 500
_WRAP = 1 << 32
_REQUEST_LIMIT = 8 * 1024 * 1024  # a schedule request carries whole messages; beyond this it is abuse


class Node(Protocol):
    """Something that answers requests: `$cbs` or `$management`."""

    def answer(self, request: Request) -> Reply:
        """The answer to one request."""


class Channel(Protocol):
    """What links need of their session."""

    def write(self, frame: frames.Frame) -> None:
        """Send a frame once what led to it is committed."""

    def transfer(self, handle: int, tag: bytes, payload: bytes, *, settled: bool) -> int:
        """Send a message, in as many frames as it takes; its delivery id."""

    def grant(self, handle: int, received: int, credit: int) -> None:
        """Give the sending peer credit."""


@dataclass(slots=True)
class _Assembly:
    """Puts a message together from its frames; beyond the limit it counts bytes but keeps none."""

    limit: int
    parts: bytearray = field(default_factory=bytearray)
    size: int = 0
    first: frames.Transfer | None = None

    def add(self, transfer: frames.Transfer) -> frames.Transfer | None:
        """The message's first frame once all are here; `take` has the rest."""
        if transfer.aborted:
            self.take()
            return None
        self.first = self.first or transfer
        self.size += len(transfer.payload)
        if self.size <= self.limit:
            self.parts += transfer.payload
        return None if transfer.more else self.first

    def take(self) -> tuple[bytes, int]:
        """The payload (cut off if it was too large) and the true size; ready for the next message."""
        taken = (bytes(self.parts), self.size)
        self.parts, self.size, self.first = bytearray(), 0, None
        return taken


class IncomingLink(ABC):
    """The client sends: either messages to an entity, or requests to a node."""

    def __init__(self, channel: Channel, handle: int, limit: int) -> None:
        self.handle = handle
        self._channel = channel
        self._assembly = _Assembly(limit)
        self._received = 0
        self._credit = GRANTED_CREDIT

    def open(self) -> None:
        """Grant the first credit."""
        self._channel.grant(self.handle, self._received, self._credit)

    def on_transfer(self, transfer: frames.Transfer) -> None:
        """Take one frame; act on the message when it is whole."""
        first = self._assembly.add(transfer)
        if first is None:
            return
        payload, size = self._assembly.take()
        self._received = (self._received + 1) % _WRAP
        self._credit -= 1
        if size > self._assembly.limit:
            explanation = f"The message of {size} bytes exceeds the limit of {self._assembly.limit}."
            refusal: Refused | None = Refused(MESSAGE_SIZE_EXCEEDED, explanation)
        else:
            refusal = self._take(payload, first.message_format or 0)
        if not first.settled and first.delivery_id is not None:
            self._confirm(first.delivery_id, refusal)
        if self._credit < _REPLENISH_BELOW:
            self._credit = GRANTED_CREDIT
            self.open()

    def _confirm(self, delivery_id: int, refusal: Refused | None) -> None:
        error = frames.Error(refusal.condition, refusal.description) if refusal else None
        outcome = frames.Outcome.REJECTED if refusal else frames.Outcome.ACCEPTED
        self._channel.write(
            frames.Disposition(
                receiver=True, first=delivery_id, last=delivery_id, settled=True, outcome=outcome, error=error
            )
        )

    @abstractmethod
    def _take(self, payload: bytes, message_format: int) -> Refused | None:
        """Keep a whole message or serve it; return why it cannot be, None if it was."""


class ProducerLink(IncomingLink):
    """The client sends messages to a queue or topic."""

    def __init__(self, channel: Channel, handle: int, namespace: Namespace, path: str) -> None:
        super().__init__(channel, handle, namespace.entities.max_message_bytes)
        self._namespace = namespace
        self._path = path

    def _take(self, payload: bytes, message_format: int) -> Refused | None:
        try:
            parts = split_batch(payload) if message_format == BATCH_FORMAT else [payload]
            self._namespace.send(self._path, parts)
        except Malformed as problem:
            return Refused(DECODE_ERROR, str(problem))
        except Refused as refusal:
            return refusal
        return None


class RequestLink(IncomingLink):
    """The client asks a node; the reply goes out on the reply link of the same node and session."""

    def __init__(
        self, channel: Channel, handle: int, node: Node, replies: "dict[str, ReplyLink]", address: str
    ) -> None:
        super().__init__(channel, handle, _REQUEST_LIMIT)
        self._node = node
        self._replies = replies
        self._address = address

    def _take(self, payload: bytes, message_format: int) -> Refused | None:  # noqa: ARG002 - requests have one format
        try:
            request = read_request(payload)
        except Malformed as problem:
            return Refused(DECODE_ERROR, str(problem))
        reply = self._node.answer(request)
        link = self._replies.get(self._address)
        if link is not None:
            link.reply(encode_reply(request, reply))
        return None


class OutgoingLink:
    """The client receives."""

    def __init__(self, channel: Channel, handle: int) -> None:
        self.handle = handle
        self._channel = channel

    def on_flow(self, flow: frames.Flow) -> None:
        """The client granted or withdrew credit."""


class ReplyLink(OutgoingLink):
    """Replies of a node. Its credit is not counted: the SDK grants 10,000 once and never renews it."""

    def reply(self, payload: bytes) -> None:
        """Send one reply."""
        self._channel.transfer(self.handle, b"reply", payload, settled=True)


class ConsumerLink(OutgoingLink):
    """The client receives messages of a queue, subscription or dead-letter queue."""

    def __init__(self, channel: Channel, handle: int, path: str, *, deletes: bool) -> None:
        super().__init__(channel, handle)
        self.path = path
        self.deletes = deletes  # receive-and-delete: what is sent is gone
        self._credit = 0
        self._sent = 0
        self._draining = False

    @property
    def wants(self) -> bool:
        """Whether the client has credit left for a message."""
        return self._credit > 0

    def on_flow(self, flow: frames.Flow) -> None:
        """Credit is counted from the client's own delivery count: frames may have crossed."""
        if flow.link_credit is None:
            return
        limit = (flow.delivery_count or 0) + flow.link_credit
        credit = (limit - self._sent) % _WRAP
        self._credit = credit if credit < _WRAP // 2 else 0
        self._draining = flow.drain

    def deliver(self, message: Stored) -> tuple[int, UUID | None]:
        """Send a message; its delivery id and lock token."""
        self._credit -= 1
        self._sent = (self._sent + 1) % _WRAP
        # The SDK reads the lock token from the delivery tag, in .NET's byte order.
        tag = message.token.bytes_le if message.token else b""
        delivery = self._channel.transfer(self.handle, tag, render(message), settled=self.deletes)
        return delivery, None if self.deletes else message.token

    def finish_drain(self) -> tuple[int, int] | None:
        """After a drain request with nothing left to send: use up the credit; (delivery count, credit) to tell."""
        if not self._draining:
            return None
        self._draining = False
        self._sent = (self._sent + self._credit) % _WRAP
        self._credit = 0
        return self._sent, 0
