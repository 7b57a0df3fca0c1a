"""What the broker reads of the messages it is sent, and the replies of its nodes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from local.broker import codec, sections

BATCH_FORMAT = 0x80013700  # message-format of Service Bus batches: each data section is a whole message
_SCHEDULED = b"x-opt-scheduled-enqueue-time"
_AMQP_VALUE = 0x77


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What the broker must know of a message; times are in milliseconds."""

    message_id: str | None
    time_to_live: int | None
    scheduled_for: int | None


@dataclass(frozen=True, slots=True)
class Request:
    """A request to `$cbs` or to a `$management` node."""

    message_id: Any
    properties: dict[str, Any]
    value: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """A node's answer: application properties (status, error) and a body."""

    properties: dict[str, Any]
    body: Any


def read_facts(payload: bytes) -> MessageFacts:
    """What the broker must know of a message it is sent."""
    message = codec.decode_message(payload)
    annotations = message.message_annotations or {}
    properties = message.properties
    identifier = properties.message_id if properties else None
    return MessageFacts(
        message_id=None if identifier is None else _identifier(identifier),
        time_to_live=codec.optional_int(message.header.ttl) if message.header else None,
        scheduled_for=codec.optional_int(annotations.get(_SCHEDULED)),
    )


def _identifier(value: Any) -> str:
    return str(value) if isinstance(value, int | UUID) else codec.text(value)


def split_batch(payload: bytes) -> list[bytes]:
    """The messages of a batch."""
    return [bytes(part) for part in codec.decode_message(payload).data or ()]


def read_request(payload: bytes) -> Request:
    """A request to a node: its id, application properties and body."""
    message = codec.decode_message(payload)
    properties = {codec.text(key): value for key, value in (message.application_properties or {}).items()}
    identifier = message.properties.message_id if message.properties else None
    return Request(message_id=identifier, properties=properties, value=message.value)


def encode_reply(request: Request, reply: Reply) -> bytes:
    """The answer of a node, correlated to its request."""
    correlation = [None] * 5 + [request.message_id]  # `correlation-id` is the sixth property
    return (
        codec.encode_described(sections.PROPERTIES, correlation)
        + codec.encode_section(sections.APPLICATION_PROPERTIES, reply.properties)
        + codec.encode_section(_AMQP_VALUE, reply.body)
    )


def encode_header(payload: bytes, deliveries: int) -> bytes:
    """The header section of a stored message with its delivery count; durability, priority and ttl are kept."""
    header = codec.decode_message(payload).header
    durable, priority, ttl = (header.durable, header.priority, header.ttl) if header else (None, None, None)
    # The private encoder turns a value of the wrong type into something else instead of refusing it.
    priority, ttl = codec.optional_int(priority), codec.optional_int(ttl)
    fields = [
        codec.boolean(None if durable is None else bool(durable)),
        codec.ubyte(priority),
        codec.uint(ttl),
        codec.boolean(None),
        codec.uint(deliveries),
    ]
    return codec.encode_described(sections.HEADER, fields)
