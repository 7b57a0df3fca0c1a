"""A stored message's sections as raw bytes: found, kept and spliced without decoding their values.

A message must reach its receiver with every AMQP type it was sent with, and decoding loses types. So the broker
walks the encoding (each constructor says how long its value is) and only ever adds map entries.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.broker.refusal import Malformed

HEADER = 0x70
DELIVERY_ANNOTATIONS = 0x71
MESSAGE_ANNOTATIONS = 0x72
PROPERTIES = 0x73
APPLICATION_PROPERTIES = 0x74
FOOTER = 0x78

_DESCRIBED = 0x00
_NULL = 0x40
_SMALL_ULONG = 0x53
_ULONG = 0x80
_MAP8 = 0xC1
_MAP32 = 0xD1
_FIXED_WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_BYTE_SIZED = frozenset({0xA, 0xC, 0xE})
_WORD_SIZED = frozenset({0xB, 0xD, 0xF})
_STRINGS8 = frozenset({0xA1, 0xA3})
_STRINGS32 = frozenset({0xB1, 0xB3})


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a message: its descriptor code and its value's bytes, constructor included."""

    code: int
    value: bytes

    def encoded(self) -> bytes:
        """The section as it goes on the wire."""
        return bytes((_DESCRIBED, _SMALL_ULONG, self.code)) + self.value


def split(payload: bytes) -> tuple[Section, ...]:
    """The sections of an encoded message, in the order found."""
    return tuple(_walk(payload))


def _walk(payload: bytes) -> Iterator[Section]:
    at = 0
    while at < len(payload):
        code, start = _descriptor(payload, at)
        at = value_end(payload, start)
        yield Section(code, payload[start:at])


def _descriptor(payload: bytes, at: int) -> tuple[int, int]:
    head = payload[at : at + 2]
    if head == bytes((_DESCRIBED, _SMALL_ULONG)) and at + 2 < len(payload):
        code, start = payload[at + 2], at + 3
    elif head == bytes((_DESCRIBED, _ULONG)) and at + 10 <= len(payload):
        code, start = int.from_bytes(payload[at + 2 : at + 10]), at + 10
    else:
        raise Malformed("A message section has no descriptor.")
    if not HEADER <= code <= FOOTER:
        raise Malformed(f"Descriptor {code:#x} is no message section.")
    return code, start


def value_end(payload: bytes, at: int) -> int:
    """The offset just after the value that starts at `at`."""
    if at >= len(payload):
        raise Malformed("A value is missing.")
    constructor = payload[at]
    if constructor == _DESCRIBED:
        return value_end(payload, value_end(payload, at + 1))
    kind = constructor >> 4
    if kind in _FIXED_WIDTHS:
        end = at + 1 + _FIXED_WIDTHS[kind]
    elif kind in _BYTE_SIZED and at + 2 <= len(payload):
        end = at + 2 + payload[at + 1]
    elif kind in _WORD_SIZED and at + 5 <= len(payload):
        end = at + 5 + int.from_bytes(payload[at + 1 : at + 5])
    else:
        raise Malformed(f"Constructor {constructor:#x} is unknown or cut off.")
    if end > len(payload):
        raise Malformed("A value is longer than its message.")
    return end


def merged_map(code: int, present: Section | None, additions: Mapping[str, tuple[bytes, bytes]]) -> Section:
    """A map section with entries added; an addition replaces the entry of the same name.

    `additions` maps a name to its encoded key and encoded value.
    """
    entries = [] if present is None else [each for each in _entries(present.value) if each[0] not in additions]
    parts = [key + value for _, key, value in entries] + [key + value for key, value in additions.values()]
    body = b"".join(parts)
    return Section(code, struct.pack(">BLL", _MAP32, len(body) + 4, len(parts) * 2) + body)


def _entries(value: bytes) -> Iterator[tuple[str | None, bytes, bytes]]:
    """Each entry of an encoded map: the key's text (None if it is no string), the key, the value."""
    if value[0] == _NULL:
        return
    if value[0] not in (_MAP8, _MAP32):
        raise Malformed("A section that must be a map is not.")
    at = 3 if value[0] == _MAP8 else 9
    while at < len(value):
        middle = value_end(value, at)
        end = value_end(value, middle)
        yield _key_text(value[at:middle]), value[at:middle], value[middle:end]
        at = end


def _key_text(key: bytes) -> str | None:
    if key[0] in _STRINGS8:
        return key[2:].decode(errors="replace")
    if key[0] in _STRINGS32:
        return key[5:].decode(errors="replace")
    return None
