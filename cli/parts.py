"""Many things, some at a time: what one request holds is bounded by count and by size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def parted(
    items: Iterable[Item], length: Callable[[Item], int], at_once: int, bytes_at_once: int
) -> Iterator[list[Item]]:
    """Yield the items in parts of so many and so many bytes at most; one that is longer is a part of its own."""
    part: list[Item] = []
    size = 0
    for item in items:
        if part and (len(part) == at_once or size + length(item) > bytes_at_once):
            yield part
            part, size = [], 0
        part.append(item)
        size += length(item)
    if part:
        yield part
