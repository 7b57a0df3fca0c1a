"""What a look says in the document itself: the decision about joining, drift, what is being changed. Pure.

Conditions of how a run ended are `shared/plan/verdict.py`'s; here is what is known while it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.model import conditions as c
from shared.model.conditions import Condition, find, is_true, set_condition
from shared.plan import onboarding, planner
from shared.plan.documents import adopted_network

if TYPE_CHECKING:
    from datetime import datetime

    from orchestration.observing import Picture
    from shared.model.document import Document
    from shared.plan.drift import Drift
    from shared.plan.steps import Plan

    Json = dict[str, Any]

HALF_MENDED = (c.PEER_LOST, c.PEER_NOT_READY)
"""Waits that are a part of mending: a peering has two sides, and another document makes the other one."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: the whole picture, what of its plan is drift, and the part that is carried out."""

    picture: Picture
    drift: Drift
    run: Plan


def noted(document: Document, look: Look, now: datetime) -> Document:
    """Return the document with what the look found; the same object where that says nothing new."""
    changes: Json = {}
    found = document.status.conditions
    for condition in _conditions(document, look):
        found = set_condition(found, condition, now)
    if found != document.status.conditions:
        changes["conditions"] = found
    if look.run.steps or look.picture.held is not None:
        changes["plan_hash"] = look.picture.plan.hash
    if _decides(document, look):
        changes["approval"] = look.picture.approval
    if _is_as_restored(document, look):
        changes["restored_at"] = None
    changes["previous_route_tables"] = _previous_tables(document, look)
    fresh = {name: value for name, value in changes.items() if getattr(document.status, name) != value}
    return document.model_copy(update={"status": document.status.model_copy(update=fresh)}) if fresh else document


def _conditions(document: Any, look: Look) -> list[Condition]:
    said = [*planner.findings(document, look.picture.related, look.picture.observed)]
    if look.picture.approval is not None and _decides(document, look):
        said.append(onboarding.condition(document, look.picture.approval))
    drifted = _drifted(document, look)
    if drifted is not None:
        said.append(drifted)
    if look.run.steps and not _is_told(document, look.picture.plan):
        message = f"{len(look.run.steps)} steps to bring Azure to what the document asks"
        said.append(Condition(type=c.RECONCILING, status="True", reason=c.APPLYING, message=message))
    return said


def _decides(document: Document, look: Look) -> bool:
    """Say whether what the look decided may be written: not over what a person decided since it began."""
    seen = look.picture.document.status.approval
    return look.picture.approval is not None and document.status.approval == seen


def _is_as_restored(document: Document, look: Look) -> bool:
    """Say whether Azure turned out to be as a document from a backup asks: then it is like any other."""
    plan = look.picture.plan
    return look.picture.complete and not (plan.steps or plan.waits or document.deleting)


def _is_told(document: Document, plan: Plan) -> bool:
    return is_true(document.status.conditions, c.RECONCILING) and document.status.plan_hash == plan.hash


def _drifted(document: Document, look: Look) -> Condition | None:
    """Return the condition `Drifted`; None where nothing can be said: never in sync yet, or on the way there."""
    words = look.drift.words[: c.SHOWN]
    if words and document.spec.drift == "ignore":
        return Condition(type=c.DRIFTED, status="False", reason=c.DRIFT_IGNORED, message=words)
    if words:
        return Condition(type=c.DRIFTED, status="True", reason=c.DIFFERENCES_FOUND, message=words)
    plan = look.picture.plan
    told = find(document.status.conditions, c.DRIFTED)
    if told is not None and told.status == "True" and any(wait.reason in HALF_MENDED for wait in plan.waits):
        return None
    if look.picture.complete and not plan.steps and (told is not None or not plan.waits):
        return Condition(type=c.DRIFTED, status="False", reason=c.IN_SYNC)
    return None


def _previous_tables(document: Any, look: Look) -> dict[str, str]:
    """Return the route tables to remember: those that ours takes the place of, unless an earlier one is known."""
    known: dict[str, str] = document.status.previous_route_tables
    hub = look.picture.related.hub
    if document.kind != "Spoke" or hub is None or not document.spec.adopted or document.deleting:
        return known
    observed = look.picture.observed
    replaced = adopted_network.replaced_tables(document, hub, observed) if look.run.steps else {}
    return {**replaced, **adopted_network.remembered(document, hub, observed)}


def paced(document: Document, seconds: float, now: datetime) -> Document:
    """Return the document with the condition that it is looked at less often than it is woken."""
    message = f"woken too often; the next look is in {seconds:.0f} s, and it goes on by itself"
    if is_true(document.status.conditions, c.PACED):
        return document
    told = Condition(type=c.PACED, status="True", reason=c.TOO_MANY_WAKES, message=message)
    found = set_condition(document.status.conditions, told, now)
    return document.model_copy(update={"status": document.status.model_copy(update={"conditions": found})})
