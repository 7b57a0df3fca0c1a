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

HUB, SPOKE = "hub", "spoke"


@dataclass(frozen=True, slots=True)
class Role:
    """A role definition of `infra/roles`: whose it is, and at which scopes: those of hubs, or everybody's."""

    name: str
    identity: str
    place: str

    @property
    def permissions(self) -> list[Json]:
        """What it allows."""
        definition = json.loads((ROLES / f"{self.name}.json").read_text(encoding="utf-8"))
        return list(definition["permissions"])


DEFINITIONS = (
    Role("reader", "reader", SPOKE),
    Role("hub-network", "network", HUB),
    Role("spoke-network", "network", SPOKE),
    Role("hub-clusters", "clusters", HUB),
    Role("spoke-clusters", "clusters", SPOKE),
)


def principals(subscriptions: Sequence[str], hub_groups: Sequence[str] = ()) -> list[Json]:
    """Return the identities with their assignments, as the simulator's door takes them.

    Hubs' roles are assigned at the resource groups of hubs (ids); without any at the subscriptions, as spokes' are.
    """
    everywhere = [f"/subscriptions/{each}" for each in subscriptions]
    scopes = {SPOKE: everywhere, HUB: list(hub_groups) or everywhere}
    return [{"name": name, "assignments": list(_assignments(name, scopes))} for name in IDENTITIES]


def _assignments(identity: str, scopes: Mapping[str, Sequence[str]]) -> Iterator[Json]:
    condition = CONDITION.read_text(encoding="utf-8")
    for role in DEFINITIONS:
        if role.identity != identity:
            continue
        for scope in scopes[role.place]:
            yield {
                "role": role.name,
                "scope": scope,
                "permissions": role.permissions,
                "condition": condition if role.identity == "clusters" else "",
            }


def give(endpoints: Mapping[str, str], subscriptions: Sequence[str], hub_groups: Sequence[str] = ()) -> dict[str, str]:
    """Deploy the identities; return the app settings that name them. Raises OSError where the simulator is away."""
    request = urllib.request.Request(  # noqa: S310 - our own, https
        f"{endpoints['arm'].rstrip('/')}/_simulator/principals",
        method="PUT",
        data=json.dumps(principals(subscriptions, hub_groups)).encode(),
        headers={"Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=endpoints["caBundle"])
    with urllib.request.urlopen(request, context=context, timeout=PATIENCE) as answer:  # noqa: S310 - same
        known = {each["name"]: each["clientId"] for each in json.load(answer)}
    return {setting: known[name] for name, setting in IDENTITIES.items()}
