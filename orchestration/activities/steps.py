"""Begin, poll and finish one step of a stored plan.

The job that crosses the durable boundary is small: the step without its body. Only its beginning reads the plan.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.activities import publishing
from orchestration.activities.answers import failed, in_progress, succeeded
from shared.model.envelope import DocumentKey
from shared.model.errors import Changed, NotFound, SpokewrightError
from shared.plan.merge import content
from shared.plan.observed import settled
from shared.plan.steps import DEPENDENTS, Action, Plan, fill, lookup, references, step_id

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.arm.door import Operation
    from shared.plan.steps import Step

    Json = dict[str, Any]

log = logging.getLogger(__name__)


KEPT_BACK = ("body", "etag", "base", "changes")
"""Members of a step that stay in the stored plan."""

BATCH = 40
"""Steps of one plan that the orchestrator gets at once: histories carry them, and are replayed."""


def steps_of(plan: Plan) -> list[Json]:
    """Return a plan's steps as jobs carry them: no bodies, and whether anybody will read the result (`read`)."""
    referred = {found.resource_id for step in plan.steps for found in references(step.body)}
    jobs = []
    for step in plan.steps:
        job = {name: value for name, value in step.to_json().items() if name not in KEPT_BACK}
        read = DEPENDENTS in step.tells or step.resource_id in referred
        jobs.append({"dependsOn": [], "tells": [], **job, "read": read})
    return jobs


def batch_of(plan: Plan, look: Json, limit: int = BATCH) -> Json:
    """Return what the orchestrator can soon use of a plan: `{"steps": [...], "more": bool}`.

    At most `limit` steps, in the plan's order, each with all it depends on. Left out are the steps that run already
    (`look["inFlight"]`), those that failed in this run and generation (`look["failed"]`, `look["generation"]`), and
    what depends on these.
    """
    in_flight = set(look["inFlight"])
    lost = set(look.get("failed", ())) if look.get("generation") == plan.generation else set()
    listed = {step.id for step in plan.steps} - in_flight
    chosen: set[str] = set()
    jobs: list[Json] = []
    more = False
    for job in steps_of(plan):
        if job["id"] in in_flight:
            continue
        if job["id"] in lost or lost & set(job["dependsOn"]):
            lost.add(job["id"])
        elif len(jobs) < limit and listed & set(job["dependsOn"]) <= chosen:
            jobs.append(job)
            chosen.add(job["id"])
        else:
            more = True
    return {"steps": jobs, "more": more}


async def begin_step(dependencies: Dependencies, job: Json) -> Json:
    """Send the step's one write and return its operation; a refusal is an answer, not an exception."""
    await _remember(dependencies, job, {"result": "Running"})
    await begin_approved(dependencies, job)
    try:
        if job["step"]["action"] == Action.WAIT:
            return await _look(dependencies, job["step"]["resourceId"])
        operation = await _send(dependencies, job)
    except SpokewrightError as error:
        log.warning("step.refused document=%s step=%s code=%s", job["document"], job["step"]["id"], error.code)
        return failed(error)
    return await _answer(dependencies, job, operation)


async def begin_approved(dependencies: Dependencies, job: Json) -> None:
    """Write down that an approved plan was begun: until its first step another plan needs another approval."""
    key = DocumentKey.parse(job["document"])
    if key.kind != "Spoke":
        return

    def change(status: Json) -> Json | None:
        approval = status.get("approval") or {}
        if approval.get("state") != "approved" or approval.get("byRule") or approval.get("begun"):
            return None
        return status | {"approval": approval | {"begun": True}}

    with contextlib.suppress(NotFound):
        await dependencies.store.documents.update_status(key, change)


async def poll_step(dependencies: Dependencies, job: Json) -> Json:
    """Look once at the step's operation."""
    try:
        if job["step"]["action"] == Action.WAIT:
            return await _look(dependencies, job["step"]["resourceId"])
        operation = await dependencies.arm.poll(operation_of(job["operation"]))
    except SpokewrightError as error:
        return failed(error)
    return await _answer(dependencies, job, operation)


