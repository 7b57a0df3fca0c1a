"""The sweep: everything that no event told, found by lists of whole subscriptions, whatever the number of documents.

It changes nothing in Azure and in no document: it wakes what differs, and makes documents of what asks. What it reads
may be a little old (Resource Graph); whoever is woken reads the truth.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestration import observing, onboarding, waking
from orchestration.owners import Owners, owners
from orchestration.relatives import Loaded, related
from shared.model import conditions, naming, resource_id
from shared.model.conditions import find
from shared.model.document import key_of
from shared.model.errors import SpokewrightError
from shared.model.resource_id import ResourceId
from shared.plan import departure, drift, endpoint, planner
from shared.plan import onboarding as joining
from shared.plan.documents import adopted_network
from shared.plan.drift import Baseline, Drift
from shared.plan.observed import Observed, Read
from shared.plan.resources import (
    managed_cluster,
    network_interface,
    peering,
    private_dns_zone,
    route_table,
    subnet,
    virtual_network,
)
from shared.plan.resources import virtual_network_link as link
from shared.telemetry import meter, names, trace

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.model.document import Document
    from shared.model.envelope import DocumentKey
    from shared.model.related import Related

    Json = dict[str, Any]

LISTED = (virtual_network.TYPE, route_table.TYPE, managed_cluster.TYPE, private_dns_zone.TYPE)
"""Listed once for each subscription; a network's list has its subnets and peerings in it, a table's its routes."""

JUDGED = tuple(type_.lower() for type_ in (*LISTED, subnet.TYPE, peering.TYPE, f"{route_table.TYPE}/routes", link.TYPE))
"""What a sweep can judge; the rest of a document waits for its own look."""

ENDED = "sweep.ended"
"""The moment of the last sweep that was carried out to its end."""

LINKS = f"resources | where type =~ '{link.TYPE.lower()}' | project id, name, type, location, tags, properties | order by id asc"  # noqa: E501 - one query

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: how many documents it compared, whom it woke, what it found for the first time."""

    documents: int
    woken: tuple[str, ...]
    found: tuple[str, ...]

    def to_json(self) -> Json:
        """Return what is answered to whoever asked for a sweep."""
        return {"documents": self.documents, "woken": list(self.woken), "found": list(self.found)}


async def sweep(dependencies: Dependencies, client: DurableClient) -> Swept:
    """Compare Azure with every document; wake what differs, and make the documents of what asks to join."""
    begun, outcome = dependencies.clock(), "failed"
    try:
        with trace.span("sweep"):
            swept = await _sweep(dependencies, client)
        outcome = "succeeded"
    finally:
        ended = dependencies.clock()
        meter.record(names.SWEEPS, 1, outcome=outcome)
        meter.record(names.SWEEP_DURATION, (ended - begun).total_seconds(), outcome=outcome)
    await dependencies.store.moments.claim(ENDED, ended, timedelta())
    return swept


async def _sweep(dependencies: Dependencies, client: DurableClient) -> Swept:
    stored = [item.document for item in await dependencies.store.documents.list()]
    known = await owners(stored)
    observed = await _observe(dependencies, stored, known)
    differing = await _differing(dependencies, Loaded(stored), stored, observed)
    await waking.wake_all(dependencies.store, client, differing, hint=False)
    found = await _found(dependencies, client, known, observed)
    swept = Swept(len(stored), tuple(map(str, differing)), tuple(map(str, found)))
    log.info("sweep.ended documents=%d woken=%d found=%d", swept.documents, len(swept.woken), len(swept.found))
    return swept


async def _observe(dependencies: Dependencies, stored: list[Json], known: Owners) -> Observed:
    """List what there is in every subscription that documents, or hubs' rules, are about."""
    arm = dependencies.arm
    subscriptions = sorted(await _subscriptions(dependencies, stored, known))
    places = [Read(type_, f"/subscriptions/{one}") for one in subscriptions for type_ in LISTED]
    places += [Read(network_interface.TYPE, f"/subscriptions/{one}") for one in sorted(_with_clusters(stored))]
    lists = observing.ask(arm, places, lenient=True)  # A subscription that is closed to us stops no other.
    zones = sorted({zone for document in stored for zone in _zones(document)})
    if len(zones) <= 1:
        links = observing.ask(arm, [Read(link.TYPE, zone) for zone in zones], lenient=True)
        listed, linked = await asyncio.gather(lists, links)
        return listed.joined(linked)
    # A list would be one call for each zone.
    listed, rows = await asyncio.gather(
        lists, arm.query(LINKS, sorted({ResourceId.parse(z).subscription for z in zones}))
    )
    return listed.joined(Observed(rows, asked=[Read(link.TYPE, zone) for zone in zones]))


def _with_clusters(stored: list[Json]) -> set[str]:
    """Return the subscriptions in which clusters have their private endpoints, which may move."""
    groups = (((document.get("status") or {}).get("outputs") or {}).get(endpoint.GROUP) for document in stored)
    return {ResourceId.parse(str(group)).subscription.lower() for group in groups if group}


async def _subscriptions(dependencies: Dependencies, stored: list[Json], known: Owners) -> set[str]:
    found = {ResourceId.parse(text).subscription.lower() for document in stored for text in _ids(document)}
    found |= {document["spec"]["subscriptionId"].lower() for document in stored if document["kind"] == "Hub"}
    rules = [rule for hub in known.hubs for rule in hub.spec.onboarding.rules if rule.action != "deny"]
    found |= {subscription.lower() for rule in rules for subscription in rule.subscriptions}
    if any(not rule.subscriptions for rule in rules):
        found |= {subscription.lower() for subscription in await dependencies.arm.subscriptions()}
    return found


