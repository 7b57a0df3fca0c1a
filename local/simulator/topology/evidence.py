"""What an answer rests on: the links of the chain in order, the last one being the one that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LinkName = Literal[
    "address",
    "dns-server",
    "firewall",
    "forward",
    "listener",
    "nsg",
    "owner",
    "peering",
    "public-dns",
    "record",
    "route",
    "rule",
    "zone-link",
]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One link of the chain, whether it holds, and why."""

    link: LinkName
    holds: bool
    detail: str


Chain = tuple[Evidence, ...]


def broken(chain: Chain) -> Evidence | None:
    """Find the link that failed, None where all hold."""
    return next((e for e in reversed(chain) if not e.holds), None)


def explain(chain: Chain) -> str:
    """Write the chain as one line for logs and test failures."""
    return " > ".join(f"{'' if e.holds else '!'}{e.link}: {e.detail}" for e in chain)