async def finish_step(dependencies: Dependencies, client: DurableClient, job: Json) -> Json:
    """Write the step into the document's history, publish what others wait for, and wake them."""
    key, step, answer = DocumentKey.parse(job["document"]), job["step"], job["answer"]
    told = {name: answer[name] for name in ("attempts", "polls", "error") if name in answer}
    await _remember(dependencies, job, {"result": answer["state"], "ended": job["ended"], **told})
    if answer["state"] == "Succeeded" and step["tells"]:
        body = await dependencies.store.results.get(job["run"], step["id"])
        await publishing.publish(dependencies, client, key, step["tells"], body)
    return {name: answer[name] for name in ("state", "error") if name in answer}


async def _remember(dependencies: Dependencies, job: Json, outcome: Json) -> None:
    """Write the step's place in the document's history: once when it begins, over it when it ends."""
    step = job["step"]
    entry = {"step": step["id"], "run": job["run"], "started": job["started"]}
    entry |= {name: step[name] for name in ("resourceId", "action", "reason", "dependsOn", "lock") if name in step}
    await dependencies.store.history.append(
        DocumentKey.parse(job["document"]),
        entry | outcome,
        at=datetime.fromisoformat(job["started"]),
        entry_id=f"{job['run']}.{step['id']}",
    )


async def _send(dependencies: Dependencies, job: Json) -> Operation:
    resource, action = job["step"]["resourceId"], job["step"]["action"]
    if action == Action.DELETE:
        return await dependencies.arm.begin_delete(resource)
    plan = Plan.from_json(await dependencies.store.plans.get(job["planId"]) or {})
    step = next(step for step in plan.steps if step.id == job["step"]["id"])
    etag = await _present_version(dependencies, step) if step.base else step.etag
    return await dependencies.arm.begin_put(resource, await _filled(dependencies, job, step.body), etag=etag)


async def _present_version(dependencies: Dependencies, step: Step) -> str:
    """Return the version to write over: our own writes beside it gave it a new one, and nobody changed it."""
    body = await dependencies.arm.get(step.resource_id)
    if body is None or content(body) != step.base:
        raise Changed("somebody changed it while the plan was carried out", resource_id=step.resource_id)
    return str(body["etag"])


async def _filled(dependencies: Dependencies, job: Json, body: Any) -> Any:
    """Return a body with references filled in: from this run's results, else from Azure."""
    bodies: Json = {}
    for found in references(body):
        if found.resource_id not in bodies:
            result = await dependencies.store.results.get(job["run"], step_id(found.resource_id))
            bodies[found.resource_id] = result or await dependencies.arm.get(found.resource_id)
    return fill(body, {target: value for target, value in bodies.items() if value is not None})


async def _answer(dependencies: Dependencies, job: Json, operation: Operation) -> Json:
    if operation.state != "Succeeded":
        return in_progress(operation)
    step = job["step"]
    if step["read"] and step["action"] != Action.DELETE:
        body = await _final_body(dependencies, step["resourceId"], operation)
        if body is not None:
            await dependencies.store.results.put(job["run"], step["id"], body)
    return succeeded()


async def _final_body(dependencies: Dependencies, resource_id: str, operation: Operation) -> Json | None:
    """Return the resource as it is now; the PUT's own answer where it was final at once."""
    if operation.url is None and lookup(operation.result, "id") is not None and settled(operation.result):
        return dict(operation.result)
    return await dependencies.arm.get(resource_id)


async def _look(dependencies: Dependencies, resource_id: str) -> Json:
    """Read a resource on which somebody's operation runs, until it ends."""
    body = await dependencies.arm.get(resource_id)
    if body is None or settled(body):
        return succeeded()  # However it ended: the next plan sees what came of it.
    return {"state": "InProgress", "operation": {}, "retryAfter": None}


def operation_of(value: Json) -> Operation:
    """Read an operation's handle back."""
    from shared.arm.door import Operation  # noqa: PLC0415 - loads the management clients' core

    return Operation.from_json(value)
