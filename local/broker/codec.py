"""AMQP 1.0 values to bytes and back, on the codec that ships inside azure-servicebus.

This is the ONE file that imports `azure.servicebus._pyamqp`, a private module: requirements pin
azure-servicebus to 7.15.x, and an upgrade is judged here and by tests/broker. It uses four names of it.
The decoder drops AMQP types (a timestamp reads as an int), so stored messages are never re-encoded from what
it decodes: see `sections`. Whatever the private code raises on bad bytes leaves here as `Malformed`.
"""

from typing import Any

from azure.servicebus._pyamqp._decode import decode_frame as _decode_frame
from azure.servicebus._pyamqp._decode import decode_payload as _decode_payload
from azure.servicebus._pyamqp._encode import encode_value as _encode_value
from azure.servicebus._pyamqp.message import Message
from azure.servicebus._pyamqp.types import AMQPTypes

from local.broker.refusal import Malformed


def decode_performative(body: bytes) -> tuple[int, list[Any]]:
    """A frame body's descriptor and its fields, padded with defaults; a transfer's payload is the last field."""
    try:
        code, fields = _decode_frame(memoryview(body))
    except Exception as problem:  # the private decoder raises whatever bad bytes lead it to
        raise Malformed(f"The frame cannot be decoded: {type(problem).__name__} {problem}") from problem
    return code, fields


def decode_message(payload: bytes) -> Message:
    """A message's sections, its AMQP types lost."""
    try:
        return _decode_payload(memoryview(payload))
    except Exception as problem:  # the private decoder raises whatever bad bytes lead it to
        raise Malformed(f"The message cannot be decoded: {type(problem).__name__} {problem}") from problem


def encode_value(value: Any) -> bytes:
    """One value with its constructor; a plain Python value gets the type the encoder guesses."""
    output = bytearray()
    _encode_value(output, value)
    return bytes(output)


def encode_described(code: int, fields: list[Any]) -> bytes:
    """A composite type or performative."""
    return encode_value(described(code, typed(AMQPTypes.list, fields)))


def encode_section(code: int, value: Any) -> bytes:
    """A message section."""
    return encode_value(described(code, value))


def typed(kind: str, value: Any) -> Any:
    """A value with its AMQP type, as the encoder wants it; None is null, whatever the type."""
    return {"TYPE": AMQPTypes.null if value is None else kind, "VALUE": value}


def described(code: int, value: Any) -> Any:
    """A value with a numeric descriptor."""
    return typed(AMQPTypes.described, (typed(AMQPTypes.ulong, code), value))


def boolean(value: bool | None) -> Any:  # noqa: FBT001 - it is the value itself
    """A truth value."""
    return typed(AMQPTypes.boolean, value)


def ubyte(value: int | None) -> Any:
    """An unsigned 8-bit integer."""
    return typed(AMQPTypes.ubyte, value)


def ushort(value: int | None) -> Any:
    """An unsigned 16-bit integer."""
    return typed(AMQPTypes.ushort, value)


def uint(value: int | None) -> Any:
    """An unsigned 32-bit integer."""
    return typed(AMQPTypes.uint, value)


def ulong(value: int | None) -> Any:
    """An unsigned 64-bit integer."""
    return typed(AMQPTypes.ulong, value)


def integer(value: int) -> Any:
    """A signed 32-bit integer."""
    return typed(AMQPTypes.int, value)


def long(value: int) -> Any:
    """A signed 64-bit integer."""
    return typed(AMQPTypes.long, value)


def timestamp(milliseconds: int) -> Any:
    """A point in time, in milliseconds since the epoch."""
    return typed(AMQPTypes.timestamp, milliseconds)


def string(value: str | None) -> Any:
    """A string."""
    return typed(AMQPTypes.string, value)


def symbol(value: str | None) -> Any:
    """A symbol, the type of AMQP's own names."""
    return typed(AMQPTypes.symbol, None if value is None else value.encode())


def binary(value: bytes | None) -> Any:
    """Plain octets."""
    return typed(AMQPTypes.binary, value)


def array(values: list[Any]) -> Any:
    """An array of values that all have one type."""
    return typed(AMQPTypes.array, values)


def symbol_map(items: list[tuple[Any, Any]]) -> Any:
    """A map whose keys are typed values already."""
    return typed(AMQPTypes.map, items)


def text(value: Any) -> str:
    """A decoded string or symbol, which the decoder leaves as bytes."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError as problem:
            raise Malformed("A string is not UTF-8.") from problem
    raise Malformed(f"Expected a string, got {type(value).__name__}.")


def optional_int(value: Any) -> int | None:
    """A decoded integer that may be absent."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Malformed(f"Expected an integer, got {type(value).__name__}.")
