"""Order, locks, waits and deletions of steps, on resources made up for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.model.errors import Invalid
from shared.model.resource_id import ResourceId
from shared.plan import graph
from shared.plan.desired import Desired, link, ref
from shared.plan.observed import Observed
from shared.plan.steps import Action, Step, Wait, step_id

GROUP = ResourceId.of_group("s", "rg")
NETWORK = GROUP.resource("Microsoft.Network/virtualNetworks", "vnet")
SUBNET = NETWORK.child("subnets", "nodes")
PEERING = NETWORK.child("virtualNetworkPeerings", "to-hub")
TABLE = GROUP.resource("Microsoft.Network/routeTables", "rt")
IDENTITY = GROUP.resource("Microsoft.ManagedIdentity/userAssignedIdentities", "id")
ASSIGNMENT = NETWORK.extension("Microsoft.Authorization/roleAssignments", "grant")

BODY: dict[str, Any] = {"properties": {"a": 1}}
WAIT = Wait("HubNotReady", "not yet", "Hub/weu")


def seen(wanted: ResourceId, state: str = "Succeeded", **properties: Any) -> dict[str, Any]:
    """Return a resource as Azure shows it."""
    bag = {"a": 1, **properties, "provisioningState": state}
    return {"id": str(wanted).replace("resourceGroups", "resourcegroups"), "etag": "e", "properties": bag}


def built(*desired: Desired, observed: tuple[Any, ...] = ()) -> dict[str, Step]:
    """Return the steps by the resources' names."""
    steps, _ = graph.build(desired, Observed(observed))
    return {ResourceId.parse(step.resource_id).name: step for step in steps}


def needs(steps: dict[str, Step]) -> dict[str, set[str]]:
    """Return what each step waits for, by names."""
    names = {step.id: name for name, step in steps.items()}
    return {name: {names[need] for need in step.depends_on} for name, step in steps.items()}


def test_needs_are_found_in_parents_bodies_references_and_scopes() -> None:
    """A step waits for its group, its parent, what its body names or refers to, and what it is about."""
    steps = built(
        Desired(ASSIGNMENT, {"properties": {"principalId": ref(IDENTITY, "properties.principalId")}}),
        Desired(SUBNET, {"properties": {"routeTable": link(TABLE)}}),
        Desired(TABLE, BODY),
        Desired(IDENTITY, BODY),
        Desired(NETWORK, BODY),
        Desired(GROUP, {"location": "x"}),
    )
    assert needs(steps) == {
        "rg": set(),
        "rt": {"rg"},
        "id": {"rg"},
        "vnet": {"rg"},
        "nodes": {"rg", "rt", "vnet"},
        "grant": {"rg", "id", "vnet"},
    }
    assert next(iter(steps)) == "rg"


def test_a_body_that_names_something_inside_a_resource_waits_for_that_resource() -> None:
    """A subnet that is written with its network has no step: who names it waits for the network."""
    interface = GROUP.resource("Microsoft.Network/networkInterfaces", "nic")
    assert needs(built(Desired(interface, {"subnet": link(SUBNET)}), Desired(NETWORK, BODY)))["nic"] == {"vnet"}


def test_what_is_there_and_as_wanted_is_no_step_and_holds_nobody() -> None:
    """Only what has to be written is a step, and only steps are waited for."""
    steps = built(Desired(NETWORK, BODY), Desired(SUBNET, BODY), observed=(seen(NETWORK),))
    assert needs(steps) == {"nodes": set()}


def test_writers_of_one_locked_resource_share_its_lock() -> None:
    """Steps that write to one network have one lock, and none depends on another for that; another table is free."""
    steps = built(
        Desired(NETWORK, BODY, lock=NETWORK),
        Desired(SUBNET, BODY, lock=NETWORK),
        Desired(PEERING, BODY, lock=NETWORK),
        Desired(TABLE, BODY, lock=TABLE),
        observed=(seen(NETWORK),),
    )
    assert needs(steps) == {"nodes": set(), "to-hub": set(), "rt": set()}
    locks = {step.resource_id.rpartition("/")[2]: step.lock for step in steps.values()}
    assert locks["nodes"] == locks["to-hub"] == step_id(str(NETWORK))
    assert locks["rt"] == step_id(str(TABLE))


def test_what_is_blocked_holds_all_that_needs_it_and_says_why_once() -> None:
    """A blocked resource and everything above it gets no step; the reason is one wait."""
    steps, waits = graph.build(
        [Desired(NETWORK, BODY, blocked=WAIT), Desired(SUBNET, BODY), Desired(TABLE, BODY, blocked=WAIT)], Observed()
    )
    assert steps == ()
    assert waits == (WAIT,)


