"""A received Service Bus message as a function gets it: the trigger metadata that the SDK's converter reads. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from azure.functions.meta import Datum
from azure.servicebus.amqp import AmqpMessageBodyType

from local.host.invocation import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.servicebus import ServiceBusReceivedMessage

_TRIGGER = "serviceBusTrigger"


def decode_one(message: ServiceBusReceivedMessage) -> Any:
    """Return the `func.ServiceBusMessage` of a function with cardinality one."""
    metadata = {name: Datum(json.dumps(value), "json") for name, value in _metadata(message).items()}
    return decode(_TRIGGER, _body(message), "bytes", metadata)


def decode_many(messages: Sequence[ServiceBusReceivedMessage]) -> Any:
    """Return the list of messages of a function with cardinality many."""
    each = [_metadata(message) for message in messages]
    names = dict.fromkeys(name for metadata in each for name in metadata)
    arrays = {name: [metadata.get(name) for metadata in each] for name in names}
    metadata = {f"{name}Array": Datum(json.dumps(values), "json") for name, values in arrays.items()}
    bodies = SimpleNamespace(bytes=[_body(message) for message in messages])
    return decode(_TRIGGER, bodies, "collection_bytes", metadata)


def _metadata(message: ServiceBusReceivedMessage) -> dict[str, Any]:
    """Return what the Service Bus extension tells of a message; what the message does not have is left out.

    There is no TimeToLive: the converter cannot read one of a day or more as .NET writes it.
    """
    properties = {_text(name): _plain(value) for name, value in (message.application_properties or {}).items()}
    known = {
        "MessageId": message.message_id,
        "CorrelationId": message.correlation_id,
        "ContentType": message.content_type,
        "Subject": message.subject,
        "Label": message.subject,
        "To": message.to,
        "ReplyTo": message.reply_to,
        "ReplyToSessionId": message.reply_to_session_id,
        "SessionId": message.session_id,
        "PartitionKey": message.partition_key,
        "LockToken": message.lock_token,
        "SequenceNumber": message.sequence_number,
        "EnqueuedSequenceNumber": message.enqueued_sequence_number,
        # AMQP counts the deliveries that failed; the extension counts this one too.
        "DeliveryCount": (message.delivery_count or 0) + 1,
        "EnqueuedTimeUtc": message.enqueued_time_utc,
        "ScheduledEnqueueTimeUtc": message.scheduled_enqueue_time_utc,
        "ExpiresAtUtc": message.expires_at_utc,
        "LockedUntil": message.locked_until_utc,
        "DeadLetterReason": message.dead_letter_reason,
        "DeadLetterErrorDescription": message.dead_letter_error_description,
        "DeadLetterSource": message.dead_letter_source,
    }
    present = {name: _plain(value) for name, value in known.items() if value is not None}
    return {**present, "ApplicationProperties": properties, "UserProperties": properties}


def _body(message: ServiceBusReceivedMessage) -> bytes:
    if message.body_type is AmqpMessageBodyType.DATA:
        return b"".join(message.body)
    value = _plain(message.body if message.body_type is AmqpMessageBodyType.VALUE else list(message.body))
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold, written as .NET writes it."""
    match value:
        case bytes():
            return value.decode()
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case dict():
            return {_text(name): _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case bool() | int() | float() | str() | None:
            return value
        case _:
            return str(value)
