"""Reads REST bodies that nobody promised to be whole: what is missing, or of another shape, is as if it were not said.

A diagnosis is made when something is wrong already, so a body that is odd must never be what ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import TYPE_CHECKING

from shared.model.errors import Invalid
from shared.model.resource_id import ResourceId
from shared.plan import words

if TYPE_CHECKING:
    from shared.plan.steps import Json

SHOWN = 100
"""Characters of a name from a body that a message shows."""


def bag(body: Json) -> dict[str, Json]:
    """Return a resource's property bag."""
    return member(body, "properties")


def member(body: Json, name: str) -> dict[str, Json]:
    """Return a member that is an object."""
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def items(value: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield name and properties of each item of a list, as Azure writes children inside their parent."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield text(item.get("name")), bag(item)


def objects(value: Json) -> Iterator[dict[str, Json]]:
    """Yield the objects of a list."""
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def text(value: Json) -> str:
    """Return a text, or a number as text; empty for anything else."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def texts(value: Json) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(filter(None, map(text, value))) if isinstance(value, list) else ()


def either(properties: dict[str, Json], single: str, several: str) -> tuple[str, ...]:
    """Return what Azure writes as one value or as a list of them."""
    one = text(properties.get(single))
    return (*texts(properties.get(several)), *((one,) if one else ()))


def number(value: Json, otherwise: int) -> int:
    """Return a whole number, also one that is written as text."""
    found = text(value)
    return int(found) if found.isascii() and found.isdigit() else otherwise


def parsed(value: Json) -> ResourceId | None:
    """Return a resource id; None where the text is none."""
    try:
        return ResourceId.parse(text(value))
    except Invalid:
        return None


def reference(properties: dict[str, Json], name: str) -> ResourceId | None:
    """Return the id in `{name: {"id": ...}}`."""
    return parsed(member(properties, name).get("id"))


def address(value: Json) -> IPv4Address | None:
    """Return an IPv4 address."""
    try:
        return IPv4Address(text(value))
    except ValueError:
        return None


def prefix(value: Json) -> IPv4Network | None:
    """Return an IPv4 prefix; a single address is one of 32 bits."""
    try:
        found = ip_network(text(value), strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def prefixes(values: tuple[str, ...]) -> tuple[IPv4Network, ...]:
    """Return those of the texts that are IPv4 prefixes."""
    return tuple(found for found in map(prefix, values) if found is not None)


def space(properties: dict[str, Json], name: str) -> tuple[IPv4Network, ...]:
    """Return the prefixes of an address space, as networks and peerings have it."""
    return prefixes(texts(member(properties, name).get("addressPrefixes")))


def shown(name: str) -> str:
    """Return a name from a body, cut to what a message shows."""
    return name if len(name) <= SHOWN else name[: SHOWN - 1] + "…"


def placed(resource: ResourceId) -> str:
    """Name a resource with its group: for what there may be two of one name."""
    return f"{words.name(resource)} (resource group {resource.group})"
