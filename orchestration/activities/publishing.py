"""What a document tells the ones that depend on it: its outputs, stored in its status, and a wake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration import waking
from orchestration.observing import load_related
from shared.model.document import key_of, parse_document
from shared.model.envelope import DocumentKey, Kind
from shared.model.hub import Hub
from shared.model.spoke import Spoke
from shared.plan import planner
from shared.plan.dns import rollout
from shared.plan.observed import Observed
from shared.plan.steps import DEPENDENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.dependencies import Dependencies
    from orchestration.observing import Picture
    from orchestration.waking import DurableClient
    from shared.model.document import Document

    Json = dict[str, Any]


INTERESTS: dict[str, dict[Kind, frozenset[str]]] = {
    "Hub": {
        "Spoke": frozenset({"virtualNetworkId", "firewallPrivateIp", "dns"}),
        "Cluster": frozenset({"privateDnsZoneId", "privateDnsZoneLinkId", "jumpServerId", "dns"}),
    },
    "Spoke": {
        "Hub": frozenset({"virtualNetworkId", "addressSpace", "dnsServers", "resolvesClusters"}),
        "Cluster": frozenset(
            {
                "resourceGroupId",
                "virtualNetworkId",
                "routeTableId",
                "defaultRoute",
                "peered",
                "subnets",
                "dnsServers",
                "resolvesClusters",
            }
        ),
    },
}
"""Which outputs of a document the ones that depend on it wait for: a wake for anything else would be reads in vain."""


async def replace(dependencies: Dependencies, client: DurableClient, picture: Picture) -> None:
    """Set the outputs to what was just observed; wake those who wait for one that changed."""
    document = picture.document
    outputs = planner.outputs(document, picture.related, picture.observed)
    before = document.status.outputs
    if outputs != before:
        await _store(dependencies, document.key, lambda _: outputs)
        await _wake_interested(dependencies, client, document, outputs, _changed(before, outputs))
    if rollout.has_ended(before, outputs):
        await dependencies.store.wakes.request(document.key)  # One more look, at what is of no use any more.


async def publish(
    dependencies: Dependencies, client: DurableClient, key: DocumentKey, tells: Sequence[str], body: Json | None
) -> None:
    """Add what one finished step's resource tells, and wake those it `tells`."""
    stored = await dependencies.store.documents.get(key)
    if stored is None:
        return
    document = parse_document(stored.document)
    if DEPENDENTS in tells and body is not None:
        related = await load_related(dependencies.store, document)
        outputs = _told(document, planner.outputs(document, related, Observed([_done(body)])))
        await _store(dependencies, key, lambda before: before | outputs)
        after = document.status.outputs | outputs
        await _wake_interested(dependencies, client, document, after, set(outputs))
    named = [DocumentKey.parse(name) for name in tells if name != DEPENDENTS]
    await waking.wake_all(dependencies.store, client, named)


def _told(document: Document, outputs: Json) -> Json:
    """Return what a step tells: not what is kept of an earlier look, or each of a hub's steps would wake its spokes."""
    before = document.status.outputs
    return {name: value for name, value in outputs.items() if name not in rollout.KEPT or value != before.get(name)}


def _done(body: Json) -> Json:
    """Return a resource whose operation just succeeded as such: it may be busy again, with a child that we write."""
    if "properties" not in body:
        return body
    return {**body, "properties": {**body["properties"], "provisioningState": "Succeeded"}}


def _changed(before: Json, after: Json) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


async def _wake_interested(
    dependencies: Dependencies, client: DurableClient, document: Document, outputs: Json, changed: set[str]
) -> None:
    whose = rollout.concerned(document.status.outputs, outputs) if rollout.OUTPUT in changed else None
    many = changed if whose is None else changed - {rollout.OUTPUT}
    interested = {kind for kind, names in INTERESTS.get(document.kind, {}).items() if names & many}
    if not interested and not whose:
        return
    known = await dependents(dependencies, document)
    told = [key for key in known if key.kind in interested or (key.kind == "Spoke" and key.name in (whose or ()))]
    await waking.wake_all(dependencies.store, client, told)


async def dependents(dependencies: Dependencies, document: Document) -> list[DocumentKey]:
    """Return the documents that look at this one's status: a hub's spokes and their clusters, a spoke's hub, ..."""
    match document:
        case Hub():
            spokes = await _naming(dependencies, "Spoke", "hub", {document.name})
            clusters = await _naming(dependencies, "Cluster", "spoke", {spoke.name for spoke in spokes})
            return [*spokes, *clusters]
        case Spoke():
            # A spoke that is to resolve all clusters of the hub is looked at by all of them.
            asks = document.spec.dns.resolves_clusters or "resolvesClusters" in document.status.outputs
            spokes = await _naming(dependencies, "Spoke", "hub", {document.spec.hub}) if asks else []
            names = {document.name, *(spoke.name for spoke in spokes)}
            clusters = await _naming(dependencies, "Cluster", "spoke", names)
            return [DocumentKey("Hub", document.spec.hub), *clusters]
        case _:
            spoke = DocumentKey("Spoke", document.spec.spoke)
            stored = await dependencies.store.documents.get(spoke)
            # The hub's firewall lets out what the cluster asked for.
            return [spoke, *([DocumentKey("Hub", stored.document["spec"]["hub"])] if stored else [])]


async def _naming(dependencies: Dependencies, kind: Kind, member: str, names: set[str]) -> list[DocumentKey]:
    """Return the keys of documents of a kind that name one of `names` in a member of their spec."""
    stored = await dependencies.store.documents.list(kind)
    return [key_of(item.document) for item in stored if item.document["spec"].get(member) in names]


async def _store(dependencies: Dependencies, key: DocumentKey, change: Any) -> None:
    await dependencies.store.documents.update_status(
        key, lambda status: status | {"outputs": change(status.get("outputs") or {})}
    )
