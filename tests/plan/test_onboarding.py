"""Whether a network may join: the hub's rules as a table, and every step that an approval can take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.model import conditions as c
from shared.model.approval import Approval
from shared.plan import onboarding, permissions
from shared.plan.observed import Observed, Read
from shared.plan.obstacles import Surroundings
from shared.plan.onboarding import Case, choose, condition, decide, requested_hub
from shared.plan.steps import Action, Plan, Step, Wait
from tests.model.samples import NETWORK, SUBSCRIPTION, hub, spoke
from tests.plan.newcomers import HUB_NETWORK, WHO, asking, hub_network, newcomer, seen, side, with_peerings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=72)
STEP = Step("routes.a.1", NETWORK, Action.CREATE, "it is missing")
PLAN, OTHER_PLAN = Plan("Spoke/old", 1, (STEP,)), Plan("Spoke/old", 1, (STEP,), (Wait("x", "y"),))
NOTHING = Plan("Spoke/old", 1)


def ruled(*rules: dict[str, Any]) -> Any:
    """Return a hub with onboarding rules."""
    return hub(onboarding__rules=list(rules))


# What rules fit

FITS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "an empty rule fits everything": ({}, asking(), True),
    "the subscription": ({"subscriptions": [SUBSCRIPTION]}, asking(), True),
    "the subscription in capitals": (
        {"subscriptions": ["ABCDEF00-0000-0000-0000-000000000000"]},
        asking(id=NETWORK.replace(SUBSCRIPTION, "abcdef00-0000-0000-0000-000000000000")),
        True,
    ),
    "another subscription": ({"subscriptions": ["1" + SUBSCRIPTION[1:]]}, asking(), False),
    "the group in another case": ({"resourceGroups": ["RG-Old"]}, asking(), True),
    "a group of a list": ({"resourceGroups": ["rg-new", "rg-old"]}, asking(), True),
    "another group": ({"resourceGroups": ["rg-older"]}, asking(), False),
    "a tag, its name in another case": ({"tags": {"Env": "prod"}}, asking(tags={"env": "prod"}), True),
    "a tag with another value": ({"tags": {"env": "prod"}}, asking(tags={"env": "Prod"}), False),
    "a tag of two is missing": ({"tags": {"env": "prod", "team": "a"}}, asking(tags={"env": "prod"}), False),
    "a tag where there are none": ({"tags": {"env": "prod"}}, asking(tags=None), False),
    "within the range": ({"addressWithin": "10.80.0.0/16"}, asking("10.80.0.0/22", "10.80.8.0/24"), True),
    "one prefix outside": ({"addressWithin": "10.80.0.0/16"}, asking("10.80.0.0/22", "10.81.0.0/24"), False),
    "larger than the range": ({"addressWithin": "10.80.0.0/24"}, asking("10.80.0.0/22"), False),
    "a dual-stack network": ({"addressWithin": "10.80.0.0/16"}, asking("10.80.0.0/22", "fd00::/48"), False),
    "no address at all": ({"addressWithin": "10.80.0.0/16"}, asking(properties={}), False),
    "the region's long name": ({"locations": ["westeurope"]}, asking(location="West Europe"), True),
    "another region": ({"locations": ["northeurope"]}, asking(), False),
    "the requester in capitals": ({"requesters": [WHO.upper()]}, asking(), True),
    "another requester": ({"requesters": ["somebody"]}, asking(), False),
    "all members": (
        {"subscriptions": [SUBSCRIPTION], "addressWithin": "10.0.0.0/8", "locations": ["westeurope"]},
        asking(),
        True,
    ),
    "all members but one": (
        {"subscriptions": [SUBSCRIPTION], "addressWithin": "10.0.0.0/8", "locations": ["eastus"]},
        asking(),
        False,
    ),
}


@pytest.mark.parametrize(("rule", "network", "fits"), FITS.values(), ids=FITS)
def test_a_rule_fits_where_all_that_it_gives_does(rule: dict[str, Any], network: dict[str, Any], *, fits: bool) -> None:
    """Every member that a rule gives counts, in Azure's varying spelling; what it leaves out does not."""
    expected = (0, "auto") if fits else (None, "deny")
    assert choose(ruled({**rule, "action": "auto"}), network, WHO) == expected


def test_nobody_known_is_no_requester() -> None:
    """A rule for certain requesters does not fit a network that a sweep found."""
    assert choose(ruled({"requesters": [WHO], "action": "auto"}), asking(), None) == (None, "deny")


