"""Observe and plan one document: read what the plan needs, all at once, and store the plan."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from orchestration import observing
from orchestration.activities import publishing
from orchestration.activities.steps import steps_of
from shared.model import conditions
from shared.model.conditions import Condition, is_true, set_condition
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Denied, RetryLaterError, SpokewrightError
from shared.plan.steps import Wait

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.model.document import Document
    from shared.plan.steps import Plan

    Json = dict[str, Any]

log = logging.getLogger(__name__)

GONE: Json = {"planId": "", "generation": 0, "steps": [], "waits": [], "verify": False, "deleting": False}


async def plan_document(dependencies: Dependencies, client: DurableClient, job: Json) -> Json:
    """Store the plan that the document needs now; return what the orchestrator has to know of it.

    Output: `{"planId", "generation", "seen", "steps": [...], "waits": [...], "verify", "deleting"}`.
    """
    key = DocumentKey.parse(job["document"])
    seen = await dependencies.store.wakes.begin(key)
    try:
        picture = await observing.look(dependencies, key)
    except RetryLaterError:
        raise  # The orchestrator asks again.
    except SpokewrightError as error:
        reason = conditions.DENIED if isinstance(error, Denied) else conditions.INVALID
        wait = Wait(reason, f"{error.code}: {error.message}")
        return {**await _unplanned(dependencies, key, wait), "seen": seen}
    except Exception as error:
        # The edge: what nobody foresaw has to be seen in the document, not only in the log.
        log.exception("plan.broken document=%s", key)
        wait = Wait(conditions.INTERNAL_ERROR, f"{type(error).__name__} while planning; the app's log has the details")
        return {**await _unplanned(dependencies, key, wait), "seen": seen}
    if picture is None:
        return {**GONE, "seen": seen}
    plan = picture.plan
    plan_id = await dependencies.store.plans.save(key, plan.to_json())
    if not job["inFlight"]:
        # With steps in flight their own results are fresher than what was just read.
        await publishing.replace(dependencies, client, picture)
    if plan.steps:
        await _mark_reconciling(dependencies, picture.document, plan)
    log.info("plan.made document=%s steps=%d waits=%d hash=%s", key, len(plan.steps), len(plan.waits), plan.hash[:12])
    return {
        "planId": plan_id,
        "generation": plan.generation,
        "seen": seen,
        "steps": steps_of(plan),
        "waits": [wait.to_json() for wait in plan.waits],
        "verify": picture.verify and not plan.steps and not plan.waits,
        "deleting": picture.document.metadata.deletion_requested is not None,
    }


async def _unplanned(dependencies: Dependencies, key: DocumentKey, wait: Wait) -> Json:
    """Return an empty plan that says why there is none: a person has to do something first."""
    log.warning("plan.refused document=%s reason=%s", key, wait.reason)
    stored = await dependencies.store.documents.get(key)
    generation = stored.document["metadata"]["generation"] if stored else 0
    return {**GONE, "generation": generation, "waits": [wait.to_json()]}


async def _mark_reconciling(dependencies: Dependencies, document: Document, plan: Plan) -> None:
    """Say in the document that something is being changed, and by which plan."""
    if is_true(document.status.conditions, conditions.RECONCILING) and document.status.plan_hash == plan.hash:
        return
    message = f"{len(plan.steps)} steps to bring Azure to what the document asks"
    running = Condition(type=conditions.RECONCILING, status="True", reason=conditions.APPLYING, message=message)
    now = dependencies.clock()

    def change(stored: Json) -> Json:
        current = parse_document(stored)
        found = set_condition(current.status.conditions, running, now)
        status = current.status.model_copy(update={"conditions": found, "plan_hash": plan.hash})
        return to_json(current.model_copy(update={"status": status}))

    await dependencies.store.documents.update(document.key, change)
