"""What was read from Azure for one plan, and the questions that were asked. Data only; reading is `shared.arm`'s."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.model import resource_id

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

NESTED = ("subnets", "virtualNetworkPeerings", "routes")
"""Children that Azure's lists carry inside their parent, so that no call of their own is needed."""

SETTLED = ("succeeded", "failed", "canceled")


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """One question to Azure: all of `type` in `scope`; with an empty type, the one resource that `scope` names."""

    type: str
    scope: str


class Observed:
    """The resources that Azure answered with, found by id in any case."""

    __slots__ = ("_asked", "_by_key")

    def __init__(self, resources: Iterable[Json] = (), *, asked: Iterable[Read] = ()) -> None:
        self._by_key: dict[str, Json] = {}
        self._asked = frozenset((read.type.lower(), resource_id.key(read.scope)) for read in asked)
        for resource in resources:
            self._add(resource)

    def _add(self, resource: Json) -> None:
        key = resource_id.key(resource["id"])
        # A security group names its subnets by id, and so does the list of a whole group: that is not the resource.
        if key not in self._by_key or "properties" in resource:
            self._by_key[key] = resource
        for name in NESTED:
            for child in properties(resource).get(name) or ():
                if "id" in child and "properties" in child:
                    self._add(child)

    def joined(self, later: Observed) -> Observed:
        """Return what was seen together with what was read later."""
        both = Observed([*self, *later])
        both._asked = self._asked | later._asked
        return both

    def get(self, wanted: ResourceId | str) -> Json | None:
        """Return the resource's body as Azure gave it, or None where it is not there."""
        return self._by_key.get(resource_id.key(str(wanted)))

    def gone(self, wanted: ResourceId) -> bool:
        """Say whether it was asked for, by itself or with all of its type around it, and is not there."""
        if wanted.key in self._by_key:
            return False
        around = (wanted.key, f"/subscriptions/{wanted.subscription.lower()}", wanted.resource_group.key)
        asked = (("", around[0]), *((wanted.type.lower(), scope) for scope in around[1:]))
        return any(question in self._asked for question in asked)

    def within(self, scope: ResourceId | str) -> tuple[Json, ...]:
        """Return everything seen below `scope`, in the order of ids."""
        prefix = resource_id.key(str(scope)) + "/"
        return tuple(body for key, body in sorted(self._by_key.items()) if key.startswith(prefix))

    def __iter__(self) -> Iterator[Json]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)


def properties(resource: Json) -> dict[str, Json]:
    """Return a resource's property bag; empty where Azure left it out."""
    return resource.get("properties") or {}


def state(resource: Json) -> str:
    """Return the provisioningState in lower case; `succeeded` for kinds that have none."""
    return str(properties(resource).get("provisioningState") or "Succeeded").lower()


def settled(resource: Json) -> bool:
    """Say whether no operation runs on the resource."""
    return state(resource) in SETTLED


def busy_with_children(resource: Json) -> bool:
    """Say whether a resource is unsettled only because a child of it is being written, as a virtual network is."""
    children = (child for name in NESTED for child in properties(resource).get(name) or ())
    return any(not settled(child) for child in children if "properties" in child)


def stands(resource: Json | None, *, known: bool) -> bool:
    """Say whether others may count on a resource: it succeeded, or did before (`known`) and is only being updated."""
    return succeeded(resource) or (known and resource is not None and state(resource) == "updating")


def succeeded(resource: Json | None) -> bool:
    """Say whether the resource is there and its last operation succeeded."""
    return resource is not None and state(resource) == "succeeded"
