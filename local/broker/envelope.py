"""A stored message as a receiver sees it: its own sections, with the broker's annotations spliced in."""

from typing import Any

from local.broker import codec, messages, sections
from local.broker.refusal import Malformed
from local.broker.store import Stored

_KEEP_ORDER = (sections.MESSAGE_ANNOTATIONS, sections.APPLICATION_PROPERTIES)
_REPLACED = frozenset({sections.HEADER, sections.DELIVERY_ANNOTATIONS, *_KEEP_ORDER})


def render(message: Stored) -> bytes:
    """The encoded message with its header, annotations and, from a dead-letter queue, its reason."""
    found = {section.code: section for section in sections.split(message.payload)}
    annotations = sections.merged_map(
        sections.MESSAGE_ANNOTATIONS, found.get(sections.MESSAGE_ANNOTATIONS), _annotations(message)
    )
    parts = [messages.encode_header(message.payload, message.deliveries), annotations.encoded()]
    kept = [section for section in sections.split(message.payload) if section.code not in _REPLACED]
    parts += [section.encoded() for section in kept if section.code == sections.PROPERTIES]
    parts += _application_properties(message, found.get(sections.APPLICATION_PROPERTIES))
    parts += [section.encoded() for section in kept if section.code != sections.PROPERTIES]
    return b"".join(parts)


def check(payload: bytes) -> None:
    """Raise Malformed for a message that could not be rendered later, dead-lettered or not."""
    trial = Stored(0, "", 0, payload, 0, None, 0, None, 0, "reason", "description")
    try:
        render(trial)
    except Malformed:
        raise
    except Exception as problem:  # the encoder raises whatever an odd header leads it to
        raise Malformed(f"The message's header or annotations are not valid: {problem!r}") from problem


def _annotations(message: Stored) -> dict[str, tuple[bytes, bytes]]:
    values: dict[str, Any] = {
        "x-opt-sequence-number": codec.long(message.sequence),
        "x-opt-enqueue-sequence-number": codec.long(message.sequence),
        "x-opt-enqueued-time": codec.timestamp(message.enqueued),
        "x-opt-message-state": codec.integer(message.state),
    }
    if message.locked_until is not None:
        values["x-opt-locked-until"] = codec.timestamp(message.locked_until)
    return {name: (codec.encode_value(codec.symbol(name)), codec.encode_value(value)) for name, value in values.items()}


def _application_properties(message: Stored, present: sections.Section | None) -> list[bytes]:
    values = {"DeadLetterReason": message.reason, "DeadLetterErrorDescription": message.description}
    additions = {
        name: (codec.encode_value(name), codec.encode_value(value))
        for name, value in values.items()
        if value is not None
    }
    if additions:
        return [sections.merged_map(sections.APPLICATION_PROPERTIES, present, additions).encoded()]
    return [present.encoded()] if present else []