def test_a_missing_adopted_resource_is_waited_for() -> None:
    """What is somebody else's is never created."""
    steps, waits = graph.build([Desired(NETWORK, {}, adopted=True), Desired(SUBNET, BODY)], Observed())
    assert steps == ()
    assert waits[0].message == "virtual network vnet is missing; it is adopted, so its owner has to create it"


DECISIONS: dict[str, tuple[Desired, Any, Action | None, str]] = {
    "missing": (Desired(TABLE, BODY), None, Action.CREATE, "route table rt is missing"),
    "as wanted": (Desired(TABLE, BODY), seen(TABLE), None, ""),
    "different": (Desired(TABLE, BODY), seen(TABLE, a=2), Action.UPDATE, "a of route table rt is 2, should be 1"),
    "failed": (
        Desired(TABLE, BODY),
        seen(TABLE, "Failed"),
        Action.UPDATE,
        "the last operation on route table rt failed",
    ),
    "being written by somebody": (
        Desired(TABLE, BODY),
        seen(TABLE, "Updating"),
        Action.WAIT,
        "route table rt is updating",
    ),
    "being deleted": (Desired(TABLE, BODY), seen(TABLE, "Deleting"), Action.WAIT, "route table rt is deleting"),
    "different and immutable": (
        Desired(TABLE, BODY, immutable=True),
        seen(TABLE, a=2),
        Action.DELETE,
        "a of route table rt is 2, should be 1; Azure cannot change it in place",
    ),
    "broken": (Desired(TABLE, BODY, broken="it is broken"), seen(TABLE), Action.DELETE, "it is broken"),
    "broken but busy": (
        Desired(TABLE, BODY, broken="it is broken"),
        seen(TABLE, "Updating"),
        Action.WAIT,
        "route table rt is updating",
    ),
    "different where it is not read": (Desired(TABLE, BODY, unread=("properties.a",)), seen(TABLE, a=2), None, ""),
    "waits for what is not there": (
        Desired(TABLE, {"properties": {"a": ref(NETWORK, "properties.x")}}),
        seen(TABLE),
        None,
        "",
    ),
}


@pytest.mark.parametrize(("wanted", "have", "action", "reason"), DECISIONS.values(), ids=DECISIONS)
def test_decide(wanted: Desired, have: Any, action: Action | None, reason: str) -> None:
    """One resource's step follows from what it should be and what is there."""
    step = graph.decide(wanted, Observed([have] if have else []))
    assert (step and step.action, step.reason if step else "") == (action, reason)


def test_an_update_carries_the_version_it_was_planned_on() -> None:
    """A write over a version that somebody changed meanwhile has to be refused by Azure."""
    assert built(Desired(TABLE, BODY), observed=(seen(TABLE, a=2),))["rt"].etag == "e"


def test_an_update_says_what_it_changes() -> None:
    """Each member that differs is named with what is there and what should be; a long text is cut."""
    step = built(Desired(TABLE, {"properties": {"a": 1, "b": "x" * 400}}), observed=(seen(TABLE, a=2),))["rt"]
    assert [change.path for change in step.changes] == ["properties.a", "properties.b"]
    assert (step.changes[0].have, step.changes[0].want) == (2, 1)
    assert step.changes[1].have is None
    assert step.changes[1].want == "x" * 299 + "…"


def test_an_update_sends_what_is_not_compared_as_it_is() -> None:
    """The autoscaler's count survives an update of something else; a new pool starts with the document's."""
    pools = [{"name": "old", "count": 3, "size": "L"}, {"name": "new", "count": 5}]
    unread = ("properties.pools.0.count", "properties.pools.1.count")
    wanted = Desired(TABLE, {"properties": {"pools": pools}}, unread=unread, open_lists=("properties.pools",))
    have = seen(TABLE, pools=[{"name": "old", "count": 9, "size": "S", "state": "x"}, {"name": "theirs", "count": 1}])
    assert built(wanted, observed=(have,))["rt"].body["properties"]["pools"] == [
        {"name": "old", "count": 9, "size": "L", "state": "x"},
        {"name": "new", "count": 5},
        {"name": "theirs", "count": 1},
    ]


