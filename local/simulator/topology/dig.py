"""The program dig (bind9-dnsutils 9.18): `dig [@SERVER] NAME [TYPE] [+short] [+tries=N]`, as it prints.

Copied from what the Debian package printed against real answers. What changes from run to run is made constant: the
message's id follows from the name, it took no time, and it was always the same moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from local.simulator.topology.printing import Printed

if TYPE_CHECKING:
    from local.simulator.topology.answers import Resolution

_VERSION = "9.18.49-1~deb12u3-Debian"
_TRIES = 3
_TTL = 300
_NO_SERVER = 9
_TAB = 8
_TYPES = frozenset({"A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"})
_HEADER, _OPT, _RECORD = 12, 11, 16


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; `server` is empty where it names none."""

    name: str
    record_type: str = "A"
    server: str = ""
    short: bool = False
    tries: int = _TRIES
    command: str = ""


def read_arguments(arguments: list[str]) -> Asked:
    """Read a command line; options that change nothing here are skipped."""
    words, server, record_type, short, tries = [], "", "A", False, _TRIES
    rest = iter(arguments)
    for argument in rest:
        if argument.startswith("@"):
            server = argument[1:]
        elif argument.startswith("+"):
            name, _, value = argument[1:].partition("=")
            short = short or name == "short"
            tries = int(value) if name in {"tries", "retry"} and value.isdigit() else tries
        elif argument in {"-t", "-p", "-b", "-c", "-q"}:
            value = next(rest, "")
            record_type = value.upper() if argument == "-t" else record_type
            words += [value] if argument == "-q" else []
        elif argument.upper() in _TYPES and words:
            record_type = argument.upper()
        elif not argument.startswith("-"):
            words.append(argument)
    return Asked(words[0] if words else ".", record_type, server, short, max(1, tries), " ".join(arguments))


def print_answer(asked: Asked, answer: Resolution, shown_server: str) -> Printed:
    """Word a server's answer."""
    if answer.status == "TIMEOUT":
        return Printed(_unanswered(asked, answer, shown_server), code=_NO_SERVER)
    records = list(_records(asked, answer)) if answer.status == "NOERROR" else []
    if asked.short:
        return Printed("".join(f"{data}\n" for _, _, data in records))
    return Printed(_whole(asked, answer, records, shown_server))


def _unanswered(asked: Asked, answer: Resolution, server: str) -> str:
    errors = f";; communications error to {server}#53: {answer.error}\n" * asked.tries
    return f"{errors}{_banner(asked)};; no servers could be reached\n"


def _banner(asked: Asked) -> str:
    found = "; (1 server found)\n" if asked.server else ""
    return f"\n; <<>> DiG {_VERSION} <<>> {asked.command}\n{found};; global options: +cmd\n"


def _records(asked: Asked, answer: Resolution) -> Iterator[tuple[str, str, str]]:
    last = answer.name
    for alias, target in answer.aliases:
        yield alias, "CNAME", f"{target}."
        last = target
    if asked.record_type in {"A", "ANY"}:
        for address in answer.addresses:
            yield last, "A", str(address)


def _whole(asked: Asked, answer: Resolution, records: list[tuple[str, str, str]], server: str) -> str:
    name = asked.name.rstrip(".") + "."
    lines = [_columns((f"{owner}.", str(_TTL), "IN", kind, data), (24, 32, 40, 48)) for owner, kind, data in records]
    shown = "".join(f"{line}\n" for line in lines)
    question = _columns((name, "IN", asked.record_type), (32, 40))
    size = _HEADER + len(name) + 1 + 4 + _OPT + sum(_size(kind, data) for _, kind, data in records)
    section = f";; ANSWER SECTION:\n{shown}\n" if records else ""
    return (
        f"{_banner(asked)};; Got answer:\n"
        f";; ->>HEADER<<- opcode: QUERY, status: {answer.status}, id: {crc32(name.encode()) % 65536}\n"
        f";; flags: qr rd ra; QUERY: 1, ANSWER: {len(records)}, AUTHORITY: 0, ADDITIONAL: 1\n\n"
        ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n"
        f";; QUESTION SECTION:\n;{question}\n\n"
        f"{section}"
        ";; Query time: 0 msec\n"
        f";; SERVER: {server}#53({server}) (UDP)\n"
        ";; WHEN: Thu Jan 01 00:00:00 UTC 2026\n"
        f";; MSG SIZE  rcvd: {size}\n\n"
    )


def _columns(words: tuple[str, ...], stops: tuple[int, ...]) -> str:
    """Put words at columns by tabs as bind does: one blank where a word is longer than its column."""
    line, at = words[0], len(words[0])
    for word, stop in zip(words[1:], stops, strict=True):
        wanted = max(stop, at + 1)
        tabs = wanted // _TAB - at // _TAB
        blanks = wanted - (wanted // _TAB * _TAB if tabs else at)
        line += "\t" * tabs + " " * blanks + word
        at = wanted + len(word)
    return line


def _size(kind: str, data: str) -> int:
    return _RECORD if kind == "A" else _RECORD - 4 + len(data) + 1
