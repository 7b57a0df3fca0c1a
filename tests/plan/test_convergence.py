"""Documents against a small Azure: everything is made once, in an order that Azure takes, and then nothing is left."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.model.envelope import KINDS
from shared.plan import planner
from shared.plan.observed import Observed
from shared.plan.steps import Action, Step
from tests.plan.documents import CLUSTER, HUB, LANDSCAPES, SERVED, SPOKE, Landscape, landscape, landscapes
from tests.plan.fleet import Fleet


def is_pointing(step: Step) -> bool:
    """Say whether a step does no more than to point a network, or the firewall, at other DNS servers."""
    wanted = {"properties.dhcpOptions.dnsServers", "properties.dnsSettings.servers"}
    return step.action is Action.UPDATE and {change.path for change in step.changes} <= wanted


@pytest.mark.parametrize("order", list(permutations(KINDS)), ids="-".join)
@pytest.mark.parametrize("name", LANDSCAPES)
def test_everything_is_made_once_and_then_nothing_is_left(name: str, order: tuple[str, ...]) -> None:
    """Whoever looks first, each resource is created by one write, nothing waits, and another look writes nothing."""
    fleet = Fleet(landscape(name))
    steps = [step for step in fleet.settle(order=order) if not (name in SERVED and is_pointing(step))]
    assert {step.action for step in steps} == {Action.CREATE}
    assert len({step.resource_id.lower() for step in steps}) == len(steps)
    assert fleet.waits() == {}
    assert fleet.settle() == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(landscapes(), st.permutations(KINDS), st.lists(st.integers(0, 20), max_size=60))
def test_any_landscape_converges_in_any_order(documents: Landscape, order: list[str], choices: list[int]) -> None:
    """Whichever of the ready steps goes first, one write makes each resource, and its removal leaves nothing."""
    picks = iter(choices)
    fleet = Fleet(documents)
    steps = [step for step in fleet.settle(lambda _: next(picks, 0), order=tuple(order)) if not is_pointing(step)]
    assert len({step.resource_id.lower() for step in steps}) == len(steps)
    assert {step.action for step in steps} <= {Action.CREATE}
    assert fleet.waits() == {}
    fleet.delete()
    fleet.settle(lambda _: next(picks, 0), order=tuple(reversed(order)))
    assert fleet.documents == {}
    assert fleet.azure.resources == {}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(landscapes(), st.randoms(use_true_random=False))
def test_the_same_input_gives_the_same_bytes(documents: Landscape, random: Any) -> None:
    """The order in which Azure answered changes no byte of a plan, and so no hash."""
    fleet = Fleet(documents)
    fleet.turn(HUB)
    fleet.publish(HUB)
    for key, document in fleet.documents.items():
        related = fleet.related(document)
        seen = list(fleet.look(document))
        shuffled = random.sample(seen, len(seen))
        plans = [planner.make(document, related, Observed(answer)) for answer in (seen, seen, shuffled)]
        assert len({plan.hash for plan in plans}) == 1, key


def test_a_plan_asks_each_question_once() -> None:
    """One list per kind and scope, or one get, however many resources a document has."""
    fleet = Fleet(landscape("custom DNS servers, zones, rules"))
    for deleting in (False, True):
        if deleting:
            fleet.delete()
        for document in fleet.documents.values():
            asked = planner.reads(document, fleet.related(document))
            assert len(set(asked)) == len(asked)


def test_what_a_document_waits_for_is_said() -> None:
    """A spoke without its hub, and a cluster without its network, say what is missing and whose it is."""
    fleet = Fleet(landscape("as in the example")[1:])
    assert fleet.waits() == {
        "Spoke/payments": ["there is no hub weu"],
        "Cluster/payments-prod": ["there is no hub weu, which spoke payments names"],
    }
    fleet = Fleet(landscape("as in the example"))
    waits = fleet.waits()
    assert waits["Spoke/payments"] == [
        "the firewall of hub weu has no private address yet",
        "the network of hub weu does not exist yet",
    ]
    assert waits["Cluster/payments-prod"] == [
        "the network of spoke payments is not complete yet",
        "the private DNS zone of hub weu does not exist yet",
        "spoke payments lacks its peering with the hub, its route to the firewall, subnet nodes with its route table",
    ]
    assert {wait.on for wait in fleet.plan(CLUSTER).waits} == {"Spoke/payments", "Hub/weu"}


def test_a_cluster_is_only_begun_when_it_can_get_out_and_be_found() -> None:
    """The cluster comes after its route, its peering, the linked zone and its roles."""
    fleet = Fleet(landscape("as in the example"))
    fleet.settle()
    made = [resource.rsplit("/", 2)[-2] for _, resource in fleet.azure.writes]
    last = made.index("managedclusters")
    assert made[:last].count("roleassignments") == 3
    assert {"routes", "virtualnetworkpeerings", "virtualnetworklinks", "azurefirewalls", "subnets"} <= set(made[:last])


def test_the_firewall_comes_after_its_rules() -> None:
    """Nothing ever routes through a firewall that denies everything because its rules are not there yet."""
    fleet = Fleet(landscape("as in the example"))
    steps = {step.id.split(".")[0]: step for step in fleet.plan(HUB).steps}
    assert steps["rulecollectiongroups"].id in steps["azurefirewalls"].depends_on


def test_the_route_tables_association_does_not_wait_for_the_firewall() -> None:
    """All of the spoke but its default route is made while the firewall deploys."""
    fleet = Fleet(landscape("as in the example"))
    made = {step.id.split(".")[0] for step in fleet.plan(SPOKE).steps}
    assert {"routetables", "virtualnetworks", "subnets", "networksecuritygroups"} <= made
    assert "routes" not in made
