"""Whether a network that asks to join a hub may: the hub's rules, what stands in the way, what was approved.

Pure: the time is an argument. A decision holds for one hub and one address space; other ones are decided anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Literal

from shared.model import conditions as c
from shared.model import naming
from shared.model.approval import Approval
from shared.model.conditions import Condition
from shared.model.resource_id import ResourceId
from shared.plan import permissions
from shared.plan.documents import adopted_network
from shared.plan.observed import Read
from shared.plan.obstacles import Surroundings, obstacles
from shared.plan.steps import lookup

if TYPE_CHECKING:
    from shared.model.hub import Hub, OnboardingRule
    from shared.model.spoke import Spoke
    from shared.plan.observed import Observed
    from shared.plan.steps import Json, Plan

    Action = Literal["auto", "approve", "deny"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided about: the network as it is, and the plan that attaching it would be."""

    spoke: Spoke
    hub: Hub
    observed: Observed
    plan: Plan
    around: Surroundings


def asks(spoke: Spoke) -> bool:
    """Say whether the document stands for a network that asks to join, and not for somebody's request."""
    return spoke.metadata.origin == "event" and spoke.spec.adopted and not spoke.deleting


def admitted(spoke: Spoke, space: list[str]) -> bool:
    """Say whether it was decided that the network may join its hub with this address space."""
    approval = spoke.status.approval
    return approval is not None and approval.state == "approved" and is_about(approval, spoke, space)


def _is_settled(spoke: Spoke, space: list[str]) -> bool:
    """Say whether nothing is left to decide: what a person approved, and was not begun, still hangs on the plan."""
    approval = spoke.status.approval
    return approval is not None and admitted(spoke, space) and (approval.by_rule or approval.begun)


def is_about(approval: Approval, spoke: Spoke, space: list[str]) -> bool:
    """Say whether a decision is about the hub that is asked for, and the address space that there is."""
    return approval.hub == spoke.spec.hub and {str(block) for block in approval.address_space} == set(space)


def reads(spoke: Spoke, hub: Hub, observed: Observed) -> Iterator[Read]:
    """Yield what has to be asked for a decision that is still to be made: the hub's network, what we may do."""
    if asks(spoke) and not _is_settled(spoke, adopted_network.space(spoke, hub, observed)):
        yield Read("", str(naming.hub_network(hub)))
        yield Read(permissions.TYPE, str(naming.spoke_network(spoke, hub)))


def requested_hub(network: Json, tag: str) -> str | None:
    """Return the hub that a network's tag names; Azure compares tags' names without case."""
    tags = network.get("tags") or {}
    return next((str(value).strip() for name, value in tags.items() if name.lower() == tag.lower()), None)


def choose(hub: Hub, network: Json, requester: str | None) -> tuple[int | None, Action]:
    """Return the first rule that fits the network, by position, and what it says; what no rule fits is denied."""
    for position, rule in enumerate(hub.spec.onboarding.rules):
        if _fits(rule, network, requester):
            return position, rule.action
    return None, "deny"


def _fits(rule: OnboardingRule, network: Json, requester: str | None) -> bool:
    place = ResourceId.parse(network["id"])
    tags = {name.lower(): value for name, value in (network.get("tags") or {}).items()}
    prefixes = lookup(network, "properties.addressSpace.addressPrefixes") or ()
    within = rule.address_within
    return all(
        (
            not rule.subscriptions or place.subscription.lower() in map(str.lower, rule.subscriptions),
            not rule.resource_groups or place.group.lower() in map(str.lower, rule.resource_groups),
            all(tags.get(name.lower()) == value for name, value in rule.tags.items()),
            within is None or (bool(prefixes) and all(_lies_in(block, within) for block in prefixes)),
            not rule.locations or _region(network.get("location")) in map(_region, rule.locations),
            not rule.requesters or _may_be_of(rule, requester),
        )
    )


def _may_be_of(rule: OnboardingRule, requester: str | None) -> bool:
    """Say whether a rule speaks of whoever asks; who is not known may be whom a rule denies, and nobody it lets in."""
    if not requester:
        return rule.action == "deny"
    return requester.lower() in map(str.lower, rule.requesters)


def _lies_in(block: str, within: IPv4Network) -> bool:
    return ":" not in block and IPv4Network(block).subnet_of(within)


def _region(name: object) -> str:
    return str(name).replace(" ", "").lower()