def test_a_reference_is_filled_in_once_its_resource_succeeded() -> None:
    """What Azure computed is compared and sent as a value as soon as it is known."""
    wanted = Desired(ASSIGNMENT, {"properties": {"principalId": ref(IDENTITY, "properties.principalId")}})
    early = built(wanted, observed=(seen(IDENTITY, "Creating", principalId="p"),))["grant"]
    late = built(wanted, observed=(seen(IDENTITY, principalId="p"),))["grant"]
    assert early.body == wanted.body
    assert late.body == {"properties": {"principalId": "p"}}


def test_a_network_busy_with_its_children_is_not_waited_for() -> None:
    """A virtual network is Updating while a subnet of it is written: the subnet has a step of its own."""
    subnet = {"id": str(SUBNET), "name": "nodes", "properties": {"provisioningState": "Updating", "a": 1}}
    steps = built(
        Desired(NETWORK, BODY), Desired(SUBNET, BODY), observed=(seen(NETWORK, "Updating", subnets=[subnet]),)
    )
    assert {name: step.action for name, step in steps.items()} == {"nodes": Action.WAIT}


def test_resources_that_need_each_other_are_refused() -> None:
    """A circle has no order."""
    with pytest.raises(Invalid, match="in a circle"):
        built(Desired(TABLE, BODY, needs=(IDENTITY,)), Desired(IDENTITY, BODY, needs=(TABLE,)))


EVERYTHING = (
    Desired(GROUP, {"location": "x"}),
    Desired(TABLE, BODY),
    Desired(NETWORK, BODY, lock=NETWORK),
    Desired(SUBNET, {"properties": {"routeTable": link(TABLE)}}, lock=NETWORK, dies_with_parent=True),
    Desired(PEERING, BODY, lock=NETWORK),
    Desired(IDENTITY, BODY),
    Desired(ASSIGNMENT, {"properties": {"principalId": ref(IDENTITY, "properties.principalId")}}),
)


def torn(*desired: Desired, observed: tuple[Any, ...]) -> dict[str, Step]:
    """Return the steps of a removal by the resources' names."""
    return {ResourceId.parse(step.resource_id).name: step for step in graph.teardown(desired, Observed(observed))}


def test_removal_goes_in_the_reverse_order_of_making() -> None:
    """Users go before what they use; what dies with its parent has no step, and its needs wait for the parent."""
    steps = torn(*EVERYTHING, observed=tuple(seen(wanted.id) for wanted in EVERYTHING))
    assert needs(steps) == {
        "grant": set(),
        "id": {"grant"},
        "to-hub": set(),
        "vnet": {"to-hub", "grant"},
        "rt": {"vnet"},
        "rg": {"grant", "id", "to-hub", "vnet", "rt"},
    }
    assert {step.action for step in steps.values()} == {Action.DELETE}


def test_only_what_is_there_is_removed() -> None:
    """A removal that was half done goes on with the rest."""
    assert set(torn(*EVERYTHING, observed=(seen(GROUP), seen(TABLE)))) == {"rt", "rg"}


def test_what_dies_with_a_parent_that_stays_is_removed_by_itself() -> None:
    """A route of ours in somebody's table, or one whose table is gone from our books, gets its own step."""
    adopted = replace(EVERYTHING[2], adopted=True, body={})
    steps = torn(adopted, EVERYTHING[3], observed=(seen(NETWORK), seen(SUBNET)))
    assert {name: step.action for name, step in steps.items()} == {"nodes": Action.DELETE}


def test_what_is_adopted_is_given_back_as_it_was() -> None:
    """Only what we added is taken out of somebody else's resource, and nothing is written where nothing is left."""
    wanted = Desired(SUBNET, {"properties": {"routeTable": link(TABLE)}}, adopted=True)
    have = seen(SUBNET, routeTable=link(TABLE), natGateway={"id": "nat"})
    step = torn(wanted, Desired(TABLE, BODY), observed=(have, seen(TABLE)))
    assert step["nodes"].body == {"id": have["id"], "properties": {"a": 1, "natGateway": {"id": "nat"}}}
    assert (step["nodes"].action, step["nodes"].etag) == (Action.UPDATE, "e")
    assert needs(step) == {"nodes": set(), "rt": {"nodes"}}
    assert torn(wanted, observed=(seen(SUBNET),)) == {}


def test_removal_waits_for_an_operation_that_runs() -> None:
    """Azure refuses to delete what is being written."""
    steps = torn(Desired(TABLE, BODY), observed=(seen(TABLE, "Updating"),))
    assert steps["rt"].action is Action.WAIT
