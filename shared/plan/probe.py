"""The proof from inside: what the jump server is asked to run, and how its real output reads.

The commands are nslookup (bind9-dnsutils) and nc (OpenBSD netcat) as Ubuntu prints them. Everything that comes back is
text from another machine: it is parsed by pattern and shown capped, never trusted further.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.model import conditions
from shared.model.errors import Invalid, Problem

PORT = 443
SECONDS = 5
EVIDENCE = 800
"""Characters of output that a condition shows as evidence."""

JUMP_SERVER = "the jump server"

MARK = "== "
"""How a line begins that names the part of the output which follows."""

HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)


class Resolution(StrEnum):
    """How a name lookup ended."""

    RESOLVED = "Resolved"
    NO_SUCH_NAME = "NoSuchName"
    SERVER_FAILED = "ServerFailed"
    REFUSED = "Refused"
    NO_SERVER = "NoServer"
    NOT_RUN = "NotRun"


class Connection(StrEnum):
    """How a connection attempt ended."""

    OPEN = "Open"
    REFUSED = "Refused"
    TIMED_OUT = "TimedOut"
    NO_NAME = "NoName"
    NO_ROUTE = "NoRoute"
    NOT_RUN = "NotRun"


@dataclass(frozen=True, slots=True)
class Probe:
    """What the jump server saw."""

    resolution: Resolution
    addresses: tuple[str, ...]
    resolver: str
    connection: Connection
    evidence: str


def script(name: str) -> tuple[str, ...]:
    """Return the shell lines that look up `name` and connect to it; refuse what is not a plain host name."""
    return (lookup(name), connection(name))


def lookup(name: str, server: str = "") -> str:
    """Return the line that looks a name up, at the machine's own servers or at the address of one."""
    return f"nslookup {_safe(name)}" + (f" {_safe(server)}" if server else "")


def connection(name: str) -> str:
    """Return the line that connects to port 443 of a name; what nc says goes where the lookup's words go."""
    return f"nc -z -v -w {SECONDS} {_safe(name)} {PORT} 2>&1"


def parted(questions: Sequence[tuple[str, ...]], each: int) -> tuple[tuple[str, ...], ...]:
    """Return the lines of several questions as scripts of at most `each` of them: a run command returns little.

    Azure gives back the last 4,096 bytes of what was printed; what came before would be lost, and read as silence.
    """
    parts = [questions[at : at + each] for at in range(0, len(questions), each)]
    return tuple(tuple(line for question in part for line in question) for part in parts)


def section(title: str) -> str:
    """Return the line that begins a part of the output: `sections` finds it again."""
    return f'echo "{MARK}{title}"'


