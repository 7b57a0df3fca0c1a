"""Frames to bytes and back: which field of a performative is where, and of what type (AMQP 1.0, part 2)."""

import struct
from collections.abc import Callable
from typing import Any

from local.broker import codec, frames
from local.broker.refusal import Malformed

_AMQP_FRAME, _SASL_FRAME = 0, 1
_DATA_OFFSET = 2  # in words of four bytes: no extended header
_ERROR, _SOURCE, _TARGET = 0x1D, 0x28, 0x29
_OUTCOMES = {
    frames.Outcome.ACCEPTED: 0x24,
    frames.Outcome.REJECTED: 0x25,
    frames.Outcome.RELEASED: 0x26,
    frames.Outcome.MODIFIED: 0x27,
}
_FILTER_FIELD = 7  # of a source
_INFO_FIELD = 2  # of an error


# -- reading -----------------------------------------------------------------------------------------------


def decode(body: bytes) -> frames.Frame:
    """The frame in a frame body."""
    code, fields = codec.decode_performative(body)
    reader = _READERS.get(code)
    if reader is None:
        raise Malformed(f"Performative {code:#x} is not expected here.")
    try:
        return reader(fields)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as problem:
        raise Malformed(f"Performative {code:#x} has a bad field: {problem!r}") from problem


def _read_open(fields: list[Any]) -> frames.Open:
    return frames.Open(codec.text(fields[0]), int(fields[2]), int(fields[3]), codec.optional_int(fields[4]))


def _read_begin(fields: list[Any]) -> frames.Begin:
    return frames.Begin(codec.optional_int(fields[0]), int(fields[1]), int(fields[2]), int(fields[3]))


def _read_attach(fields: list[Any]) -> frames.Attach:
    source, target = fields[5] or [], fields[6] or []
    filters = source[_FILTER_FIELD] if len(source) > _FILTER_FIELD else None
    return frames.Attach(
        name=codec.text(fields[0]),
        handle=int(fields[1]),
        receiver=bool(fields[2]),
        sender_settles=int(fields[3]),
        receiver_settles=int(fields[4]),
        source=_address(source),
        target=_address(target),
        filters=tuple(codec.text(name) for name in filters or ()),
    )


def _address(terminus: list[Any]) -> str | None:
    return codec.text(terminus[0]) if terminus and terminus[0] is not None else None


def _read_flow(fields: list[Any]) -> frames.Flow:
    return frames.Flow(
        next_incoming_id=codec.optional_int(fields[0]),
        incoming_window=int(fields[1]),
        next_outgoing_id=int(fields[2]),
        outgoing_window=int(fields[3]),
        handle=codec.optional_int(fields[4]),
        delivery_count=codec.optional_int(fields[5]),
        link_credit=codec.optional_int(fields[6]),
        drain=bool(fields[8]),
        echo=bool(fields[9]),
    )


def _read_transfer(fields: list[Any]) -> frames.Transfer:
    return frames.Transfer(
        handle=int(fields[0]),
        delivery_id=codec.optional_int(fields[1]),
        delivery_tag=fields[2],
        message_format=codec.optional_int(fields[3]),
        settled=bool(fields[4]),
        more=bool(fields[5]),
        aborted=bool(fields[9]),
        payload=bytes(fields[11]),
    )


def _read_disposition(fields: list[Any]) -> frames.Disposition:
    first, state = int(fields[1]), fields[4]
    name, value = next(iter(state.items())) if isinstance(state, dict) and state else (None, None)
    outcome = None if name in (None, "received") else frames.Outcome(name)
    return frames.Disposition(
        receiver=bool(fields[0]),
        first=first,
        last=first if fields[2] is None else int(fields[2]),
        settled=bool(fields[3]),
        outcome=outcome,
        info=_reject_info(value) if outcome is frames.Outcome.REJECTED else None,
        undeliverable_here=outcome is frames.Outcome.MODIFIED and _second(value),
    )


def _second(modified: Any) -> bool:
    return len(modified) > 1 and bool(modified[1])


def _reject_info(rejected: Any) -> dict[str, Any]:
    problem = (rejected[0] if rejected else None) or ()
    info = (problem[_INFO_FIELD] if len(problem) > _INFO_FIELD else None) or {}
    return {codec.text(key): each for key, each in info.items()}


_READERS: dict[int, Callable[[list[Any]], frames.Frame]] = {
    0x10: _read_open,
    0x11: _read_begin,
    0x12: _read_attach,
    0x13: _read_flow,
    0x14: _read_transfer,
    0x15: _read_disposition,
    0x16: lambda fields: frames.Detach(int(fields[0]), bool(fields[1])),
    0x17: lambda _: frames.End(),
    0x18: lambda _: frames.Close(),
    0x41: lambda _: frames.SaslInit(),
}

# -- writing -----------------------------------------------------------------------------------------------


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
