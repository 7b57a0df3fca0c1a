"""What somebody does to an attached network behind Spokewright's back: what has to be said of it, and what is written.

Each damage is one call or a few. Its last one is what is told by an event, where the damage needs several.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.somebody import Somebody
    from tests.e2e.stage import Json

ROUTE = "routes/default-to-firewall"
ELSEWHERE = "10.9.9.9"
NO_EVENTS: Json = {"match": {}, "events": "drop"}


@dataclass(frozen=True, slots=True)
class Place:
    """An attached spoke, by the ids of what may be broken, and the path of its document in the API."""

    document: str
    network: str
    subnet: str
    table: str
    side: str
    hub_side: str
    firewall: str

    @property
    def route(self) -> str:
        """The id of the default route."""
        return f"{self.table}/{ROUTE}"


Do = Callable[["Somebody", Place], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Damage:
    """Something broken: the words of the condition, and the writes that mend it, as `METHOD type/name`."""

    do: Do
    words: Callable[[Place], str]
    writes: Callable[[Place], list[str]]


async def remove_route(somebody: Somebody, place: Place) -> None:
    """Remove the route to the firewall."""
    await somebody.delete(place.route)


async def lead_elsewhere(somebody: Somebody, place: Place) -> None:
    """Let the default route lead somewhere else."""
    await set_next_hop(somebody, place, ELSEWHERE)


async def set_next_hop(somebody: Somebody, place: Place, address: str) -> None:
    """Let the default route lead to an address."""
    await somebody.change(place.route, lambda route: route["properties"].update(nextHopIpAddress=address))


async def take_table_off(somebody: Somebody, place: Place) -> None:
    """Take the route table off the subnet."""
    await somebody.change(place.subnet, lambda subnet: subnet["properties"].pop("routeTable"))


async def remove_table(somebody: Somebody, place: Place) -> None:
    """Delete the route table, which has to come off its subnet first; only of the last is told."""
    before = (await somebody.simulator("GET", "faults"))["rules"]
    await somebody.simulator("PUT", "faults", [NO_EVENTS])
    await take_table_off(somebody, place)
    await somebody.simulator("PUT", "faults", before)
    await somebody.delete(place.table)


async def remove_side(somebody: Somebody, place: Place) -> None:
    """Delete the spoke's side of the peering."""
    await somebody.delete(place.side)


async def remove_hub_side(somebody: Somebody, place: Place) -> None:
    """Delete the hub's side of the peering."""
    await somebody.delete(place.hub_side)


async def remove_both_sides(somebody: Somebody, place: Place) -> None:
    """Delete both sides of the peering."""
    await remove_side(somebody, place)
    await remove_hub_side(somebody, place)


def short(path: str) -> str:
    """Return the type and name at the end of a path."""
    return "/".join(path.split("?", maxsplit=1)[0].split("/")[-2:])


def last_name(path: str) -> str:
    """Return the name at the end of an id."""
    return path.rpartition("/")[2]


def _route_lost(_: Place) -> str:
    return "route default-to-firewall is missing"


def _led_elsewhere(place: Place) -> str:
    return f"next hop of route default-to-firewall is {ELSEWHERE}, should be {place.firewall}"


def _table_off(place: Place) -> str:
    return f"route table is missing on subnet {last_name(place.subnet)}"


def _table_lost(place: Place) -> str:
    return f"route table {last_name(place.table)} is missing; {_route_lost(place)}; {_table_off(place)}"


def _side_lost(place: Place) -> str:
    return f"peering {last_name(place.side)} is missing"


def _widowed(place: Place) -> str:
    return f"peering {last_name(place.side)} is Disconnected: its other side was deleted, so both have to be made anew"


DAMAGES: dict[str, Damage] = {
    "route": Damage(remove_route, _route_lost, lambda place: [f"PUT {short(place.route)}"]),
    "next hop": Damage(lead_elsewhere, _led_elsewhere, lambda place: [f"PUT {short(place.route)}"]),
    "association": Damage(take_table_off, _table_off, lambda place: [f"PUT {short(place.subnet)}"]),
    "table": Damage(
        remove_table,
        _table_lost,
        lambda place: [f"PUT {short(place.route)}", f"PUT {short(place.table)}", f"PUT {short(place.subnet)}"],
    ),
    "spoke's side": Damage(
        remove_side,
        _side_lost,
        lambda place: [f"DELETE {short(place.hub_side)}", f"PUT {short(place.hub_side)}", f"PUT {short(place.side)}"],
    ),
    "hub's side": Damage(
        remove_hub_side,
        _widowed,
        lambda place: [f"DELETE {short(place.side)}", f"PUT {short(place.hub_side)}", f"PUT {short(place.side)}"],
    ),
}

BOTH_SIDES = Damage(
    remove_both_sides, _side_lost, lambda place: [f"PUT {short(place.hub_side)}", f"PUT {short(place.side)}"]
)
"""Found by the sweep alone: by events the first one's repair would begin in between."""