def sections(output: str) -> dict[str, str]:
    """Return the parts of an output by their titles; what comes before the first has none, and is left out."""
    found: dict[str, str] = {}
    for part in re.split(rf"^{re.escape(MARK)}", output, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        found[title.strip()] = text
    return found


def _safe(word: str) -> str:
    """Return a word that goes into a shell line: an address or a host name, and nothing else."""
    if not HOST_NAME.fullmatch(word) and not _is_address(word):
        raise Invalid([Problem("$.name", f"'{word[:100]}' is not a host name")])
    return word


def read(output: str) -> Probe:
    """Read the output of `script`, standard output and error together, in any order of the two."""
    addresses = _answers(output)
    return Probe(
        resolution=_resolution(output, addresses),
        addresses=addresses,
        resolver=_first(r"^Server:\s+(\S+)", output),
        connection=_connection(output),
        evidence=output.strip().removesuffix("[stderr]").rstrip()[:EVIDENCE],
    )


def _answers(output: str) -> tuple[str, ...]:
    """Return the addresses after `Name:` lines: the first Address line of nslookup is the server's own."""
    found: list[str] = []
    named = False
    for line in output.splitlines():
        if line.startswith("Name:"):
            named = True
        elif named and (match := re.match(r"Address(?:es)?:\s+(\S+)$", line)):
            found.append(match.group(1))
    return tuple(dict.fromkeys(address for address in found if _is_address(address)))


def _is_address(text: str) -> bool:
    """Say whether a text is an address; one with a zone (`fe80::1%eth0`) is none here: a zone may be any text."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _resolution(output: str, addresses: tuple[str, ...]) -> Resolution:
    if addresses:
        return Resolution.RESOLVED
    if re.search(r"can't find \S+: (NXDOMAIN|No answer)|\*\*\* Can't find", output):
        return Resolution.NO_SUCH_NAME
    if re.search(r"can't find \S+: REFUSED", output):
        return Resolution.REFUSED
    if re.search(r"can't find \S+: SERVFAIL", output):
        return Resolution.SERVER_FAILED
    if re.search(r"no servers could be reached|communications error to|timed out; no servers", output):
        return Resolution.NO_SERVER
    return Resolution.NOT_RUN


CONNECTIONS = (
    (r"^Connection to .* succeeded!", Connection.OPEN),
    (r"^nc: .*Connection refused", Connection.REFUSED),
    (r"^nc: .*(timed out|Operation now in progress)", Connection.TIMED_OUT),
    (r"^nc: (getaddrinfo.*|.*Name or service not known|.*Temporary failure in name resolution)", Connection.NO_NAME),
    (r"^nc: .*(No route to host|Network is unreachable)", Connection.NO_ROUTE),
)


def _connection(output: str) -> Connection:
    for pattern, outcome in CONNECTIONS:
        if re.search(pattern, output, re.MULTILINE):
            return outcome
    return Connection.NOT_RUN


def _first(pattern: str, output: str) -> str:
    match = re.search(pattern, output, re.MULTILINE)
    return match.group(1) if match else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition's worth of proof: does it hold, a reason for machines, a message for people."""

    holds: bool
    reason: str
    message: str
    fact: str = ""
    """Of one that does not hold: what was seen, without the guess at its cause."""


MENDS = {
    Resolution.NO_SUCH_NAME: "is not known there: link the private DNS zone to the virtual network of its DNS server",
    Resolution.SERVER_FAILED: "could not be resolved: its DNS server failed; look at its forwarders",
    Resolution.REFUSED: "could not be resolved: its DNS server refuses to answer this network; let it answer its range",
    Resolution.NO_SERVER: "could not be resolved: no DNS server answered; look at the network's DNS servers and routes",
    Resolution.NOT_RUN: "was not looked up: nslookup printed nothing that could be read",
}

CONNECTION_MENDS = {
    Connection.REFUSED: "refuses connections: the API server is stopped or restarting",
    Connection.TIMED_OUT: "does not answer: look at the peering, the routes and the network security groups",
    Connection.NO_NAME: "was not tried: its name does not resolve",
    Connection.NO_ROUTE: "has no route: look at the peering",
    Connection.NOT_RUN: "was not tried: nc printed nothing that could be read",
}


def resolvable(probe: Probe, name: str, expected: str | None, where: str = JUMP_SERVER) -> Finding:
    """Judge a machine's lookup: a private answer that is the endpoint's present address, where that is known."""
    if probe.resolution is not Resolution.RESOLVED:
        return _failing(conditions.DOES_NOT_RESOLVE, name, MENDS[probe.resolution])
    answers = ", ".join(probe.addresses)
    # A network may have public ranges for its own: the endpoint's address is right whatever it is.
    strangers = [address for address in probe.addresses if address != expected]
    if not all(ipaddress.ip_address(address).is_private for address in strangers):
        return Finding(
            holds=False, reason=conditions.WRONG_ADDRESS, message=f"{name} resolves to {answers}, which is not private."
        )
    if expected is not None and expected not in probe.addresses:
        message = f"{name} resolves to {answers}, but its private endpoint has {expected}: the A record is stale."
        return Finding(holds=False, reason=conditions.WRONG_ADDRESS, message=message)
    return Finding(
        holds=True,
        reason=conditions.RESOLVES,
        message=f"{name} resolves to {answers} on {where} (DNS server {probe.resolver}).",
    )


def reachable(probe: Probe, name: str, where: str = JUMP_SERVER) -> Finding:
    """Judge the connection from a machine."""
    if probe.connection is not Connection.OPEN:
        return _failing(conditions.DOES_NOT_ANSWER, f"{name}:{PORT}", CONNECTION_MENDS[probe.connection])
    return Finding(holds=True, reason=conditions.ANSWERS, message=f"{name}:{PORT} answers {where}.")


def _failing(reason: str, subject: str, words: str) -> Finding:
    """Return what does not hold; `words` are what was seen, a colon, and what may be the cause."""
    fact, _, _ = words.partition(": ")
    return Finding(holds=False, reason=reason, message=f"{subject} {words}.", fact=f"{subject} {fact}.")