def test_whoever_is_not_known_may_be_whom_a_rule_denies() -> None:
    """A denial of certain requesters holds for a network that a sweep found: nothing behind it lets that in."""
    rules = ({"requesters": [WHO], "action": "deny"}, {"action": "auto"})
    assert choose(ruled(*rules), asking(), None) == (0, "deny")
    assert choose(ruled(*rules), asking(), "somebody else") == (1, "auto")


def test_the_first_rule_that_fits_decides() -> None:
    """Rules stand in order: a denial before an approval counts, one after it does not."""
    never, deny, auto = (
        {"locations": ["eastus"], "action": "auto"},
        {"resourceGroups": ["rg-old"], "action": "deny"},
        {"action": "auto"},
    )
    assert choose(ruled(never, deny, auto), asking(), None) == (1, "deny")
    assert choose(ruled(never, auto, deny), asking(), None) == (1, "auto")
    assert choose(ruled(), asking(), WHO) == (None, "deny")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"spokewright-hub": "weu"}, "weu"),
        ({"Spokewright-HUB": " weu "}, "weu"),
        ({"spokewright-hub": ""}, ""),
        ({"other": "weu"}, None),
        (None, None),
    ],
    ids=["it", "another case", "empty", "another tag", "none"],
)
def test_the_tag_names_the_hub(tags: Any, expected: str | None) -> None:
    """Azure compares names of tags without case; the value is the hub's name."""
    assert requested_hub(asking(tags=tags), "spokewright-hub") == expected


# Decisions

ASK, AUTO, DENY = {"action": "approve"}, {"action": "auto"}, {"action": "deny"}


def approval(state: str, **members: Any) -> dict[str, Any]:
    """Return what a document remembers of a decision."""
    known = {"state": state, "hub": "weu", "addressSpace": ["10.80.0.0/22"], "rule": 0, "hash": PLAN.hash}
    return known | {"askedAt": NOW.isoformat(), "expiresAt": LATER.isoformat()} | members


def decided(
    rule: dict[str, Any],
    before: dict[str, Any] | None = None,
    *,
    plan: Plan = PLAN,
    now: datetime = NOW,
    network: dict[str, Any] | None = None,
) -> Approval:
    """Return what holds now for the network."""
    document = newcomer(status={"approval": before} if before else None)
    around = Surroundings((ruled(rule),), {})
    return decide(Case(document, ruled(rule), seen(hub_network(), network or asking()), plan, around), now)


MANAGED = with_peerings(asking(), side("/x/y", name="ANM_1"))

FRESH: dict[str, tuple[dict[str, Any], dict[str, Any] | None, tuple[str, bool, str | None, Any]]] = {
    "a rule approves": (AUTO, None, ("approved", True, None, None)),
    "a rule asks": (ASK, None, ("asked", False, PLAN.hash, LATER)),
    "a rule denies": (DENY, None, ("refused", False, None, None)),
    "an obstacle before an approval": (AUTO, MANAGED, ("refused", False, None, None)),
    "an obstacle before a question": (ASK, MANAGED, ("refused", False, None, None)),
}


@pytest.mark.parametrize(("rule", "network", "expected"), FRESH.values(), ids=FRESH)
def test_a_first_look_decides(rule: Any, network: Any, expected: tuple[Any, ...]) -> None:
    """What the rule says holds unless something stands in the way, and is about this hub and address space."""
    found = decided(rule, network=network)
    assert (found.state, found.by_rule, found.hash, found.expires_at) == expected
    assert (found.hub, [str(block) for block in found.address_space], found.rule) == ("weu", ["10.80.0.0/22"], 0)
    assert (found.decided_by, found.begun) == (None, False)


def test_an_approval_s_time_is_the_hub_s() -> None:
    """The deadline follows the hub's hours, and is counted from the question."""
    short = hub(onboarding__rules=[ASK], onboarding__approvalHours=1)
    case = Case(newcomer(), short, seen(asking()), PLAN, Surroundings((), {}))
    found = decide(case, NOW)
    assert (found.asked_at, found.expires_at) == (NOW, NOW + timedelta(hours=1))


BEFORE = NOW - timedelta(hours=1)
SOONER = LATER - timedelta(hours=1)
"""The deadline of what was asked an hour ago."""
ASKED = approval("asked", askedAt=BEFORE.isoformat(), expiresAt=SOONER.isoformat(), reason="said before")
APPROVED = approval("approved", decidedBy="ann", decidedAt=NOW.isoformat())
OTHER_HUB = {"hub": "neu"}
OTHER_SPACE = {"addressSpace": ["10.80.0.0/22", "10.90.0.0/24"]}

