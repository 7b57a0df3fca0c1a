"""The pure planner: a document, what it depends on and what Azure has in; the plan out. Same input, same bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.model import conditions
from shared.plan import attachment, endpoint, graph
from shared.plan.desired import Desired
from shared.plan.dns import proof
from shared.plan.documents import cluster, hub, hub_leftovers, spoke
from shared.plan.observed import Observed, Read
from shared.plan.resources import managed_cluster, private_dns_zone, resource_group, virtual_network_link
from shared.plan.steps import Plan, Wait

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shared.model.conditions import Condition
    from shared.model.document import Document
    from shared.model.related import Related
    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

OWNERS: dict[str, Any] = {"Hub": hub, "Spoke": spoke, "Cluster": cluster}

IN_A_GROUP = "Microsoft.Resources/resources"
"""Everything in a resource group, whatever its kind: asked before a group is deleted."""


def reads(document: Document, related: Related) -> tuple[Read, ...]:
    """Return the questions to Azure that a plan for this document needs, each once."""
    asked = list(OWNERS[document.kind].reads(_subject(document), related))
    if document.deleting:
        asked += [Read(IN_A_GROUP, read.scope) for read in asked if not read.type and _is_group(read.scope)]
    return tuple(dict.fromkeys(asked))


def further_reads(document: Document, related: Related, observed: Observed) -> tuple[Read, ...]:
    """Return the questions that the answers to `reads` raise, each once; most documents have none."""
    owner = hub_leftovers if document.kind == "Hub" else OWNERS[document.kind]
    return tuple(dict.fromkeys(owner.further_reads(_subject(document), related, observed)))


def _is_group(scope: str) -> bool:
    return scope.count("/") == 4  # noqa: PLR2004 - /subscriptions/<id>/resourceGroups/<name>


def wanted(document: Document, related: Related, observed: Observed) -> list[Desired]:
    """Return every resource that the document wants to be or to go, whatever is there."""
    desired: list[Desired] = OWNERS[document.kind].desired(_subject(document), related, observed)
    if document.kind == "Hub":
        desired += hub_leftovers.orphans(_subject(document), related, observed)
    return desired


def make(document: Document, related: Related, observed: Observed, kinds: Collection[str] = ()) -> Plan:
    """Return the plan that brings Azure to what the document asks for, or that removes what it owns.

    `kinds`: the only types (in lower case) that were read, and so can be judged; empty: all.
    """
    desired = wanted(document, related, observed)
    if kinds:
        desired = [resource for resource in desired if resource.id.type.lower() in kinds]
    if document.deleting:
        return _removal(document, related, desired, observed)
    steps, waits = graph.build(desired, observed)
    if document.kind != "Hub":
        waits = (*OWNERS[document.kind].waits(document, related, observed), *waits)
    return Plan(str(document.key), document.metadata.generation, steps, tuple(dict.fromkeys(waits)))


def _subject(document: Any) -> Any:
    """Return what to plan for: a hub that goes takes along the parts that its document had before."""
    return hub_leftovers.everything(document) if document.kind == "Hub" and document.deleting else document


def _removal(document: Document, related: Related, desired: Sequence[Desired], observed: Observed) -> Plan:
    inside: dict[str, Sequence[Document]] = {"Hub": related.spokes, "Spoke": related.clusters}
    staying = inside.get(document.kind, ())
    if staying:
        reason = conditions.SPOKES_ATTACHED if document.kind == "Hub" else conditions.CLUSTERS_ATTACHED
        names = ", ".join(str(other.key) for other in staying)
        return Plan(str(document.key), document.metadata.generation, (), (Wait(reason, f"{names} has to go first"),))
    steps = graph.teardown(_without_shared_group(_with_others_links(desired, observed), observed), observed)
    return Plan(str(document.key), document.metadata.generation, steps)


def _with_others_links(desired: Sequence[Desired], observed: Observed) -> list[Desired]:
    """Add the links in our zones that others made (AKS does): a zone with links cannot be deleted.

    They go after our cluster, whose nodes resolve names through one of them.
    """
    ours = {wanted.id.key for wanted in desired}
    zones = [wanted.id for wanted in desired if wanted.id.type == private_dns_zone.TYPE and not wanted.adopted]
    links = [zone.child("virtualNetworkLinks", str(link["name"])) for zone in zones for link in observed.within(zone)]
    others = [Desired(link, {}) for link in links if link.key not in ours and link.type == virtual_network_link.TYPE]
    needs = tuple(other.id for other in others)
    kept = [
        replace(wanted, needs=(*wanted.needs, *needs)) if wanted.id.type == managed_cluster.TYPE else wanted
        for wanted in desired
    ]
    return [*kept, *others]


def _without_shared_group(desired: Sequence[Desired], observed: Observed) -> list[Desired]:
    """Leave a resource group standing while anything in it is not ours."""
    ours = {wanted.id.key for wanted in desired if not wanted.adopted}
    kept = []
    for wanted in desired:
        if wanted.id.type == resource_group.TYPE and _foreign(wanted.id, ours, observed):
            continue
        kept.append(wanted)
    return kept


def _foreign(group: ResourceId, ours: set[str], observed: Observed) -> list[str]:
    prefix = f"{group.key}/"
    keys = (str(resource["id"]).lower() for resource in observed.within(group))
    return [key for key in keys if not any(key == own or key.startswith(f"{own}/") for own in ours if own != group.key)
            and key.startswith(prefix)]  # fmt: skip


def outputs(document: Document, related: Related, observed: Observed) -> dict[str, Json]:
    """Return what the document publishes to those that depend on it."""
    found: dict[str, Json] = OWNERS[document.kind].outputs(document, related, observed)
    return found


def findings(document: Document, related: Related, observed: Observed) -> tuple[Condition, ...]:
    """Return what a look says beyond its plan, as conditions: of somebody else's cluster, of a hub's DNS servers."""
    match document.kind:
        case "Cluster" if related.spoke is not None and related.hub is not None:
            stopped = endpoint.findings(document, related.spoke, related.hub, observed)
            return (*attachment.findings(document, related, observed), *stopped)
        case "Hub" if not document.deleting:
            said = proof.condition(document, related, hub.dns_servers_of(document, observed))
            return () if said is None else (said,)
        case _:
            return ()
