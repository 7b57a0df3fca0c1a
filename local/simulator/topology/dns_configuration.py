"""Reads the configuration of unbound and dnsmasq as far as it decides whose names go where.

What it does not know it leaves out: caching, DNSSEC, TLS, logging.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

_LOOPBACK = IPv4Network("127.0.0.0/8")
_LOCALHOST = IPv4Address("127.0.0.1")
# Ranges that dnsmasq takes for private ones when it guards against DNS rebinding.
_REBINDING = tuple(
    IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/8")
)
_SECTIONS = frozenset(
    {"server", "forward-zone", "stub-zone", "auth-zone", "remote-control", "view", "python", "dnstap", "rpz", "cachedb"}
)


@dataclass(frozen=True, slots=True)
class Target:
    """A server that names are sent to."""

    address: IPv4Address
    port: int = 53


@dataclass(frozen=True, slots=True)
class Forward:
    """Names of a zone (empty: all names) go to these servers; to none of them: nobody has them."""

    zone: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What decides about an answer.

    `addresses`: where it listens (empty: everywhere). `local_only`: it serves its own subnet only. `otherwise`: where
    names of no forward go, to public DNS or to the servers that the machine itself was given. `hidden`: private ranges
    that are taken out of answers, but for names below `shown`.
    """

    program: str
    forwards: tuple[Forward, ...]
    access: tuple[tuple[IPv4Network, str], ...]
    addresses: tuple[IPv4Address, ...] = ()
    local_only: bool = False
    otherwise: Literal["public", "machine"] = "public"
    hidden: tuple[IPv4Network, ...] = ()
    shown: tuple[str, ...] = ()


@dataclass(slots=True)
class _Zone:
    name: str = ""
    targets: list[Target] = field(default_factory=list)


def read_unbound(text: str) -> Configuration:
    """Read unbound.conf(5): by default it listens on the loopback address and answers nobody else."""
    zones: list[_Zone] = []
    server: dict[str, list[str]] = {}
    section = ""
    for key, value in _unbound_lines(text):
        if key in _SECTIONS and not value:
            section = key
            if section in {"forward-zone", "stub-zone"}:
                zones.append(_Zone())
        elif section == "server":
            server.setdefault(key, []).append(value)
        elif section in {"forward-zone", "stub-zone"} and key == "name":
            zones[-1].name = value.rstrip(".")
        elif section in {"forward-zone", "stub-zone"} and key in {"forward-addr", "stub-addr"}:
            zones[-1].targets.extend(_target(value.split("#", maxsplit=1)[0], "@"))
    interfaces = [*server.get("interface", ()), *server.get("ip-address", ())]
    return Configuration(
        program="unbound",
        forwards=tuple(Forward(zone.name, tuple(zone.targets)) for zone in zones),
        access=((_LOOPBACK, "allow"), *(rule for value in server.get("access-control", ()) for rule in _rule(value))),
        addresses=tuple(_listens(interfaces)) if interfaces else (_LOCALHOST,),
        hidden=tuple(prefix for value in server.get("private-address", ()) for prefix in _prefix(value)),
        shown=tuple(value.rstrip(".") for value in server.get("private-domain", ())),
    )


def read_dnsmasq(text: str) -> Configuration:
    """Read dnsmasq.conf(5); as Debian starts it, it serves its own subnet only, unless told where to listen."""
    options: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = _without_comment(line).partition("=")
        if key.strip():
            options.setdefault(key.strip(), []).append(value.strip())
    given = [*options.get("server", ()), *options.get("local", ())]
    servers = [value for value in given if not value.startswith("/")]
    default = tuple(target for value in servers for target in _target(value.split("@", maxsplit=1)[0], "#"))
    listens = [part for value in options.get("listen-address", ()) for part in value.split(",")]
    bound = bool(options.get("interface") or listens)
    rebinding = "stop-dns-rebind" in options
    return Configuration(
        program="dnsmasq",
        forwards=(
            *(forward for value in given if value.startswith("/") for forward in _domains(value, default)),
            *((Forward("", default),) if default else ()),
        ),
        access=((IPv4Network("0.0.0.0/0"), "allow"),),
        addresses=() if options.get("interface") or not listens else tuple(_listens(listens)),
        local_only=not bound,
        otherwise="public" if "no-resolv" in options else "machine",
        hidden=_REBINDING if rebinding else (),
        shown=tuple(d for value in options.get("rebind-domain-ok", ()) for d in value.split("/") if d),
    )


def _unbound_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, colon, value = line.strip().partition(":")
        if not colon or key.startswith("#"):
            continue
        value = _without_comment(value)
        yield key, value[1:].split('"', maxsplit=1)[0] if value.startswith('"') else value


def _without_comment(text: str) -> str:
    """Cut a comment, which stands alone or after a space: `9.9.9.9#dns.quad9.net` is a server with its name."""
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()


def _rule(value: str) -> Iterator[tuple[IPv4Network, str]]:
    prefix, action = value.split(maxsplit=1)
    for network in _prefix(prefix):
        yield network, action


def _prefix(text: str) -> Iterator[IPv4Network]:
    if ":" not in text:
        yield IPv4Network(text, strict=False) if "/" in text else IPv4Network(f"{text}/32")


def _listens(values: list[str]) -> Iterator[IPv4Address]:
    """Yield the addresses to listen on; a name of an interface stands for all of them."""
    for value in values:
        text = value.split("@", maxsplit=1)[0].strip()
        if ":" in text:
            continue
        yield IPv4Address(text) if text[:1].isdigit() else IPv4Address("0.0.0.0")  # noqa: S104 - unbound's word


def _target(value: str, mark: str) -> Iterator[Target]:
    text, _, port = value.strip().partition(mark)
    if text and ":" not in text:
        yield Target(IPv4Address(text), int(port) if port else 53)


def _domains(value: str, default: tuple[Target, ...]) -> Iterator[Forward]:
    """Read `/domain/domain/server`: without a server nobody has these names, `#` stands for the usual servers."""
    *domains, server = value.strip("/").split("/") if not value.endswith("/") else [*value.strip("/").split("/"), ""]
    targets = default if server == "#" else tuple(_target(server, "#"))
    for domain in domains:
        yield Forward(domain.rstrip("."), targets)
