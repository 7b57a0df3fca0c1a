"""The programs that a run command finds on the machine: nslookup, dig, nc, and a few that only print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING

from local.simulator.topology.dig import print_answer, read_arguments
from local.simulator.topology.disk import DISK_PROGRAMS
from local.simulator.topology.machine import Machine
from local.simulator.topology.printing import (
    NC_USAGE,
    Printed,
    nc_answer,
    nc_unresolved,
    nslookup_answer,
    nslookup_bad_server,
)
from local.simulator.topology.reachability import connect
from local.simulator.topology.resolution import resolve

if TYPE_CHECKING:
    from local.simulator.topology.answers import Resolution

__all__ = ["PROGRAMS", "Machine"]
_STUB = "127.0.0.53"
_NC_WITH_VALUE = frozenset("IiMmOPpqsTVWwXx")
_NC_FLAGS = frozenset("46CDdFhklNnrStUuvZz")


def nslookup(machine: Machine, arguments: list[str]) -> Printed:
    """Run `nslookup [options] NAME [SERVER]`."""
    warned, record_type, words = _nslookup_options(arguments)
    if not words:
        return Printed(warned)
    asked = _ask(machine, words[0], words[1] if len(words) > 1 else "")
    if asked is None:
        return nslookup_bad_server(words[1])
    shown, answer = asked
    if record_type not in {"A", "ANY"} and answer.status == "NOERROR":
        printed = Printed(_without_address(shown, answer.name))
    else:
        printed = nslookup_answer(answer, shown)
    return Printed(warned + printed.stdout, printed.stderr, printed.code)


def dig(machine: Machine, arguments: list[str]) -> Printed:
    """Run `dig [@SERVER] NAME [TYPE] [+short]`."""
    wanted = read_arguments(arguments)
    asked = _ask(machine, wanted.name, wanted.server)
    if asked is None:
        return Printed(stderr=f"dig: couldn't get address for '{wanted.server}': not found\n", code=10)
    shown, answer = asked
    return print_answer(wanted, answer, shown)


def nc(machine: Machine, arguments: list[str]) -> Printed:
    """Run `nc -z -v -w SECONDS HOST PORT`; without -v nothing is printed."""
    flags, words = _nc_options(arguments)
    if flags is None or len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004 - host and port
        return Printed(stderr=NC_USAGE, code=1)
    host, port, udp = words[0], int(words[1]), "u" in flags
    literal = _literal(host)
    address = literal
    if literal is None:
        answer = resolve(machine.view, machine.seat, host)
        if not answer.found:
            return nc_unresolved(host, words[1], no_server=answer.status in {"TIMEOUT", "SERVFAIL"})
        address = answer.addresses[0]
    assert address is not None  # noqa: S101 - literal or resolved
    name = "" if literal else host
    reach = connect(machine.view, machine.seat, address, port, protocol="Udp" if udp else "Tcp", host=name)
    printed = nc_answer(reach, host, address, port, "udp" if udp else "tcp")
    return printed if "v" in flags else Printed(code=printed.code)


def echo(_: Machine, arguments: list[str]) -> Printed:
    """Print the arguments."""
    newline = "\n"
    if arguments[:1] == ["-n"]:
        newline, arguments = "", arguments[1:]
    return Printed(" ".join(arguments) + newline)


def hostname(machine: Machine, _: list[str]) -> Printed:
    """Print the machine's name."""
    return Printed(machine.name + "\n")


def succeed(_: Machine, __: list[str]) -> Printed:
    """Do nothing, well: true, sleep, set, export without a value."""
    return Printed()


def fail(_: Machine, __: list[str]) -> Printed:
    """Do nothing, badly."""
    return Printed(code=1)


PROGRAMS: dict[str, Callable[[Machine, list[str]], Printed]] = {
    **DISK_PROGRAMS,
    "nslookup": nslookup,
    "dig": dig,
    "nc": nc,
    "netcat": nc,
    "echo": echo,
    "hostname": hostname,
    "true": succeed,
    ":": succeed,
    "sleep": succeed,
    "set": succeed,
    "false": fail,
}


def _nslookup_options(arguments: list[str]) -> tuple[str, str, list[str]]:
    warned, record_type, words = "", "A", []
    for argument in arguments:
        if not argument.startswith("-"):
            words.append(argument)
            continue
        name, _, value = argument[1:].partition("=")
        if name in {"type", "query", "querytype", "q", "ty"}:
            record_type = value.upper()
        elif name not in {"timeout", "retry", "port", "debug", "nodebug", "class", "novc", "vc", "recurse"}:
            warned += f"*** Invalid option: {name}\n"
    return warned, record_type, words


def _without_address(server: str, name: str) -> str:
    return (
        f"Server:\t\t{server}\nAddress:\t{server}#53\n\nNon-authoritative answer:\n*** Can't find {name}: No answer\n\n"
    )


def _nc_options(arguments: list[str]) -> tuple[set[str] | None, list[str]]:
    flags: set[str] = set()
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-") or argument == "-":
            words.append(argument)
            continue
        for at, letter in enumerate(argument[1:], 2):
            if letter in _NC_WITH_VALUE:
                if not argument[at:]:
                    next(rest, "")
                break
            if letter not in _NC_FLAGS:
                return None, []
            flags.add(letter)
    return flags, words


def _ask(machine: Machine, name: str, wanted: str) -> tuple[str, Resolution] | None:
    """Ask a server that is named, or the machine's own: which one is shown, and its answer."""
    if machine.stub and wanted in {"", _STUB}:
        # What stands between waits for a server in vain, however that one fails.
        return _STUB, replace(resolve(machine.view, machine.seat, name), error="timed out")
    if not wanted:
        answer = resolve(machine.view, machine.seat, name)
        return str(answer.server), answer
    server = _address(machine, wanted)
    return (str(server), resolve(machine.view, machine.seat, name, server)) if server else None


def _address(machine: Machine, host: str) -> IPv4Address | None:
    literal = _literal(host)
    if literal is not None:
        return literal
    return next(iter(resolve(machine.view, machine.seat, host).addresses), None)


def _literal(host: str) -> IPv4Address | None:
    try:
        return IPv4Address(host)
    except AddressValueError:
        return None
