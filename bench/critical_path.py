"""The shortest time in which Azure could have done one provisioning: the longest chain of dependent operations.

Durations are those that the simulated Azure drew; what needs what is said here apart from the planner, so that the
planner is measured against the work and not against itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

VERIFICATION = "verification"

NEEDS: dict[str, tuple[str, ...]] = {
    "virtualmachines": ("networkinterfaces",),
    "networkinterfaces": ("hub-network",),
    "hub-network": ("networksecuritygroups",),
    "rulecollectiongroups": ("firewallpolicies",),
    "azurefirewalls": ("hub-network", "publicipaddresses", "firewallpolicies", "rulecollectiongroups"),
    "virtualnetworklinks": ("privatednszones", "hub-network"),
    "routes": ("routetables", "azurefirewalls"),
    "subnets": ("spoke-network", "routetables", "networksecuritygroups"),
    "virtualnetworkpeerings": ("hub-network", "spoke-network"),
    "managedclusters": ("routes", "subnets", "virtualnetworkpeerings", "virtualnetworklinks", "userassignedidentities"),
    VERIFICATION: ("managedclusters", "virtualmachines"),
}


@dataclass(frozen=True, slots=True)
class Path:
    """The longest chain: its kinds in order and its seconds."""

    kinds: tuple[str, ...]
    seconds: float


def critical_path(durations: Mapping[str, float]) -> Path:
    """Return the longest chain that ends with the verification; `durations` are the longest seconds of each kind."""

    @cache
    def longest(kind: str) -> Path:
        before = [longest(need) for need in NEEDS.get(kind, ())]
        best = max(before, key=lambda path: path.seconds, default=Path((), 0.0))
        return Path((*best.kinds, kind), best.seconds + durations.get(kind, 0.0))

    return longest(VERIFICATION)


def kind_of(path: str, is_hub: Callable[[str], bool]) -> str:
    """Return the kind of an operation by its resource's path; the two networks are told apart."""
    parts = path.lower().rstrip("/").split("/")
    if parts[-1] == "runcommand":
        return VERIFICATION
    if parts[-2] == "virtualnetworks":
        return "hub-network" if is_hub(path) else "spoke-network"
    return parts[-2]
