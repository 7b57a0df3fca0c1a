"""Frames to bytes: which field of a performative is where, and of what type (AMQP 1.0, part 2)."""

import struct
from typing import Any

from local.broker import codec, frames

_AMQP_FRAME, _SASL_FRAME = 0, 1
_DATA_OFFSET = 2  # in words of four bytes: no extended header
_ERROR, _SOURCE, _TARGET = 0x1D, 0x28, 0x29
_OUTCOMES = {
    frames.Outcome.ACCEPTED: 0x24,
    frames.Outcome.REJECTED: 0x25,
    frames.Outcome.RELEASED: 0x26,
    frames.Outcome.MODIFIED: 0x27,
}


def encode(frame: frames.Frame, channel: int) -> bytes:
    """A whole frame, ready for the wire."""
    body = _body(frame)
    kind = _SASL_FRAME if isinstance(frame, frames.SaslMechanisms | frames.SaslOutcome) else _AMQP_FRAME
    return struct.pack(">LBBH", len(body) + 8, _DATA_OFFSET, kind, channel) + body


def empty_frame() -> bytes:
    """A frame that only says we are alive."""
    return struct.pack(">LBBH", 8, _DATA_OFFSET, _AMQP_FRAME, 0)


def _body(frame: frames.Frame) -> bytes:  # noqa: C901, PLR0911 - one case for each performative
    match frame:
        case frames.SaslMechanisms():
            return codec.encode_described(0x40, [codec.array([codec.symbol(name) for name in frame.names])])
        case frames.SaslOutcome():
            return codec.encode_described(0x44, [codec.ubyte(frame.code)])
        case frames.Open():
            return codec.encode_described(0x10, _open_fields(frame))
        case frames.Begin():
            return codec.encode_described(0x11, _begin_fields(frame))
        case frames.Attach():
            return codec.encode_described(0x12, _attach_fields(frame))
        case frames.Flow():
            return codec.encode_described(0x13, _flow_fields(frame))
        case frames.Transfer():
            return codec.encode_described(0x14, _transfer_fields(frame)) + frame.payload
        case frames.Disposition():
            return codec.encode_described(0x15, _disposition_fields(frame))
        case frames.Detach():
            return codec.encode_described(
                0x16, [codec.uint(frame.handle), codec.boolean(frame.closed), _error(frame.error)]
            )
        case frames.End():
            return codec.encode_described(0x17, [_error(frame.error)])
        case frames.Close():
            return codec.encode_described(0x18, [_error(frame.error)])
        case frames.SaslInit():
            raise TypeError("Only clients send a SASL init.")


def _open_fields(frame: frames.Open) -> list[Any]:
    return [
        codec.string(frame.container),
        None,
        codec.uint(frame.max_frame_size),
        codec.ushort(frame.channel_max),
        codec.uint(frame.idle_timeout),
    ]


def _begin_fields(frame: frames.Begin) -> list[Any]:
    return [
        codec.ushort(frame.remote_channel),
        codec.uint(frame.next_outgoing_id),
        codec.uint(frame.incoming_window),
        codec.uint(frame.outgoing_window),
        codec.uint(0xFFFFFFFF),
    ]


def _attach_fields(frame: frames.Attach) -> list[Any]:
    return [
        codec.string(frame.name),
        codec.uint(frame.handle),
        codec.boolean(frame.receiver),
        codec.ubyte(frame.sender_settles),
        codec.ubyte(frame.receiver_settles),
        _terminus(_SOURCE, frame.source),
        _terminus(_TARGET, frame.target),
        None,
        codec.boolean(False),  # noqa: FBT003 - incomplete-unsettled
        codec.uint(frame.initial_delivery_count),
        codec.ulong(frame.max_message_size),
    ]


def _terminus(code: int, address: str | None) -> Any:
    return None if address is None else codec.described(code, [codec.string(address)])


def _flow_fields(frame: frames.Flow) -> list[Any]:
    return [
        codec.uint(frame.next_incoming_id),
        codec.uint(frame.incoming_window),
        codec.uint(frame.next_outgoing_id),
        codec.uint(frame.outgoing_window),
        codec.uint(frame.handle),
        codec.uint(frame.delivery_count),
        codec.uint(frame.link_credit),
        None,
        codec.boolean(frame.drain),
        codec.boolean(frame.echo),
    ]


def _transfer_fields(frame: frames.Transfer) -> list[Any]:
    return [
        codec.uint(frame.handle),
        codec.uint(frame.delivery_id),
        codec.binary(frame.delivery_tag),
        codec.uint(frame.message_format),
        codec.boolean(frame.settled),
        codec.boolean(frame.more),
    ]


def _disposition_fields(frame: frames.Disposition) -> list[Any]:
    return [
        codec.boolean(frame.receiver),
        codec.uint(frame.first),
        codec.uint(frame.last),
        codec.boolean(frame.settled),
        _delivery_state(frame),
    ]


def _delivery_state(frame: frames.Disposition) -> Any:
    match frame.outcome:
        case None:
            return None
        case frames.Outcome.REJECTED:
            # Without an error this confirms a dead-lettering; with one it says why nothing was done.
            fields = [_error(frame.error)]
        case frames.Outcome.MODIFIED:
            fields = [codec.boolean(True), codec.boolean(frame.undeliverable_here)]  # noqa: FBT003 - delivery-failed
        case _:
            fields = []
    return codec.described(_OUTCOMES[frame.outcome], fields)


def _error(problem: frames.Error | None) -> Any:
    if problem is None:
        return None
    # An absent info makes the SDK fail on its own error path.
    info = [(codec.symbol("tracking-id"), "local-broker")]
    fields = [codec.symbol(problem.condition), codec.string(problem.description), codec.symbol_map(info)]
    return codec.described(_ERROR, fields)
