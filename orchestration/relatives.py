"""The documents that one document's plan looks at: its hub, its spokes, its clusters. Few are parsed, and only once.

`Shelf` is where documents come from: the store for one look, all of them at once for a sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from shared.model.document import key_of, parse_document
from shared.model.envelope import DocumentKey
from shared.model.hub import Hub
from shared.model.related import Related
from shared.model.spoke import Spoke
from shared.plan import onboarding
from shared.plan.documents import attached_cluster

if TYPE_CHECKING:
    from shared.model.cluster import Cluster
    from shared.model.document import Document
    from shared.model.envelope import Kind
    from shared.store.store import Store

    Json = dict[str, Any]


class Shelf(Protocol):
    """Documents by kind, in the form in which they are stored."""

    async def get(self, key: DocumentKey) -> Any:
        """Return one document, parsed; None where there is none."""

    async def all(self, kind: Kind) -> list[Json]:
        """Return all of a kind, as stored."""

    def parsed(self, document: Json) -> Any:
        """Return a document that `all` gave, parsed."""


class Stored:
    """The documents as the store has them now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, key: DocumentKey) -> Any:
        """Return one document, parsed; None where there is none."""
        stored = await self._store.documents.get(key)
        return None if stored is None else parse_document(stored.document)

    async def all(self, kind: Kind) -> list[Json]:
        """Return all of a kind, as stored."""
        return [item.document for item in await self._store.documents.list(kind)]

    def parsed(self, document: Json) -> Any:
        """Return a document, parsed."""
        return parse_document(document)


class Loaded:
    """All documents as they were at one moment, each parsed once."""

    def __init__(self, documents: Iterable[Json]) -> None:
        self._raw = {key_of(document): document for document in documents}
        self._parsed: dict[DocumentKey, Any] = {}

    async def get(self, key: DocumentKey) -> Any:
        """Return one document, parsed; None where there is none."""
        return self.parsed(self._raw[key]) if key in self._raw else None

    async def all(self, kind: Kind) -> list[Json]:
        """Return all of a kind, as stored."""
        return [document for key, document in self._raw.items() if key.kind == kind]

    def parsed(self, document: Json) -> Any:
        """Return a document, parsed."""
        key = key_of(document)
        if key not in self._parsed:
            self._parsed[key] = parse_document(document)
        return self._parsed[key]


async def related(shelf: Shelf, document: Document) -> Related:
    """Return the documents that this one's plan looks at, and no others."""
    match document:
        case Hub():
            spokes = await _naming(shelf, "Spoke", "hub", {document.name})
            clusters = await _naming(shelf, "Cluster", "spoke", {spoke.name for spoke in spokes}) if spokes else ()
            return Related(spokes=spokes, clusters=clusters)
        case Spoke():
            hub, clusters, hubs = await asyncio.gather(
                shelf.get(DocumentKey("Hub", document.spec.hub)),
                _naming(shelf, "Cluster", "spoke", {document.name}),
                _hubs(shelf, document),
            )
            return Related(hub=hub, clusters=clusters, hubs=hubs)
        case _:
            spoke = await shelf.get(DocumentKey("Spoke", document.spec.spoke))
            hub = None if spoke is None else await shelf.get(DocumentKey("Hub", spoke.spec.hub))
            neighbours, asking = await asyncio.gather(_neighbours(shelf, document, hub), _asking(shelf, hub))
            return Related(hub=hub, spoke=spoke, spokes=asking, neighbours=neighbours)


async def _naming(shelf: Shelf, kind: Kind, member: str, names: set[str]) -> tuple[Any, ...]:
    """Return the documents of a kind that name one of `names` in a member of their spec."""
    return tuple(shelf.parsed(item) for item in await shelf.all(kind) if item["spec"].get(member) in names)


async def _hubs(shelf: Shelf, spoke: Spoke) -> tuple[Hub, ...]:
    """Return all hubs for a network that asks to join one: it may be another one's already."""
    if not onboarding.asks(spoke):
        return ()
    return tuple(shelf.parsed(item) for item in await shelf.all("Hub"))


async def _asking(shelf: Shelf, hub: Hub | None) -> tuple[Spoke, ...]:
    """Return the spokes of the hub whose machines are to resolve all its clusters."""
    if hub is None:
        return ()
    found = (item for item in await shelf.all("Spoke") if item["spec"].get("hub") == hub.name)
    return tuple(shelf.parsed(item) for item in found if (item["spec"].get("dns") or {}).get("resolvesClusters"))


async def _neighbours(shelf: Shelf, cluster: Cluster, hub: Hub | None) -> tuple[Cluster, ...]:
    """Return the other clusters of the hub that use a zone; none for a cluster of our own."""
    if hub is None or not cluster.spec.attached:
        return ()
    spokes = {item["metadata"]["name"] for item in await shelf.all("Spoke") if item["spec"]["hub"] == hub.name}
    others = (
        item
        for item in await shelf.all("Cluster")
        if item["spec"]["spoke"] in spokes and item["metadata"]["name"] != cluster.name
    )
    return tuple(shelf.parsed(item) for item in others if attached_cluster.ZONE_OUTPUT in item["status"]["outputs"])