def _ids(document: Json) -> Iterator[str]:
    outputs, spec = (document.get("status") or {}).get("outputs") or {}, document["spec"]
    yield from filter(None, (outputs.get("virtualNetworkId"), outputs.get("clusterId"), spec.get("virtualNetworkId")))
    yield from filter(None, (outputs.get("privateDnsZoneId"), spec.get("managedClusterId")))


def _zones(document: Json) -> Iterator[str]:
    zone = ((document.get("status") or {}).get("outputs") or {}).get("privateDnsZoneId")
    if zone:
        yield str(zone)


async def _differing(
    dependencies: Dependencies, shelf: Loaded, stored: list[Json], observed: Observed
) -> list[DocumentKey]:
    """Return the documents at rest that Azure does not match."""
    found = []
    for document in stored:
        key = key_of(document)
        try:
            parsed = shelf.parsed(document)
            around = await related(shelf, parsed)
            if await _differs(dependencies, parsed, around, observed):
                found.append(key)
        except SpokewrightError as error:  # One document that cannot be read stops no other.
            log.warning("sweep.unreadable document=%s reason=%s", key, error)
    states = await asyncio.gather(*(dependencies.store.wakes.state(key) for key in found))
    return [key for key, state in zip(found, states, strict=True) if state.finished]


async def _differs(dependencies: Dependencies, document: Any, around: Related, observed: Observed) -> bool:
    if departure.reason(document, around, observed) or _api_server_changed(document, around, observed):
        return True
    if document.kind == "Spoke" and document.spec.adopted and around.hub is not None:
        space = adopted_network.space(document, around.hub, observed)
        if joining.asks(document) and not joining.admitted(document, space):
            approval = document.status.approval  # What is open looks again by itself.
            return approval is not None and not joining.is_about(approval, document, space)
        if space and set(space) != {str(block) for block in document.status.address_space}:
            return True
    plan = planner.make(document, around, observed, JUDGED)
    if any(wait.reason == conditions.PEER_LOST for wait in plan.waits):
        return True
    if document.spec.drift == "repair":
        return bool(plan.steps)
    stored = await dependencies.store.baselines.get(document.key)
    baseline = Baseline(**stored) if stored else None
    drifted = drift.find(plan, drift.intents(planner.wanted(document, around, observed)), baseline)
    return bool(drifted.rest) or not _is_told(document, drifted, baseline, observed)


def _api_server_changed(cluster: Any, around: Related, observed: Observed) -> bool:
    """Say whether the API server has another address than its proof knew, or was stopped or started since."""
    if cluster.kind != "Cluster" or around.hub is None or around.spoke is None:
        return False
    knows = cluster.status.outputs.get("powerState") == endpoint.STOPPED
    seen = observed.get(naming.managed_cluster(cluster, around.spoke, around.hub)) is not None
    stopped = endpoint.is_stopped(cluster, around.spoke, around.hub, observed)
    return endpoint.has_moved(cluster, observed) or (seen and knows != stopped)


def _is_told(document: Document, drifted: Drift, baseline: Baseline | None, observed: Observed) -> bool:
    """Say whether the document says this drift already: beside what no list shows, cut, or not as it was any more."""
    told = find(document.status.conditions, conditions.DRIFTED)
    if told is None or not told.message:
        return not drifted.steps
    if len(told.message) < conditions.SHOWN and any(step.reason not in told.message for step in drifted.steps):
        return False
    return baseline is not None and not _has_moved(baseline, observed)


def _has_moved(baseline: Baseline, observed: Observed) -> bool:
    """Say whether something that was listed is another version than the document's last look saw."""
    now = drift.seen(baseline.seen, observed)
    return any(version != baseline.seen[key] for key, version in now.items())


async def _found(dependencies: Dependencies, client: DurableClient, known: Owners, observed: Observed) -> list[str]:
    """Make the documents of networks and clusters that ask and that no document has."""
    dismissed = set(await dependencies.store.dismissals.all())
    for target in sorted(dismissed):
        if observed.gone(ResourceId.parse(target)):
            await dependencies.store.dismissals.forget(target)  # Another one may come by its name.
    made = []
    for body in _strangers(known, observed):
        if not _may_ask(known, body) and resource_id.key(body["id"]) not in dismissed:
            continue
        try:
            made.append(await onboarding.found(dependencies, client, known, body, ""))
        except SpokewrightError as error:  # One that cannot be taken in keeps out no other.
            log.warning("sweep.not_taken resource_id=%s reason=%s", body["id"], error)
    return [str(key) for key in made if key is not None]


def _strangers(known: Owners, observed: Observed) -> Iterable[Json]:
    for body in observed:
        if str(body.get("type", "")).lower() in (onboarding.NETWORK, onboarding.CLUSTER) and not known.of(body["id"]):
            yield body


def _may_ask(known: Owners, body: Json) -> bool:
    """Say whether a stranger may be of interest, before the store is asked about it."""
    if str(body["type"]).lower() == onboarding.CLUSTER:
        return True
    return any(joining.requested_hub(body, hub.spec.onboarding.tag) == hub.name for hub in known.hubs)
