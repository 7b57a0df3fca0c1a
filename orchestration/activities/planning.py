"""Observe and plan one document: read what the plan needs, all at once, and store the plan."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from orchestration import observing
from orchestration.activities import publishing
from orchestration.activities.steps import steps_of
from shared.model.envelope import DocumentKey

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

log = logging.getLogger(__name__)

GONE: Json = {"planId": "", "generation": 0, "steps": [], "waits": [], "verify": False, "deleting": False}


async def plan_document(dependencies: Dependencies, client: DurableClient, job: Json) -> Json:
    """Store the plan that the document needs now; return what the orchestrator has to know of it.

    Output: `{"planId", "generation", "seen", "steps": [...], "waits": [...], "verify", "deleting"}`.
    """
    key = DocumentKey.parse(job["document"])
    seen = await dependencies.store.wakes.begin(key)
    picture = await observing.look(dependencies, key)
    if picture is None:
        return {**GONE, "seen": seen}
    plan = picture.plan
    plan_id = await dependencies.store.plans.save(key, plan.to_json())
    if not job["inFlight"]:
        # With steps in flight their own results are fresher than what was just read.
        await publishing.replace(dependencies, client, picture)
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
