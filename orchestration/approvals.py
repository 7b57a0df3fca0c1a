"""Approves and rejects: a person's decision about the plan that they saw, named by its hash, written down for good.

The plan is made afresh for the decision. What was approved is carried out by the document's own reconciler, and only
while the plan is still that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from orchestration import observing, telling
from orchestration.access import trail
from shared.model.conditions import set_condition
from shared.model.document import parse_document, to_json
from shared.model.errors import Conflict, Forbidden, NotFound
from shared.model.redaction import redact
from shared.plan import onboarding

if TYPE_CHECKING:
    from datetime import datetime

    from orchestration.access.caller import Caller
    from orchestration.dependencies import Dependencies
    from orchestration.observing import Picture
    from shared.model.approval import Approval
    from shared.model.envelope import DocumentKey

    Json = dict[str, Any]
    Decision = Literal["approve", "reject"]


async def decide(
    dependencies: Dependencies, key: DocumentKey, decision: Decision, plan_hash: str, who: Caller, reason: str
) -> Json:
    """Record a decision; raise Conflict where nothing is asked, or the plan is another one now."""
    reason = redact(reason)
    picture = await observing.look(dependencies, key)
    if picture is None:
        raise NotFound(f"there is no document {key}")
    store = dependencies.store
    try:
        _check(picture, plan_hash, who)
    except (Conflict, Forbidden) as refused:
        about = {"hash": plan_hash, "code": refused.code, "reason": refused.message}
        await trail.record(store, key, f"{decision} refused", who, trail.HTTP, **about)
        raise
    written = await _write(dependencies, key, picture, decision, who, reason)
    generation = picture.document.metadata.generation
    await trail.record(store, key, decision, who, trail.HTTP, hash=plan_hash, reason=reason, generation=generation)
    await telling.tell(dependencies, key)
    return written


def _check(picture: Picture, plan_hash: str, who: Caller) -> None:
    """Judge whether there is something to decide, by these eyes, about this plan."""
    approval, key = picture.approval, picture.document.key
    if approval is None or approval.state in ("approved", "refused"):
        said = picture.held.message if picture.held else "its plan is carried out as it is"
        raise Conflict(f"{key} asks for no approval: {said}", code="NothingToApprove")
    if approval.state == "expired":
        message = f"the time to decide about {key} is over; POST .../retry to ask anew, then look at the plan again"
        raise Conflict(message, code="ApprovalExpired")
    if approval.state == "rejected":
        raise Conflict(f"{key} was rejected already; POST .../retry asks anew", code="AlreadyRejected")
    metadata = picture.document.metadata
    for asked_by in filter(None, (metadata.requested_by, metadata.changed_by)):
        if asked_by.lower() in (who.id.lower(), who.name.lower()):
            raise Forbidden(
                f"{asked_by} asked for {key} and cannot decide about it; somebody else has to", code="OwnRequest"
            )
    if plan_hash != picture.plan.hash:
        message = f"the plan of {key} is another one now: {picture.plan.hash}; look at it again (GET .../plan)"
        raise Conflict(message, code="PlanChanged")


async def _write(
    dependencies: Dependencies, key: DocumentKey, picture: Picture, decision: Decision, who: Caller, reason: str
) -> Json:
    now, seen = dependencies.clock(), picture.document.status.approval
    approval = _decided(picture, decision, who, reason, now)

    def change(stored: Json) -> Json:
        before: Any = parse_document(stored)
        if before.status.approval == approval:
            return stored  # Our own write, whose answer got lost.
        if before.status.approval != seen and not _asks_the_same(before.status.approval, picture.plan.hash):
            raise Conflict(f"somebody decided about {key} this moment: look at it again", code="PlanChanged")
        found = set_condition(before.status.conditions, onboarding.condition(before, approval), now)
        status = before.status.model_copy(update={"approval": approval, "conditions": found, "restored_at": None})
        return to_json(telling.with_events(before, before.model_copy(update={"status": status}), now))

    return (await dependencies.store.documents.update(key, change)).document


def _asks_the_same(stored: Approval | None, plan_hash: str) -> bool:
    """Say whether what another look wrote meanwhile is still the question that is answered."""
    return stored is not None and stored.state == "asked" and stored.hash == plan_hash


def _decided(picture: Picture, decision: Decision, who: Caller, reason: str, now: datetime) -> Approval:
    if picture.approval is None:
        raise Conflict("there is nothing to decide", code="NothingToApprove")
    decided = {"decided_by": who.name or who.id, "decided_at": now, "reason": reason, "hash": picture.plan.hash}
    state = "approved" if decision == "approve" else "rejected"
    return picture.approval.model_copy(update={"state": state, **decided})
