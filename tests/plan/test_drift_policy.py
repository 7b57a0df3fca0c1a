"""Drift told from what was asked for: what of a plan is somebody else's doing, and what can go on without it."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from shared.model.resource_id import ResourceId
from shared.plan import drift, planner
from shared.plan.desired import Desired
from shared.plan.drift import Baseline, Drift, find
from shared.plan.observed import Observed
from shared.plan.steps import Action, Plan, Step
from tests.model.samples import cluster, hub, spoke
from tests.plan.documents import CLUSTER, HUB, LANDSCAPES, RULES, SPOKE, landscape
from tests.plan.fleet import Fleet

Json = dict[str, Any]

# The split


def step(name: str, *needs: str, action: Action = Action.UPDATE) -> Step:
    """Return a step on a resource of this name."""
    return Step(name, f"/R/{name.upper()}", action, f"{name} differs", depends_on=needs)


def split(*steps: Step, known: Json, wanted: Json) -> tuple[str, str]:
    """Return the ids of the steps that are drift, and of those that can run without them."""
    baseline = Baseline({f"/r/{name}": value for name, value in known.items()}, {})
    found = find(Plan("Hub/weu", 1, steps), {f"/r/{name}": value for name, value in wanted.items()}, baseline)
    return " ".join(one.id for one in found.steps), " ".join(one.id for one in found.rest)


SPLITS: dict[str, tuple[tuple[Step, ...], Json, Json, tuple[str, str]]] = {
    "wanted as before": ((step("a"),), {"a": "1"}, {"a": "1"}, ("a", "")),
    "wanted otherwise now": ((step("a"),), {"a": "1"}, {"a": "2"}, ("", "a")),
    "wanted for the first time": ((step("a"),), {"b": "1"}, {"a": "1"}, ("", "a")),
    "no longer wanted": ((step("a", action=Action.DELETE),), {"a": "1"}, {}, ("", "a")),
    "deleted because it is broken": ((step("a", action=Action.DELETE),), {"a": "1"}, {"a": "1"}, ("a", "")),
    "made again": ((step("a", action=Action.CREATE),), {"a": "1"}, {"a": "1"}, ("a", "")),
    "busy is nobody's change": ((step("a", action=Action.WAIT),), {"a": "1"}, {"a": "1"}, ("", "a")),
    "both at once": ((step("a"), step("b")), {"a": "1", "b": "1"}, {"a": "1", "b": "2"}, ("a", "b")),
    "what needs the drifted is held": ((step("a"), step("b", "a")), {"a": "1"}, {"a": "1", "b": "1"}, ("a", "")),
    "held over two": (
        (step("a"), step("b", "a"), step("c", "b"), step("d")),
        {"a": "1"},
        {"a": "1", "b": "1", "c": "1", "d": "1"},
        ("a", "d"),
    ),
    "what the drifted needs goes on": ((step("a"), step("b", "a")), {"b": "1"}, {"a": "1", "b": "1"}, ("b", "a")),
}


@pytest.mark.parametrize(("steps", "known", "wanted", "expected"), SPLITS.values(), ids=SPLITS)
def test_a_plan_is_split(steps: tuple[Step, ...], known: Json, wanted: Json, expected: tuple[str, str]) -> None:
    """Drift is what is wanted as it was and yet has a step; what needs that is held, and is not called drift."""
    assert split(*steps, known=known, wanted=wanted) == expected


def test_without_a_baseline_nothing_is_drift() -> None:
    """What never matched cannot have drifted: all of it can run."""
    plan = Plan("Hub/weu", 1, (step("a"), step("b", "a")))
    assert find(plan, {"/r/a": "1"}, None) == Drift((), plan.steps)


def test_the_words_are_the_reasons() -> None:
    """Every difference is said, in the order of the steps."""
    assert Drift((step("b"), step("a"))).words == "b differs; a differs"
    assert Drift().words == ""


# Baselines

TABLE = ResourceId.parse("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/rt")


def test_a_baseline_is_of_what_is_there() -> None:
    """What is wanted and missing has not matched yet; a child's version is its parent's."""
    route = TABLE.child("routes", "out")
    observed = Observed([{"id": str(TABLE).upper(), "etag": "1", "properties": {"routes": []}}])
    assert drift.baseline([Desired(route, {})], observed) == Baseline({}, {})
    found = drift.baseline([Desired(TABLE, {}), Desired(route, {})], observed)
    assert (list(found.intents), list(found.seen)) == ([TABLE.key], [TABLE.key])
    there = Observed(
        [{"id": str(TABLE), "etag": "1", "properties": {"routes": [{"id": str(route), "properties": {}}]}}]
    )
    found = drift.baseline([Desired(route, {})], there)
    assert (list(found.intents), list(found.seen)) == ([route.key], [TABLE.key])


@pytest.mark.parametrize(
    "other",
    [Desired(TABLE, {"a": 2}), Desired(TABLE, {"a": 1}, adopted=True), Desired(TABLE, {"a": 1}, retired=True)],
    ids=["body", "adopted", "retired"],
)
def test_an_intent_tells_bodies_apart(other: Desired) -> None:
    """Another body is another intent, and so is giving it back; who is told of it is not."""
    (one,) = drift.intents([Desired(TABLE, {"a": 1})]).values()
    assert list(drift.intents([other]).values()) != [one]
    assert list(drift.intents([Desired(TABLE, {"a": 1}, tells=("*",))]).values()) == [one]


VERSIONS: dict[str, tuple[Json, Json, bool]] = {
    "the same ETag": ({"etag": "1", "a": 1}, {"etag": "1", "a": 2}, True),
    "another ETag": ({"etag": "1"}, {"etag": "2"}, False),
    "a cluster's ETag": ({"eTag": "1"}, {"eTag": "2"}, False),
    "without ETag, the same": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    "without ETag, another body": ({"a": 1}, {"a": 2}, False),
    "a link more in a zone": (
        {"etag": "1", "properties": {"numberOfVirtualNetworkLinks": 1}},
        {"etag": "1", "properties": {"numberOfVirtualNetworkLinks": 2}},
        False,
    ),
    "a record more in a zone": (
        {"etag": "1", "properties": {"numberOfRecordSets": 1}},
        {"etag": "1", "properties": {"numberOfRecordSets": 2}},
        False,
    ),
}


@pytest.mark.parametrize(("one", "other", "same"), VERSIONS.values(), ids=VERSIONS)
def test_a_version_changes_with_the_resource_and_what_is_in_it(one: Json, other: Json, *, same: bool) -> None:
    """Two versions are equal only where nothing changed that an event would tell of."""
    assert (drift.version(one) == drift.version(other)) is same


# Whole fleets


@cache
def at_rest(name: str) -> Fleet:
    """Return documents that came to rest, to be copied before anything is changed."""
    fleet = Fleet(landscape(name))
    fleet.settle()
    return fleet


def settled(name: str = "as in the example") -> tuple[Fleet, dict[Any, Baseline]]:
    """Return a fleet of its own at rest, and every document's baseline."""
    fleet = _copied(at_rest(name))
    return fleet, {key: drift.baseline(*wanted(fleet, key)) for key in fleet.documents}


