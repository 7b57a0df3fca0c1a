"""What a receiver sees: the sender's sections untouched, the broker's entries in, each name once."""

from local.broker import codec, sections
from local.broker.envelope import render
from local.broker.store import ACTIVE, Stored


def _stored(payload: bytes, reason: str | None = None) -> Stored:
    return Stored(7, "orders", ACTIVE, payload, 1_000, None, 2, None, None, reason, None)


def _section(payload: bytes, code: int) -> sections.Section:
    return next(section for section in sections.split(payload) if section.code == code)


def test_entries_of_the_broker_replace_the_senders() -> None:
    """A message that was received and sent on carries old entries; the broker's take their place."""
    annotations = codec.symbol_map(
        [(codec.symbol("x-opt-sequence-number"), codec.long(99)), (codec.symbol("x-own"), codec.timestamp(5))]
    )
    payload = codec.encode_section(sections.MESSAGE_ANNOTATIONS, annotations) + codec.encode_section(
        sections.APPLICATION_PROPERTIES, {"DeadLetterReason": "old", "k": "v"}
    )
    rendered = render(_stored(payload, reason="new"))
    message = codec.decode_message(rendered)
    entries = list(sections._entries(_section(rendered, sections.MESSAGE_ANNOTATIONS).value))
    names = [name for name, _, _ in entries]
    assert names.count("x-opt-sequence-number") == 1
    assert message.message_annotations[b"x-opt-sequence-number"] == 7
    assert {name: value for name, _, value in entries}["x-own"] == codec.encode_value(codec.timestamp(5))
    assert message.application_properties == {b"DeadLetterReason": b"new", b"k": b"v"}
    assert message.header.delivery_count == 2


def test_body_and_properties_are_the_same_bytes() -> None:
    """Sections that the broker has no say in are passed on byte for byte, each value with its type."""
    properties = codec.encode_described(sections.PROPERTIES, [codec.ulong(5), None, codec.string("to")])
    body = codec.encode_section(0x77, {"when": codec.timestamp(1), "small": codec.ubyte(1)})
    rendered = render(_stored(properties + body))
    assert rendered.endswith(properties + body)


def test_sections_come_in_the_order_of_the_standard() -> None:
    """Whatever order a sender used, the rendered sections are in AMQP's order, without delivery annotations."""
    body = codec.encode_section(0x75, codec.binary(b"x"))
    delivery = codec.encode_section(sections.DELIVERY_ANNOTATIONS, codec.symbol_map([(codec.symbol("x"), 1)]))
    footer = codec.encode_section(sections.FOOTER, codec.symbol_map([(codec.symbol("x"), 1)]))
    properties = codec.encode_section(sections.APPLICATION_PROPERTIES, {"k": 1})
    rendered = render(_stored(properties + body + footer + delivery))
    assert [section.code for section in sections.split(rendered)] == [0x70, 0x72, 0x74, 0x75, 0x78]