KEPT: dict[str, tuple[dict[str, Any], dict[str, Any], Plan, datetime]] = {
    "asked and nothing new": (ASK, ASKED, PLAN, NOW),
    "approved by the rule, another plan": (AUTO, approval("approved", byRule=True), OTHER_PLAN, NOW),
    "approved by the rule, which denies now": (DENY, approval("approved", byRule=True), PLAN, NOW),
    "approved, the plan that was seen": (ASK, APPROVED, PLAN, NOW),
    "begun, nothing is left": (ASK, APPROVED | {"begun": True}, NOTHING, NOW),
    "begun, another plan": (ASK, APPROVED | {"begun": True}, OTHER_PLAN, NOW),
    "begun, and its time is over": (ASK, APPROVED | {"begun": True}, PLAN, LATER),
    "rejected": (ASK, approval("rejected"), PLAN, LATER),
    "rejected, though the rule approves now": (AUTO, approval("rejected"), PLAN, NOW),
    "expired": (ASK, approval("expired"), OTHER_PLAN, LATER),
}


@pytest.mark.parametrize(("rule", "before", "plan", "now"), KEPT.values(), ids=KEPT)
def test_what_holds_stands_as_it_is(rule: Any, before: Any, plan: Plan, now: datetime) -> None:
    """Looking again changes nothing of what still holds, not even its times."""
    assert decided(rule, before, plan=plan, now=now) == Approval.model_validate(before)


MOVES: dict[str, tuple[dict[str, Any], dict[str, Any], Plan, datetime, dict[str, Any]]] = {
    "asked, another plan": (
        ASK,
        ASKED,
        OTHER_PLAN,
        NOW,
        {"state": "asked", "hash": OTHER_PLAN.hash, "asked_at": BEFORE, "expires_at": SOONER, "reason": "said before"},
    ),
    "asked, the last moment": (ASK, ASKED, PLAN, SOONER - timedelta(seconds=1), {"state": "asked"}),
    "asked, nobody answered": (ASK, ASKED, PLAN, SOONER, {"state": "expired", "hash": PLAN.hash}),
    "asked, the rule approves now": (AUTO, ASKED, PLAN, NOW, {"state": "approved", "by_rule": True, "decided_at": NOW}),
    "asked, the rule denies now": (DENY, ASKED, PLAN, NOW, {"state": "refused", "hash": None}),
    "approved, a plan without steps": (
        ASK,
        APPROVED | {"hash": NOTHING.hash},
        NOTHING,
        NOW,
        {"state": "approved", "begun": True},
    ),
    "approved, another plan": (
        ASK,
        APPROVED,
        OTHER_PLAN,
        NOW + timedelta(hours=1),
        {
            "state": "asked",
            "hash": OTHER_PLAN.hash,
            "decided_by": None,
            "begun": False,
            "expires_at": LATER + timedelta(hours=1),
            "reason": "the plan changed after it was approved",
        },
    ),
    "approved, and not used in time": (ASK, APPROVED, PLAN, LATER, {"state": "expired", "decided_by": "ann"}),
    "approved for another hub": (ASK, APPROVED | OTHER_HUB, PLAN, NOW, {"state": "asked", "decided_by": None}),
    "approved for another space": (ASK, APPROVED | OTHER_SPACE, PLAN, NOW, {"state": "asked", "hub": "weu"}),
    "begun with another space": (ASK, APPROVED | OTHER_SPACE | {"begun": True}, PLAN, NOW, {"state": "asked"}),
    "approved by the rule with another space": (
        ASK,
        approval("approved", byRule=True) | OTHER_SPACE,
        PLAN,
        NOW,
        {"state": "asked", "by_rule": False},
    ),
    "rejected with another space": (ASK, approval("rejected") | OTHER_SPACE, PLAN, NOW, {"state": "asked"}),
    "expired for another hub": (ASK, approval("expired") | OTHER_HUB, PLAN, NOW, {"state": "asked"}),
    "refused, and healed": (
        ASK,
        approval("refused", reason="it overlaps"),
        PLAN,
        NOW,
        {"state": "asked", "reason": ""},
    ),
    "refused, and approved by the rule": (AUTO, approval("refused"), PLAN, NOW, {"state": "approved"}),
}


@pytest.mark.parametrize(("rule", "before", "plan", "now", "expected"), MOVES.values(), ids=MOVES)
def test_what_no_longer_holds_is_decided_anew(
    rule: Any, before: Any, plan: Plan, now: datetime, expected: dict[str, Any]
) -> None:
    """Time, the plan, the address space, the hub and the rules each move a decision, and only as they should."""
    found = decided(rule, before, plan=plan, now=now)
    assert {name: getattr(found, name) for name in expected} == expected