def decide(case: Case, now: datetime) -> Approval:
    """Return what holds for the network now: what was decided before as long as it is about the same, or anew."""
    before = case.spoke.status.approval
    if before is None or not is_about(before, case.spoke, _space(case)):
        return _fresh(case, now)
    match before.state:
        case "approved":
            return _approved(case, before, now)
        case "asked" | "refused":
            return _again(case, before, now)
        case _:
            return before  # Rejected and expired stand until somebody asks anew.


def _space(case: Case) -> list[str]:
    return adopted_network.space(case.spoke, case.hub, case.observed)


def _approved(case: Case, before: Approval, now: datetime) -> Approval:
    """Keep an approval; a person's is for the plan that they saw, and for a time."""
    if before.by_rule or before.begun:
        return before
    if before.expires_at is not None and now >= before.expires_at:
        return before.model_copy(update={"state": "expired"})
    if case.plan.hash != before.hash:
        return _fresh(case, now, "the plan changed after it was approved")
    # A plan without steps, where only the hub has to learn of more addresses, has no first step that could begin it.
    return before if case.plan.steps else before.model_copy(update={"begun": True})


def _again(case: Case, before: Approval, now: datetime) -> Approval:
    """Decide once more what is open: rules, obstacles and the plan may be others now."""
    fresh = _fresh(case, now)
    if before.state != "asked" or fresh.state != "asked":
        return fresh
    if before.expires_at is not None and now >= before.expires_at:
        return before.model_copy(update={"state": "expired"})
    return fresh.model_copy(update={name: getattr(before, name) for name in ("asked_at", "expires_at", "reason")})


def _fresh(case: Case, now: datetime, reason: str = "") -> Approval:
    network = case.observed.get(naming.spoke_network(case.spoke, case.hub)) or {}
    rule, action = choose(case.hub, network, case.spoke.metadata.requested_by)
    found = list(obstacles(case.spoke, case.hub, case.around, case.observed))
    about = Approval.model_validate(
        {"state": "refused", "hub": case.hub.name, "addressSpace": _space(case), "rule": rule, "reason": reason}
    )
    if action == "deny":
        return about.model_copy(update={"reason": _denial(case.hub, rule)})
    if found:
        return about.model_copy(update={"reason": "; ".join(found)[: c.SHOWN]})
    if action == "auto":
        return about.model_copy(update={"state": "approved", "by_rule": True, "decided_at": now})
    expires = now + timedelta(hours=case.hub.spec.onboarding.approval_hours)
    asked = {"state": "asked", "hash": case.plan.hash, "asked_at": now, "expires_at": expires}
    return about.model_copy(update=asked)


def _denial(hub: Hub, rule: int | None) -> str:
    if rule is None:
        return f"no onboarding rule of hub {hub.name} fits it"
    return f"onboarding rule {rule + 1} of hub {hub.name} denies it"


def condition(spoke: Spoke, approval: Approval) -> Condition:
    """Return the condition `Approved` in plain words: what was decided, by whom, and what to do next."""
    status, reason = CONDITIONS[approval.state]
    if approval.by_rule:
        reason = c.APPROVED_BY_RULE
    message = _said(spoke, approval)[: c.SHOWN]
    return Condition.model_validate({"type": c.APPROVED, "status": status, "reason": reason, "message": message})


CONDITIONS = {
    "asked": ("False", c.APPROVAL_NEEDED),
    "approved": ("True", c.PLAN_APPROVED),
    "rejected": ("False", c.REJECTED),
    "expired": ("False", c.APPROVAL_EXPIRED),
    "refused": ("False", c.REFUSED),
}
"""Status and reason of the condition by the state of the approval."""


def _said(spoke: Spoke, approval: Approval) -> str:
    who = f", asked for by {spoke.metadata.requested_by}" if spoke.metadata.requested_by else ""
    because = f": {approval.reason}" if approval.reason else ""
    match approval.state:
        case "asked":
            until = approval.expires_at.isoformat(timespec="seconds") if approval.expires_at else "revoked"
            what = f"rule {(approval.rule or 0) + 1} of hub {approval.hub} asks for an approval of plan {approval.hash}"
            return f"{what}{who}{because}; until {until}: POST .../approve with this hash"
        case "approved" if approval.by_rule:
            return f"rule {(approval.rule or 0) + 1} of hub {approval.hub} approves it{who}"
        case "approved":
            return f"plan {approval.hash} was approved by {approval.decided_by}{because}"
        case "rejected":
            return f"rejected by {approval.decided_by}{because}; POST .../retry asks anew"
        case "expired":
            return f"nobody approved plan {approval.hash} and used that in time; POST .../retry asks anew"
        case _:
            return f"it may not join hub {approval.hub}{because}"
