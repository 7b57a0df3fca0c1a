"""One look at a document: what it asks for, what it depends on, what Azure has, and the plan that follows.

Used by the reconciler, by `GET .../plan` and by `POST .../plan`; it writes nothing but a spoke's place in the ledger.
A network that asks to join has its decision beside its plan: while it may not join, the plan is only shown.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from orchestration import relatives
from shared.model import conditions, naming, pool
from shared.model.conditions import is_true
from shared.model.document import parse_document
from shared.model.errors import Conflict, Denied
from shared.model.hub import Hub
from shared.model.spoke import Spoke
from shared.plan import endpoint, onboarding, planner, restored
from shared.plan.dns import consumers, rollout
from shared.plan.documents import adopted_network, hub_dns, zone_links
from shared.plan.documents import hub as hubs
from shared.plan.observed import Observed, Read
from shared.plan.obstacles import Surroundings
from shared.plan.steps import Plan, Wait

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from orchestration.dependencies import Dependencies
    from shared.arm.door import Arm
    from shared.model.approval import Approval
    from shared.model.document import Document
    from shared.model.envelope import DocumentKey
    from shared.model.related import Related
    from shared.store.store import Store

log = logging.getLogger(__name__)

LINKS_OF = (
    "resources | where type =~ 'microsoft.network/privatednszones/virtualnetworklinks' "
    "| where properties.virtualNetwork.id =~ '{network}' | project id, name, type, tags, properties | order by id asc"
)
"""The question to Resource Graph about a network's links."""

VERIFIED_FOR = timedelta(minutes=10)
"""How long a verification stands before the next look takes another."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A document with all that was seen around it."""

    document: Document
    related: Related
    observed: Observed
    plan: Plan
    verify: bool = False
    """Whether names, and for a cluster its port, should be checked from inside now."""
    complete: bool = True
    """Whether everything was looked at, so that what is not there is not in Azure either."""
    approval: Approval | None = None
    """What holds for a network that asks to join; None for everything else."""

    @property
    def held(self) -> Wait | None:
        """Why the plan must not be carried out; None where it may be."""
        if self.approval is None or self.approval.state == "approved":
            return restored.held(self.document, self.plan)
        spoke: Any = self.document
        said = onboarding.condition(spoke, self.approval)
        return Wait(said.reason, said.message)


async def look(dependencies: Dependencies, key: DocumentKey) -> Picture | None:
    """Return the picture of a stored document; None where there is none."""
    stored = await dependencies.store.documents.get(key)
    if stored is None:
        return None
    return await picture(dependencies, parse_document(stored.document), reserve=True)


async def picture(dependencies: Dependencies, document: Document, *, reserve: bool = False) -> Picture:
    """Return the picture of a document, stored or not; `reserve` makes a spoke's address space its own."""
    related = await load_related(dependencies.store, document)
    store, observed, approval = dependencies.store, Observed(), None
    try:
        if isinstance(document, Spoke) and reserve and not document.deleting:
            document = await _with_addresses(store, document, related)
        observed = await observe(dependencies.arm, document, related)
        plan = planner.make(document, related, observed)
        if isinstance(document, Spoke):
            approval = await _decision(dependencies, document, related, observed, plan)
            if reserve and (approval is None or approval.state == "approved"):
                document = await _with_found_space(store, document, related, observed)
    except Conflict as error:
        plan = Plan(str(document.key), document.metadata.generation, (), (Wait(error.code, error.message),))
        return Picture(document, related, observed, plan, complete=False)
    verify = _due(document, related, observed, dependencies.clock())
    return Picture(document, related, observed, plan, verify=verify, approval=approval)


async def _decision(
    dependencies: Dependencies, spoke: Spoke, related: Related, observed: Observed, plan: Plan
) -> Approval | None:
    """Return what holds for a network that asks to join; None for what somebody requested."""
    hub = related.hub
    if hub is None or not onboarding.asks(spoke) or observed.get(naming.spoke_network(spoke, hub)) is None:
        return None
    taken = await dependencies.store.ledger.taken(hub.name)
    others = {name: blocks for name, blocks in taken.items() if name != spoke.name}
    case = onboarding.Case(spoke, hub, observed, plan, Surroundings(related.hubs, others))
    return onboarding.decide(case, dependencies.clock())


async def observe(arm: Arm, document: Document, related: Related) -> Observed:
    """Ask Azure everything at once, and then what the answers name: a zone, a route table that was there before."""
    observed = await ask(arm, planner.reads(document, related))
    further = planner.further_reads(document, related, observed)
    # What a hub asks about further is somebody else's: where that is denied to us it is left as it is.
    return observed.joined(await ask(arm, further, lenient=isinstance(document, Hub))) if further else observed