def _copied(rest: Fleet) -> Fleet:
    fleet = Fleet([])
    fleet.documents = dict(rest.documents)
    fleet.azure.resources = copy.deepcopy(rest.azure.resources)
    return fleet


def wanted(fleet: Fleet, key: Any) -> tuple[list[Desired], Observed]:
    """Return what a document wants now, and what is there."""
    document = fleet.documents[key]
    observed = fleet.look(document)
    return planner.wanted(document, fleet.related(document), observed), observed


def drifted(fleet: Fleet, baselines: dict[Any, Baseline], key: Any) -> Drift:
    """Return what of a document's plan is drift."""
    return find(fleet.plan(key), drift.intents(wanted(fleet, key)[0]), baselines[key])


@cache
def removable(name: str) -> list[str]:
    """Return what somebody can remove alone: what nothing else uses or lies in."""
    before, found = at_rest(name).azure.resources, []
    for where in sorted(before):
        trial = _copied(at_rest(name))
        try:
            trial.azure.delete(before[where]["id"])
        except AssertionError:
            continue
        if len(before) - len(trial.azure.resources) == 1:
            found.append(where)
    return found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(LANDSCAPES)), data=st.data())
def test_any_single_removal_is_drift_and_named(name: str, data: st.DataObject) -> None:
    """Whatever one thing of ours somebody removes: its owner's plan is drift throughout, and its words name it."""
    fleet, baselines = settled(name)
    ours = {key for baseline in baselines.values() for key in baseline.intents}
    where = data.draw(st.sampled_from([place for place in removable(name) if place in ours]))
    owner = next(key for key, baseline in baselines.items() if where in baseline.intents)
    gone = fleet.azure.resources[where]["name"]
    fleet.azure.delete(fleet.azure.resources[where]["id"])
    found, plan = drifted(fleet, baselines, owner), fleet.plan(owner)
    assume(plan.steps)  # Our side of a peering waits for the other document first.
    assert gone.lower() in found.words.lower()
    assert not [one for one in found.rest if one.action is not Action.WAIT]
    others = [key for key in fleet.documents if key != owner]
    assert all(not drifted(fleet, baselines, key).rest for key in others)


