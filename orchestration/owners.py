"""Which documents a resource of Azure belongs to, and which hubs take networks in: kept for a moment, for storms.

A storm of events asks this again and again. An answer that is a little old costs nothing but a look: what is taken for
unknown is found to be known when its document would be made. What this process makes or removes is known at once; of
what another one did a moment ago an event may be missed, and the sweep finds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.relatives import Loaded, related
from shared.model import naming, resource_id
from shared.model.document import key_of
from shared.model.errors import Invalid

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.resource_id import ResourceId
    from shared.store.store import Store

    Json = dict[str, Any]

KEPT_SECONDS = 2.0

NAMED = ("virtualNetworkId", "routeTableId", "clusterId", "privateDnsZoneId")
"""Outputs that are ids of what a document has, or looks after."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Owners:
    """Who has what, at one moment."""

    by_resource: dict[str, tuple[DocumentKey, ...]]
    networks: dict[str, str]
    """The attached spoke of each network, by the key of the network's id."""
    hubs: tuple[Hub, ...]
    """Hubs that take in networks that ask: those with rules, and not on their way out."""

    def of(self, resource: str) -> tuple[DocumentKey, ...]:
        """Return the documents that a resource belongs to."""
        return self.by_resource.get(resource_id.key(resource), ())


class Register:
    """The owners as they are in the store, read again when the last answer is old."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until = 0.0
        self._owners: Owners | None = None
        self._reading = asyncio.Lock()
        self._since: dict[str, tuple[DocumentKey, ...]] = {}
        """What changed since the store was read, or while it is: the answer may be from before that."""

    async def current(self, store: Store, *, fresh: bool = False) -> Owners:
        """Return the owners as they were at most a moment ago, or `fresh`; of many who ask at once, one reads."""
        async with self._reading:
            if fresh or self._owners is None or self._monotonic() >= self._until:
                self._since.clear()
                found = await owners([item.document for item in await store.documents.list()])
                found.by_resource.update(self._since)
                self._owners, self._until = found, self._monotonic() + KEPT_SECONDS
            return self._owners

    def learn(self, resource: str, key: DocumentKey) -> None:
        """Know of a document that was made this moment: the next event may say that its resource asks no more."""
        self._change(resource, (key,))

    def forget(self, resource: str) -> None:
        """Know that the document of a resource was removed this moment: it may ask for another one at once."""
        self._change(resource, ())

    def _change(self, resource: str, keys: tuple[DocumentKey, ...]) -> None:
        self._since[resource_id.key(resource)] = keys
        if self._owners is not None:
            self._owners.by_resource[resource_id.key(resource)] = keys


async def owners(documents: Iterable[Json]) -> Owners:
    """Return who has what, of all documents."""
    stored = list(documents)
    shelf = Loaded(stored)
    by_resource: dict[str, list[DocumentKey]] = {}
    for document in stored:
        ids = set(_ids(document))
        if not _stands(document):
            ids |= {target.key async for target in _expected(shelf, document)}
        for target in sorted(ids):
            by_resource.setdefault(target, []).append(key_of(document))
    return Owners(
        {target: tuple(keys) for target, keys in by_resource.items()},
        {resource_id.key(outputs["virtualNetworkId"]): name for name, outputs in _attached(stored)},
        tuple(hub for hub in _readable(shelf, await shelf.all("Hub")) if _takes_in(hub)),
    )


def _readable(shelf: Loaded, stored: list[Json]) -> Iterator[Any]:
    """Yield the documents that this version can read: one that it cannot hides no other."""
    for document in stored:
        try:
            yield shelf.parsed(document)
        except Invalid:
            log.warning("document.unreadable document=%s", key_of(document))


def _takes_in(hub: Hub) -> bool:
    return bool(hub.spec.onboarding.rules) and not hub.deleting


def _ids(document: Json) -> Iterator[str]:
    """Yield the keys of the ids that a document says it has."""
    outputs, spec = (document.get("status") or {}).get("outputs") or {}, document["spec"]
    found = [outputs.get(name) for name in NAMED] + [spec.get("virtualNetworkId"), spec.get("managedClusterId")]
    found += outputs.get("keptRouteTableIds") or []
    yield from (resource_id.key(text) for text in found if text)


def _stands(document: Json) -> bool:
    """Say whether a document says which network or cluster is its own; until then, its zone may be known already."""
    outputs, spec = (document.get("status") or {}).get("outputs") or {}, document["spec"]
    if document["kind"] == "Cluster":
        return bool(outputs.get("clusterId") or spec.get("managedClusterId"))
    return bool(outputs.get("virtualNetworkId") or spec.get("virtualNetworkId"))


async def _expected(shelf: Loaded, document: Json) -> Any:
    """Yield the network or cluster that a document will have."""
    for parsed in _readable(shelf, [document]):
        with contextlib.suppress(Invalid):  # What it depends on cannot be read.
            for target in _made(parsed, await related(shelf, parsed)):
                yield target


def _made(document: Any, around: Related) -> Iterator[ResourceId]:
    match document.kind:
        case "Hub":
            yield naming.hub_network(document)
        case "Spoke" if around.hub is not None:
            yield naming.spoke_network(document, around.hub)
        case "Cluster" if around.hub is not None and around.spoke is not None:
            yield naming.managed_cluster(document, around.spoke, around.hub)


def _attached(documents: list[Json]) -> Iterator[tuple[str, Json]]:
    for document in documents:
        outputs = (document.get("status") or {}).get("outputs") or {}
        if document["kind"] == "Spoke" and "virtualNetworkId" in outputs:
            leaving = document["metadata"].get("deletionRequested")
            if not leaving:
                yield document["metadata"]["name"], outputs
