"""Domain names on their way into another program's configuration: only plain ones get there.

Configuration files have quotes, comments and includes of their own, so nothing is escaped: what is no plain domain name
is refused.
"""

from __future__ import annotations

import re

from shared.model.errors import Invalid, Problem

_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBERS = re.compile(r"[0-9.]+")


def domain(name: str, path: str) -> str:
    """Return a domain in lower case and without its last dot; refuse what is none, naming `path`."""
    plain = name.lower().removesuffix(".")
    if not _DOMAIN.fullmatch(plain) or _NUMBERS.fullmatch(plain):
        raise Invalid([Problem(path, f"'{name[:100]}' is not a domain name, such as corp.example.com")])
    return plain


def domains(names: tuple[str, ...], path: str) -> tuple[str, ...]:
    """Return domains in their order, each once."""
    return tuple(dict.fromkeys(domain(name, f"{path}[{at}]") for at, name in enumerate(names)))
