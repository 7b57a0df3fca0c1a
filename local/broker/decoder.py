"""Frame bodies to frames: which field of a performative is where (AMQP 1.0, part 2)."""

from collections.abc import Callable
from typing import Any

from local.broker import codec, frames
from local.broker.refusal import Malformed

_FILTER_FIELD = 7  # of a source
_INFO_FIELD = 2  # of an error


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
