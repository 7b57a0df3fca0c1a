"""Observe and plan one document: read what the plan needs, all at once, and store the plan."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestration import departing, observing, telling, waking
from orchestration.activities import publishing, remarks
from orchestration.activities.remarks import Look
from orchestration.activities.steps import batch_of
from shared.model import conditions
from shared.model.conditions import is_true
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Denied, NotFound, RetryLaterError, SpokewrightError
from shared.plan import drift, planner
from shared.plan.documents import cluster as clusters
from shared.plan.drift import Baseline, Drift
from shared.plan.steps import Wait
from shared.telemetry import meter, names, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.dependencies import Dependencies
    from orchestration.observing import Picture
    from orchestration.waking import DurableClient
    from shared.model.approval import Approval
    from shared.model.document import Document

    Json = dict[str, Any]

log = logging.getLogger(__name__)

WATCH_SECONDS = 20
"""Between looks at a cluster that is being made and whose zone has to be linked as soon as AKS made it."""

SURROUNDINGS = (conditions.HUB_NOT_READY, conditions.SPOKE_NOT_READY)
"""Waits for what is around a cluster, and not for the cluster itself."""

GONE: Json = {"planId": "", "generation": 0, "steps": [], "waits": [], "verify": False, "deleting": False}


async def plan_document(dependencies: Dependencies, client: DurableClient, job: Json) -> Json:
    """Store the plan that the document needs now; return what the orchestrator has to know of it.

    Output: `{"planId", "generation", "seen", "steps": [...], "more", "waits": [...], "verify", "deleting"}`, or
    `{"pause": seconds}` where the document was looked at too often.
    """
    key = DocumentKey.parse(job["document"])
    begun = await dependencies.store.wakes.begin(key, dependencies.clock())
    trace.link(begun.others)
    if begun.pause:
        return await _paced(dependencies, key, begun.pause)
    try:
        picture = await observing.look(dependencies, key)
        if picture is not None and await departing.depart(dependencies, client, picture):
            picture = await observing.look(dependencies, key)
    except RetryLaterError:
        raise  # The orchestrator asks again.
    except SpokewrightError as error:
        reason = conditions.DENIED if isinstance(error, Denied) else conditions.INVALID
        wait = Wait(reason, f"{error.code}: {error.message}")
        return {**await _unplanned(dependencies, key, wait), "seen": begun.count}
    except Exception as error:
        # The edge: what nobody foresaw has to be seen in the document, not only in the log.
        log.exception("plan.broken document=%s", key)
        wait = Wait(conditions.INTERNAL_ERROR, f"{type(error).__name__} while planning; the app's log has the details")
        return {**await _unplanned(dependencies, key, wait), "seen": begun.count}
    if picture is None:
        return {**GONE, "seen": begun.count}
    return {**await _planned(dependencies, client, picture, job), "seen": begun.count}


async def _planned(dependencies: Dependencies, client: DurableClient, picture: Picture, job: Json) -> Json:
    key, plan = picture.document.key, picture.plan
    look = await _looked(dependencies, picture)
    _count_drift(look)
    plan_id = await dependencies.store.plans.save(key, plan.to_json())
    if not await _note(dependencies, look):
        # A person decided otherwise since the look began; their decision woke the document.
        look = Look(picture, Drift(), replace(plan, steps=(), waits=()))
    elif not job["inFlight"] and picture.complete:
        # With steps in flight their own results are fresher than what was just read.
        if picture.held is None:
            await publishing.replace(dependencies, client, picture)
        await _remember(dependencies, look)
    run = look.run
    if not job["inFlight"]:
        # Its other side has to go first, and no event tells the document that has that one.
        lost = [DocumentKey.parse(wait.on) for wait in run.waits if wait.reason == conditions.PEER_LOST]
        await waking.wake_all(dependencies.store, client, lost)
    log.info("plan.made document=%s steps=%d waits=%d hash=%s", key, len(run.steps), len(run.waits), plan.hash[:12])
    return {
        "planId": plan_id,
        "generation": plan.generation,
        **batch_of(run, job),
        "waits": [wait.to_json() for wait in run.waits],
        "verify": picture.verify and not run.steps and _can_be_asked(picture, run.waits),
        "deleting": picture.document.metadata.deletion_requested is not None,
        **_watched(picture),
        # A hub's servers are asked though a step fails: whoever waits for the proof has nothing to do with it.
        **({"prove": True} if picture.verify and picture.document.kind == "Hub" else {}),
    }


def _count_drift(look: Look) -> None:
    """Count differences when they are found, not at each look at what was told already, or is of no interest."""
    document = look.picture.document
    if document.spec.drift != "ignore" and not is_true(document.status.conditions, conditions.DRIFTED):
        meter.record(names.DRIFT_DIFFERENCES, len(look.drift.steps), kind=document.kind)


def _can_be_asked(picture: Picture, waits: Sequence[Wait]) -> bool:
    """Say whether there is something to ask though the document waits.

    A hub's servers are what others wait for; of a cluster that stands the proof says what its surroundings lost.
    """
    document = picture.document
    if not waits or document.kind == "Hub":
        return True
    return "clusterId" in document.status.outputs and all(wait.reason in SURROUNDINGS for wait in waits)


def _watched(picture: Picture) -> Json:
    """Return in how many seconds to look again although steps run, where something appears that nobody tells of."""
    document, related = picture.document, picture.related
    if document.kind != "Cluster" or related.hub is None or related.spoke is None:
        return {}
    awaited = clusters.awaits_zone(document, related.spoke, related.hub, picture.observed)
    return {"watch": WATCH_SECONDS} if awaited else {}


async def _looked(dependencies: Dependencies, picture: Picture) -> Look:
    """Say which part of the plan is carried out: none while a decision is due, none of the drift where it is not."""
    plan, found = picture.plan, Drift(rest=picture.plan.steps)
    if picture.held is not None:
        return Look(picture, Drift(), replace(plan, steps=(), waits=(picture.held,)))
    document = picture.document
    if plan.steps and not document.deleting:
        stored = await dependencies.store.baselines.get(document.key)
        intents = drift.intents(planner.wanted(document, picture.related, picture.observed))
        found = drift.find(plan, intents, Baseline(**stored) if stored else None)
    run = plan if document.spec.drift == "repair" else replace(plan, steps=found.rest)
    return Look(picture, found, run)


async def _remember(dependencies: Dependencies, look: Look) -> None:
    """Keep how the document is while Azure matches it; of what drifted or is held, and left alone, the versions only.

    With those an event that tells nothing new costs one read, whatever became of the document.
    """
    picture = look.picture
    document = picture.document
    if look.run.steps or document.deleting:
        return
    store, key = dependencies.store, document.key
    wanted = planner.wanted(document, picture.related, picture.observed)
    now, kept = drift.baseline(wanted, picture.observed), drift.intents(wanted).keys()
    before = await store.baselines.get(key)
    known = before["intents"] if before else {}
    # What is wanted and not there has to wait: once it may be made, it still is what matched before.
    still = {target: intent for target, intent in known.items() if target in kept}
    left_alone = look.drift.steps or picture.held is not None
    intents = known if left_alone else {**still, **now.intents}
    value = {"intents": intents, "seen": dict(now.seen)}
    if value != before:
        await store.baselines.put(key, value)


async def _note(dependencies: Dependencies, look: Look) -> bool:
    """Say in the document what the look found, in one write, and tell the world; say whether its decision stands."""
    document, now = look.picture.document, dependencies.clock()
    if remarks.noted(document, look, now) is document:
        return True

    def change(stored: Json) -> Json:
        before = parse_document(stored)
        return to_json(telling.with_events(before, remarks.noted(before, look, now), now))

    written = await dependencies.store.documents.update(document.key, change)
    stands = _is_same(parse_document(written.document).status.approval, look.picture.approval)
    if stands:
        await _record_decision(dependencies, document, look.picture.approval)
    if (written.document["status"] or {}).get("untold"):
        await telling.tell(dependencies, document.key)
    return stands


def _is_same(written: Approval | None, decided: Approval | None) -> bool:
    """Say whether what stands in the document is what the look decided; it may have been begun meanwhile."""
    if written is None or decided is None:
        return decided is None
    return written.model_copy(update={"begun": decided.begun}) == decided


async def _record_decision(dependencies: Dependencies, document: Document, approval: Approval | None) -> None:
    """Write a decision that no person took into the audit."""
    before = document.status.approval
    if approval is None or (before is not None and (before.state, before.hash) == (approval.state, approval.hash)):
        return
    who = {"rule": approval.rule, "hub": approval.hub, "requestedBy": document.metadata.requested_by}
    facts = {"hash": approval.hash, "addressSpace": [str(block) for block in approval.address_space]}
    await dependencies.store.audit.record(document.key, approval.state, who, reason=approval.reason, **facts)


async def _paced(dependencies: Dependencies, key: DocumentKey, seconds: float) -> Json:
    """Say in the document that it has to wait because it was looked at too often; nothing is asked of Azure."""
    log.warning("plan.paced document=%s seconds=%.1f", key, seconds)
    now = dependencies.clock()
    with contextlib.suppress(NotFound):
        await dependencies.store.documents.update(
            key, lambda stored: to_json(remarks.paced(parse_document(stored), seconds, now))
        )
    return {"pause": seconds}


async def _unplanned(dependencies: Dependencies, key: DocumentKey, wait: Wait) -> Json:
    """Return an empty plan that says why there is none: a person has to do something first."""
    log.warning("plan.refused document=%s reason=%s", key, wait.reason)
    stored = await dependencies.store.documents.get(key)
    generation = stored.document["metadata"]["generation"] if stored else 0
    return {**GONE, "generation": generation, "waits": [wait.to_json()]}
