"""The words of nslookup (bind9-dnsutils 9.18) and nc (OpenBSD netcat 1.219), as those programs print them.

Copied from what the Debian packages printed against real answers; nothing here decides, it only words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from local.simulator.topology.answers import Resolution
    from local.simulator.topology.reachability import Reach

_SERVICES = {22: "ssh", 53: "domain", 80: "http", 123: "ntp", 443: "https", 8080: "http-alt"}
_TRIES = 3

NC_USAGE = (
    "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n"
    "\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n"
    "\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n"
    "\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n"
    "\t  [destination] [port]\n"
)


@dataclass(frozen=True, slots=True)
class Printed:
    """What one program wrote and how it exited."""

    stdout: str = ""
    stderr: str = ""
    code: int = 0


def nslookup_answer(answer: Resolution, shown_server: str, *, authoritative: bool = False) -> Printed:
    """Word a server's answer."""
    if answer.status == "TIMEOUT":
        lines = f";; communications error to {shown_server}#53: {answer.error}\n" * _TRIES
        return Printed(f"{lines};; no servers could be reached\n\n", code=1)
    head = f"Server:\t\t{shown_server}\nAddress:\t{shown_server}#53\n\n"
    if answer.status == "SERVFAIL":
        head = f";; Got SERVFAIL reply from {shown_server}\n{head}"
    if answer.status != "NOERROR":
        return Printed(f"{head}** server can't find {answer.name}: {answer.status}\n\n", code=1)
    body = "" if authoritative else "Non-authoritative answer:\n"
    last = answer.name
    for alias, target in answer.aliases:
        body += f"{alias}\tcanonical name = {target}.\n"
        last = target
    body += "".join(f"Name:\t{last}\nAddress: {address}\n" for address in answer.addresses)
    if not answer.addresses:
        body += f"*** Can't find {answer.name}: No answer\n"
    return Printed(f"{head}{body}\n")


def nslookup_bad_server(server: str) -> Printed:
    """Word a server name that does not resolve."""
    return Printed(stderr=f"nslookup: couldn't get address for '{server}': not found\n", code=1)


def nc_answer(reach: Reach, host: str, address: IPv4Address, port: int, protocol: str = "tcp") -> Printed:
    """Word a connection attempt of `nc -v`."""
    shown = host if host == str(address) else f"{host} ({address})"
    if reach.outcome == "open":
        service = _SERVICES.get(port, "*")
        return Printed(stderr=f"Connection to {shown} {port} port [{protocol}/{service}] succeeded!\n")
    how = "failed: Connection refused" if reach.outcome == "refused" else "timed out: Operation now in progress"
    return Printed(stderr=f"nc: connect to {shown} port {port} ({protocol}) {how}\n", code=1)


def nc_unresolved(host: str, port: str, *, no_server: bool) -> Printed:
    """Word a host name that nc cannot resolve."""
    reason = "Temporary failure in name resolution" if no_server else "Name or service not known"
    return Printed(stderr=f'nc: getaddrinfo for host "{host}" port {port}: {reason}\n', code=1)
