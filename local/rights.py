"""Gives the app in the simulated Azure what `infra/` gives it in Azure: an identity for each duty, with its roles.

The role definitions are the very files that are deployed (`infra/roles`), so that the app is tried with no more rights
than it will have.
"""

from __future__ import annotations

import json
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Json = dict[str, Any]

ROLES = Path(__file__).parents[1] / "infra" / "roles"
CONDITION = ROLES / "assigning.condition"
PATIENCE = 10.0

IDENTITIES = {
    "reader": "SPOKEWRIGHT_IDENTITY_CLIENT_ID",
    "network": "SPOKEWRIGHT_NETWORK_CLIENT_ID",
    "clusters": "SPOKEWRIGHT_CLUSTERS_CLIENT_ID",
}
"""The identities, and the app setting that names each."""

HUB, SPOKE, EVERYWHERE = "hub", "spoke", "everywhere"


@dataclass(frozen=True, slots=True)
class Role:
    """A role definition of `infra/roles`: whose it is, and at which scopes."""

    name: str
    identity: str
    place: str

    @property
    def permissions(self) -> list[Json]:
        """What it allows."""
        definition = json.loads((ROLES / f"{self.name}.json").read_text(encoding="utf-8"))
        return list(definition["permissions"])


@dataclass(frozen=True, slots=True)
class Scopes:
    """Where the app has its roles, as ids: at hubs' resource groups, and at spokes' subscriptions."""

    hubs: tuple[str, ...] = ()
    spokes: tuple[str, ...] = ()


ANYWHERE = Scopes()
"""In all subscriptions."""

DEFINITIONS = (
    Role("reader", "reader", EVERYWHERE),
    Role("hub-network", "network", HUB),
    Role("spoke-network", "network", SPOKE),
    Role("spoke-machines", "network", SPOKE),
    Role("hub-clusters", "clusters", HUB),
    Role("spoke-clusters", "clusters", SPOKE),
)


def principals(subscriptions: Sequence[str], scopes: Scopes = ANYWHERE) -> list[Json]:
    """Return the identities with their assignments, as the simulator's door takes them.

    Where no scopes are given, they are the subscriptions.
    """
    everywhere = tuple(f"/subscriptions/{each}" for each in subscriptions)
    places = {EVERYWHERE: everywhere, HUB: scopes.hubs or everywhere, SPOKE: scopes.spokes or everywhere}
    return [{"name": name, "assignments": list(_assignments(name, places))} for name in IDENTITIES]


def _assignments(identity: str, places: Mapping[str, Sequence[str]]) -> Iterator[Json]:
    condition = CONDITION.read_text(encoding="utf-8")
    for role in DEFINITIONS:
        if role.identity != identity:
            continue
        for scope in places[role.place]:
            constraint = condition if role.identity == "clusters" else ""
            yield {"role": role.name, "scope": scope, "permissions": role.permissions, "condition": constraint}


def give(endpoints: Mapping[str, str], subscriptions: Sequence[str], scopes: Scopes = ANYWHERE) -> dict[str, str]:
    """Deploy the identities; return the app settings that name them. Raises OSError where the simulator is away."""
    request = urllib.request.Request(  # noqa: S310 - our own, https
        f"{endpoints['arm'].rstrip('/')}/_simulator/principals",
        method="PUT",
        data=json.dumps(principals(subscriptions, scopes)).encode(),
        headers={"Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=endpoints["caBundle"])
    with urllib.request.urlopen(request, context=context, timeout=PATIENCE) as answer:  # noqa: S310 - same
        known = {each["name"]: each["clientId"] for each in json.load(answer)}
    return {setting: known[name] for name, setting in IDENTITIES.items()}
