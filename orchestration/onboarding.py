"""Looks at one resource that an event or the sweep named, and wakes or makes the document that it belongs to.

It never decides whether something may join: that is the look of its document. At most one call to Azure for a resource.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from orchestration import waking
from orchestration.access import trail
from shared.model import naming, resource_id
from shared.model.document import parse_document, to_json
from shared.model.errors import Conflict, Denied, NotFound
from shared.model.resource_id import ResourceId
from shared.plan import attachment, drift, onboarding
from shared.plan.resources import managed_cluster, private_dns_zone, route_table, virtual_network
from shared.telemetry import names, trace

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.owners import Owners
    from orchestration.waking import DurableClient
    from shared.model.envelope import DocumentKey
    from shared.model.hub import Hub

    Json = dict[str, Any]

NETWORK, CLUSTER = virtual_network.TYPE.lower(), managed_cluster.TYPE.lower()
LOOKED_AT = (NETWORK, CLUSTER, route_table.TYPE.lower(), private_dns_zone.TYPE.lower())
"""Types that events tell of; what lies in one of them is looked at with it."""

log = logging.getLogger(__name__)


async def look(dependencies: Dependencies, client: DurableClient, resource: str, requester: str) -> None:
    """Look at a resource as it is now: wake its documents if it changed, or make one if it asks for it."""
    type_ = ResourceId.parse(resource).type.lower()
    if type_ not in LOOKED_AT:
        return
    with trace.span("look", {names.RESOURCE: resource}):
        await _look(dependencies, client, resource, type_, requester)


async def _look(dependencies: Dependencies, client: DurableClient, resource: str, type_: str, requester: str) -> None:
    owners = await dependencies.owners.current(dependencies.store)
    if type_ == CLUSTER and not owners.of(resource):
        # Its network may have been attached, or its own document sent, this very moment.
        owners = await dependencies.owners.current(dependencies.store, fresh=True)
    keys = owners.of(resource)
    if keys:
        with trace.about({names.DOCUMENT: ", ".join(map(str, keys))}):
            trace.note(trace.fields())
            await _look_at_known(dependencies, client, resource, keys)
    elif (type_ == NETWORK and owners.hubs) or (type_ == CLUSTER and owners.networks):
        try:
            body = await dependencies.arm.get(resource)
        except Denied:
            log.info("onboarding.foreign resource_id=%s", resource)  # What we may not read asks us for nothing.
            return
        if body is None:
            await dependencies.store.dismissals.forget(resource_id.key(resource))  # Another one may come by its name.
        else:
            await found(dependencies, client, owners, body, requester)


async def _look_at_known(
    dependencies: Dependencies, client: DurableClient, resource: str, keys: tuple[DocumentKey, ...]
) -> None:
    """Wake the documents of a resource; one at rest only if the resource is not as its last look saw it."""
    store = dependencies.store
    states = await asyncio.gather(*(store.wakes.state(key) for key in keys))
    at_rest = [key for key, state in zip(keys, states, strict=True) if state.finished]
    busy = [key for key in keys if key not in at_rest]
    changed = await _changed(dependencies, resource, at_rest) if at_rest else []
    await waking.wake_all(store, client, [*busy, *changed], hint=False)


async def _changed(dependencies: Dependencies, resource: str, keys: list[DocumentKey]) -> list[DocumentKey]:
    try:
        body = await dependencies.arm.get(resource)
    except Denied:
        return keys  # Their own look says so in the documents.
    version = None if body is None else drift.version(body)
    baselines = await asyncio.gather(*(dependencies.store.baselines.get(key) for key in keys))
    known = [(baseline or {}).get("seen", {}).get(resource_id.key(resource)) for baseline in baselines]
    return [key for key, seen in zip(keys, known, strict=True) if seen is None or seen != version]


async def found(
    dependencies: Dependencies, client: DurableClient, owners: Owners, body: Json, requester: str
) -> DocumentKey | None:
    """Make the document of a network or cluster that nobody has yet, if it asks for one; return it."""
    if ResourceId.parse(body["id"]).type.lower() == NETWORK:
        return await _found_network(dependencies, client, owners, body, requester)
    return await _found_cluster(dependencies, client, owners, body)


async def _found_network(
    dependencies: Dependencies, client: DurableClient, owners: Owners, body: Json, requester: str
) -> DocumentKey | None:
    hub = next(
        (hub for hub in owners.hubs if onboarding.requested_hub(body, hub.spec.onboarding.tag) == hub.name), None
    )
    if await _is_dismissed(dependencies, body["id"], hub.name if hub else "") or hub is None:
        return None
    return await _make(dependencies, client, _spoke(hub, body), requester)


async def _found_cluster(
    dependencies: Dependencies, client: DurableClient, owners: Owners, body: Json
) -> DocumentKey | None:
    network = attachment.clusters_network(body)
    spoke = owners.networks.get(resource_id.key(network)) if network else None
    if spoke is None or await _is_dismissed(dependencies, body["id"], spoke):
        return None
    return await _make(dependencies, client, attachment.attach_document(naming.onboarded_name(body["id"]), spoke, body))


async def _is_dismissed(dependencies: Dependencies, resource: str, asks: str) -> bool:
    """Say whether a person sent the resource away from what it asks for; one that asks no more may ask anew."""
    key = resource_id.key(resource)
    dismissed = await dependencies.store.dismissals.of(key)
    if dismissed is not None and dismissed != asks:
        await dependencies.store.dismissals.forget(key)
    return dismissed == asks


def _spoke(hub: Hub, network: Json) -> Json:
    home = ResourceId.parse(network["id"])
    spec = {
        "hub": hub.name,
        "virtualNetworkId": str(home.resource_group.resource(virtual_network.TYPE, home.name)),
        "location": str(network.get("location")).replace(" ", "").lower(),
        "excludedSubnets": list(hub.spec.onboarding.excluded_subnets),
    }
    metadata = {"name": naming.onboarded_name(network["id"])}
    return {"apiVersion": "spokewright/v1", "kind": "Spoke", "metadata": metadata, "spec": spec}


async def _make(
    dependencies: Dependencies, client: DurableClient, document: Json, requester: str = ""
) -> DocumentKey | None:
    """Store the document of something found, and wake it; one that is there already is only woken."""
    spec, store = document["spec"], dependencies.store
    resource = spec.get("virtualNetworkId") or spec["managedClusterId"]
    metadata = document["metadata"] | {"origin": "event", "generation": 1, "requestedBy": requester or None}
    parsed = parse_document(document | {"metadata": metadata})
    owners = await dependencies.owners.current(store, fresh=True)
    if set(owners.of(resource)) - {parsed.key} or not _still_takes_in(owners, spec):
        return None  # Somebody asked for it by a document of their own meanwhile, or its hub goes.
    try:
        await store.documents.put(to_json(parsed), None)
    except Conflict:
        await _name_requester(dependencies, parsed.key, requester)
        log.info("onboarding.known document=%s", parsed.key)
    else:
        log.info("onboarding.found document=%s", parsed.key)
        who = {"event": "Azure", "id": requester}
        await store.audit.record(parsed.key, "onboarded", who, door=trail.EVENT, generation=1, resource=resource)
    dependencies.owners.learn(resource, parsed.key)
    await waking.wake(dependencies.store, client, parsed.key, hint=False)
    return parsed.key


def _still_takes_in(owners: Owners, spec: Json) -> bool:
    """Say whether the hub that a network asks for, or the spoke of a cluster, is still there to join."""
    if "hub" in spec:
        return any(hub.name == spec["hub"] for hub in owners.hubs)
    return spec["spoke"] in owners.networks.values()


async def _name_requester(dependencies: Dependencies, key: DocumentKey, requester: str) -> None:
    """Name who asked, where a sweep found the network before its event came."""

    def change(document: Json) -> Json | None:
        metadata = document["metadata"]
        if not requester or metadata.get("requestedBy") or metadata.get("origin") != "event":
            return None
        return document | {"metadata": metadata | {"requestedBy": requester}}

    with contextlib.suppress(NotFound):
        await dependencies.store.documents.update(key, change)