def test_the_order_of_ranges_is_no_change() -> None:
    """Azure may list the ranges of an address space in any order: an approval is about all of them."""
    before = APPROVED | OTHER_SPACE | {"begun": True}
    assert decided(ASK, before, network=asking("10.90.0.0/24", "10.80.0.0/22")) == Approval.model_validate(before)


def test_an_obstacle_stops_a_question_but_not_what_was_begun() -> None:
    """What is asked is refused when something gets in the way; what is being carried out is not taken back."""
    assert decided(ASK, ASKED, network=MANAGED).state == "refused"
    assert decided(ASK, APPROVED | {"begun": True}, network=MANAGED).state == "approved"


# Who is decided about, and what has to be read for it


def test_only_what_appeared_by_itself_asks() -> None:
    """A person's request is its own approval; what leaves is not asked about any more."""
    assert onboarding.asks(newcomer())
    assert not onboarding.asks(spoke(addressSpace=[], virtualNetworkId=NETWORK))
    leaving = newcomer().metadata.model_copy(update={"deletion_requested": NOW})
    assert not onboarding.asks(newcomer().model_copy(update={"metadata": leaving}))


def test_what_is_settled_costs_no_reads_for_deciding() -> None:
    """The hub's network and our permissions are read while something may be decided, and then no more."""
    observed = Observed([asking()])
    first = list(onboarding.reads(newcomer(), hub(), observed))
    assert first == [Read("", str(HUB_NETWORK)), Read(permissions.TYPE, NETWORK)]
    assert list(onboarding.reads(newcomer(status={"approval": APPROVED}), hub(), observed)) == first
    known = newcomer(status={"approval": APPROVED | {"begun": True}})
    assert list(onboarding.reads(known, hub(), observed)) == []
    by_rule = newcomer(status={"approval": approval("approved", byRule=True)})
    assert list(onboarding.reads(by_rule, hub(), observed)) == []
    assert list(onboarding.reads(known, hub(), Observed([asking("10.81.0.0/22")]))) == first
    assert list(onboarding.reads(spoke(addressSpace=[], virtualNetworkId=NETWORK), hub(), observed)) == []


# Words

UNTIL = "until 2026-01-03T23:00:00+00:00: POST .../approve with this hash"

SAID: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "asked": (
        ASKED,
        "False",
        c.APPROVAL_NEEDED,
        f"rule 1 of hub weu asks for an approval of plan {PLAN.hash}, asked for by {WHO}: said before; {UNTIL}",
    ),
    "approved by a person": (
        APPROVED | {"reason": "fine"},
        "True",
        c.PLAN_APPROVED,
        f"plan {PLAN.hash} was approved by ann: fine",
    ),
    "approved by a rule": (
        approval("approved", byRule=True, rule=1),
        "True",
        c.APPROVED_BY_RULE,
        f"rule 2 of hub weu approves it, asked for by {WHO}",
    ),
    "rejected": (
        approval("rejected", decidedBy="bob", reason="no"),
        "False",
        c.REJECTED,
        "rejected by bob: no; POST .../retry asks anew",
    ),
    "expired": (
        approval("expired"),
        "False",
        c.APPROVAL_EXPIRED,
        f"nobody approved plan {PLAN.hash} and used that in time; POST .../retry asks anew",
    ),
    "refused": (
        approval("refused", reason="it is green"),
        "False",
        c.REFUSED,
        "it may not join hub weu: it is green",
    ),
}


@pytest.mark.parametrize(("before", "status", "reason", "message"), SAID.values(), ids=SAID)
def test_the_condition_says_what_was_decided(before: Any, status: str, reason: str, message: str) -> None:
    """The condition Approved says by whom, about which plan, and what to do next."""
    said = condition(newcomer(), Approval.model_validate(before))
    assert (said.type, said.status, said.reason, said.message) == (c.APPROVED, status, reason, message)
    assert reason in c.REASONS


def test_a_denial_says_which_rule() -> None:
    """Rules are counted from one for people; where none fits, that is said."""
    assert decided(DENY).reason == "onboarding rule 1 of hub weu denies it"
    assert decided({"locations": ["eastus"], "action": "auto"}).reason == "no onboarding rule of hub weu fits it"


def test_a_long_message_is_cut() -> None:
    """A condition is read by people: a thousand obstacles do not fill it."""
    sides = [side("/x/y", name=f"ANM_{number}") for number in range(100)]
    found = decided(AUTO, network=with_peerings(asking(), *sides))
    assert len(found.reason) == c.SHOWN
    assert len(condition(newcomer(), found).message) == c.SHOWN
