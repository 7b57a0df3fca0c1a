"""A hub's DNS as people see it: its servers, whose network has which and who is next. Shown by `dns` and `describe`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.moments import shown
from cli.printing import BAD, FAINT, GOOD, WAITING, Cell, Screen, Shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

AZURE = "Azure's own resolver"
HUB = "Hub"
"""The hub's own network among those that have servers."""

ANSWERS = {True: Cell("yes", GOOD), False: Cell("no", BAD), None: Cell("?", WAITING)}
SERVER_HEADS = ("server", "is", "answers", "checked", "network", "what it does instead")
NETWORK_HEADS = ("network", "has", "is to have", "state")


def show_servers(screen: Screen, told: Json) -> None:
    """Write each server, whether it answers, and what it does instead."""
    if told.get("servers"):
        screen.table(SERVER_HEADS, [_server(one) for one in told["servers"]])
    else:
        screen.line(Cell("  none: names are answered by Azure", FAINT))


def _server(one: Json) -> list[Shown]:
    network = str(one.get("network") or "").rpartition("/")[2] or "not known"
    answers = ANSWERS.get(one.get("answers"), ANSWERS[None])
    return [one.get("address"), one.get("role"), answers, shown(one.get("checked")), network, one.get("message")]


def show_networks(screen: Screen, told: Json) -> None:
    """Write how far the networks have got, and each with the servers that it has."""
    networks = told.get("networks") or {}
    screen.line(f"  {networks.get('progress')}")
    if not by_azure(networks):
        screen.table(NETWORK_HEADS, list(_rows(networks)))


def by_azure(networks: Json) -> bool:
    """Say whether no network has a server, or is to have one."""
    decided = networks.get("decided") or {}
    wanted = (networks.get("target"), networks.get("hubTarget"), decided.get("hub"), decided.get("spokes"))
    return wanted == ([], [], [], []) and not networks.get("changing")


def _rows(networks: Json) -> Iterator[list[Shown]]:
    decided = networks.get("decided") or {}
    for name, has in (networks.get("present") or {}).items():
        wanted = decided.get("hub" if name == HUB else "spokes")
        place = "hub" if name == HUB else f"spoke/{name}"
        yield [place, "" if has is None else _listed(has), _listed(wanted), _state(networks, name, has, wanted)]
    for name in networks.get("adopted") or ():
        yield [f"spoke/{name}", "its owner's", "", "left alone: it was adopted"]


def _state(networks: Json, name: str, has: Any, wanted: Any) -> Shown:
    if has is None:
        return "not seen yet"
    if has == wanted:
        return Cell("has them", GOOD)
    if name in (networks.get("turn") or ()):
        return Cell("goes back" if networks.get("back") else "next", WAITING)
    return Cell("waits for its turn", WAITING)


def _listed(servers: Any) -> str:
    return ", ".join(map(str, servers or ())) or AZURE