CHANGES: dict[str, tuple[Any, Any]] = {
    "rules": (HUB, hub(firewall__applicationRules=RULES)),
    "another pack": (HUB, hub(firewall__rulePack="aks-private-strict")),
    "a DNS server": (HUB, hub(dns__customServers=["10.0.1.4"])),
    "tags of a spoke": (SPOKE, spoke(tags={"team": "a"})),
    "a subnet more": (SPOKE, spoke(subnets=[{"name": "nodes", "role": "nodes"}, {"name": "more", "prefixLength": 26}])),
    "another version": (CLUSTER, cluster(kubernetesVersion="1.34")),
    "no jump server": (HUB, hub(jumpServer=None)),
    "Bastion": (HUB, hub(bastion__enabled=True)),
}


@pytest.mark.parametrize(("key", "document"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_a_document_is_no_drift(key: Any, document: Any) -> None:
    """What the document asks for now and did not before is carried out, whatever the policy."""
    fleet, baselines = settled()
    fleet.change(key, document)
    for other in fleet.documents:
        found = drifted(fleet, baselines, other)
        assert found.steps == ()
        assert found.rest == fleet.plan(other).steps
    assert any(fleet.plan(other).steps for other in fleet.documents)


def test_what_another_document_changed_is_no_drift() -> None:
    """A firewall with another address is the hub's doing: the spoke's route follows, and nobody drifted."""
    fleet, baselines = settled()
    weu = fleet.documents[HUB]
    outputs = weu.status.outputs | {"firewallPrivateIp": "10.0.0.9"}
    fleet.documents[HUB] = weu.model_copy(update={"status": weu.status.model_copy(update={"outputs": outputs})})
    found = drifted(fleet, baselines, SPOKE)
    assert found.steps == ()
    assert [one.reason for one in found.rest] == [
        "next hop of route default-to-firewall is 10.0.0.4, should be 10.0.0.9"
    ]


def test_drift_and_a_change_of_one_document_go_apart() -> None:
    """With policy report the change is made and the drift stays, with what would have to be built upon it."""
    fleet, baselines = settled()
    fleet.change(SPOKE, spoke(tags={"team": "a"}))
    route = next(where for where in fleet.azure.resources if where.endswith("rt-payments/routes/default-to-firewall"))
    fleet.azure.resources[route]["properties"]["nextHopIpAddress"] = "10.9.9.9"
    found = drifted(fleet, baselines, SPOKE)
    assert found.words == "next hop of route default-to-firewall is 10.9.9.9, should be 10.0.0.4"
    assert [ResourceId.parse(one.resource_id).name for one in found.rest] == [
        "rg-payments",
        "rt-payments",
        "nsg-payments",
        "vnet-payments",
    ]
