"""One resource as a document wants it: what the files in `resources/` make and the graph turns into steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.plan.steps import Ref

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json, Wait


@dataclass(frozen=True, slots=True)
class Desired:
    """What one Azure resource should be.

    `body` is the REST shape and holds only what we own: members we leave out are not compared, and are kept
    as they are when something else in the resource is written.
    """

    id: ResourceId
    body: Json
    initial: Json = None
    """What only the PUT that creates it has beside `body`: Azure neither shows it nor lets it be changed."""
    needs: tuple[ResourceId, ...] = ()
    """What has to exist first, beyond the parent and the ids and references in the body."""
    lock: ResourceId | None = None
    """Azure takes one write at a time on this resource: its writers run one after the other."""
    tells: tuple[str, ...] = ()
    """Who waits for it: see `Step.tells`."""
    open_lists: tuple[str, ...] = ()
    """Dotted paths of lists whose further members belong to others."""
    unread: tuple[str, ...] = ()
    """Dotted paths that Azure does not give back, so that they cannot be compared."""
    immutable: bool = False
    """Azure changes it by deleting and creating only."""
    adopted: bool = False
    """It is somebody else's: never created, never deleted; `body` is what we add to it."""
    restored: Json = None
    """What is put back in place of `body` when an adopted resource is given back."""
    retired: bool = False
    """Its document no longer wants it: what is ours of it goes."""
    dies_with_parent: bool = False
    """Deleting its parent deletes it, so that it needs no step of its own then."""
    blocked: Wait | None = None
    """Why it cannot be written yet."""
    broken: str = ""
    """What is wrong with the resource that is there beyond its own members (a disconnected peering)."""


def link(target: ResourceId) -> Any:
    """Return the `{"id": ...}` by which one body names another resource (any of the SDK's reference types)."""
    return {"id": str(target)}


def ref(target: ResourceId, path: str) -> Any:
    """Return a value that Azure computes, to be filled in when its resource exists."""
    return Ref(str(target), path).to_json()
