"""Rules that several kinds of document share, each returning its faults with what to do.

Pure; a fault's location is relative to the part that judges.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network

from shared.model import addressing
from shared.model.part import Fault

LARGEST, SMALLEST = 8, 29
"""Prefix lengths of a virtual network's address range; Azure takes larger ones, which nobody can mean."""


def address_space(space: Sequence[IPv4Network]) -> Iterator[Fault]:
    """Judge a virtual network's address space: its size, what is reserved, its ranges against each other."""
    for index, range_ in enumerate(space):
        here = ("addressSpace", index)
        if not LARGEST <= range_.prefixlen <= SMALLEST:
            yield here, f"{range_} has the wrong size; use a prefix length from /{LARGEST} to /{SMALLEST}"
        yield from reserved(here, range_)
        other = addressing.overlapping(range_, space[:index])
        if other is not None:
            yield here, f"{range_} overlaps {other} of the same address space; keep one of them"


def reserved(location: tuple[str | int, ...], range_: IPv4Network) -> Iterator[Fault]:
    """Judge that a range is not reserved."""
    found = addressing.reserved(range_)
    if found is not None:
        yield location, f"{range_} overlaps {found}, which Azure reserves; use another range"


def distinct(field: str, names: Iterable[str], member: str = "name") -> Iterator[Fault]:
    """Judge that no two items of a list have one name; Azure compares names without case."""
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        first = seen.setdefault(name.lower(), index)
        if first != index:
            yield (field, index, member), f"'{name}' is already the {member} of {field}[{first}]; choose another"