async def ask(arm: Arm, reads: Collection[Read], *, lenient: bool = False) -> Observed:
    """Ask Azure several questions at once; `lenient`: one that is denied to us counts as not asked."""
    answers = zip(reads, await asyncio.gather(*(_ask(arm, read, lenient=lenient) for read in reads)), strict=True)
    answered = {read: answer for read, answer in answers if answer is not None}
    return Observed((resource for answer in answered.values() for resource in answer), asked=answered)


async def _ask(arm: Arm, read: Read, *, lenient: bool) -> tuple[Any, ...] | None:
    try:
        if read.type == zone_links.OF_NETWORK:
            return await _links_of(arm, read.scope)
        if read.type:
            return await arm.list(read.type, read.scope)
        found = await arm.get(read.scope)
    except Denied:
        if lenient:
            log.warning("observing.denied type=%s scope=%s", read.type, read.scope)
            return None
        raise
    return () if found is None else (found,)


async def _links_of(arm: Arm, network: str) -> tuple[Any, ...]:
    """Return the links of all private DNS zones, whoever's they are, to one network, as far as we may read them.

    The graph lags a little: what it does not know yet Azure refuses.
    """
    # An id comes from a document, and a quote in it would end the text and begin a question of somebody else's.
    quoted = network.replace("\\", r"\\").replace("'", r"\'")
    return await arm.query(LINKS_OF.format(network=quoted), await arm.subscriptions())


async def load_related(store: Store, document: Document) -> Related:
    """Return the documents that this one's plan looks at, as they are stored now."""
    return await relatives.related(relatives.Stored(store), document)


async def _with_addresses(store: Store, spoke: Spoke, related: Related) -> Spoke:
    """Reserve the spoke's address space in its hub's ledger: given, kept, or the next free block of the pool."""
    hub = related.hub
    if hub is None or spoke.spec.adopted:
        return spoke
    given = [str(block) for block in spoke.spec.address_space] or None
    return await _reserved(store, spoke, hub, given)


async def _with_found_space(store: Store, spoke: Spoke, related: Related, observed: Observed) -> Spoke:
    """Reserve the address space that an adopted network has."""
    hub = related.hub
    if hub is None or not spoke.spec.adopted or spoke.deleting:
        return spoke
    found = adopted_network.space(spoke, hub, observed)
    return await _reserved(store, spoke, hub, found) if found else spoke


async def _reserved(store: Store, spoke: Spoke, hub: Hub, wanted: list[str] | None) -> Spoke:
    if wanted is not None and spoke.status.address_space and wanted == [str(b) for b in spoke.status.address_space]:
        return spoke  # It is its own since an earlier look.
    blocks = await store.ledger.reserve(
        hub.name, spoke.name, wanted, lambda taken: [pool.next_block(hub, taken)], conflict=pool.conflict
    )
    if blocks == [str(block) for block in spoke.status.address_space]:
        return spoke
    await store.documents.update_status(spoke.key, lambda status: status | {"addressSpace": blocks})
    space = tuple(map(IPv4Network, blocks))
    return spoke.model_copy(update={"status": spoke.status.model_copy(update={"address_space": space})})


def _due(document: Any, related: Related, observed: Observed, now: datetime) -> bool:
    """Say whether a proof is due: none that holds, an old one, or one of what is no more so."""
    if document.deleting:
        return False
    match document.kind:
        case "Hub":
            have = hubs.dns_servers_of(document, observed)
            if have is None or document.spec.jump_server is None:
                return False
            if rollout.proof_is_due(document, related, have) or not hub_dns.is_proven(document, observed):
                return True
            return bool(rollout.addresses_to_ask(document)) and _is_old(document, now)
        case "Cluster":
            return _is_due_for_cluster(document, related, observed, now)
        case _:
            return False


def _is_due_for_cluster(cluster: Any, related: Related, observed: Observed, now: datetime) -> bool:
    if related.hub is None or related.spoke is None:
        return False
    if endpoint.is_stopped(cluster, related.spoke, related.hub, observed):
        return False  # Nobody answers, and nobody should.
    proved = (conditions.API_SERVER_RESOLVABLE, conditions.API_SERVER_REACHABLE)
    if not all(is_true(cluster.status.conditions, type_) for type_ in proved):
        return True
    seen = (cluster.status.outputs.get("verification") or {}).get("consumers", ())
    asked = consumers.of_cluster(related.hub, related.spokes)
    return endpoint.has_moved(cluster, observed) or consumers.differ(asked, seen) or _is_old(cluster, now)


def _is_old(document: Document, now: datetime) -> bool:
    verified = document.status.verified_at
    return verified is None or now - verified > VERIFIED_FOR
