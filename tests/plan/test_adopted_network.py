"""A network that somebody else made: what gets the route, what is left alone, and that all of it is given back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.model import conditions
from shared.plan.steps import Action
from tests.model.samples import NETWORK
from tests.plan.adopting import (
    DEFAULT,
    FIREWALL,
    KUBENET,
    NODE_ROUTE,
    OURS,
    TABLES,
    add_subnet,
    adopting,
    change,
    content,
    routes_in,
    tables_on,
)
from tests.plan.documents import SPOKE

Json = dict[str, Any]

DELEGATED = {"delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}]}
RESERVED = ("GatewaySubnet", "AzureFirewallSubnet", "azurebastionsubnet", "RouteServerSubnet")

ELIGIBLE: dict[str, tuple[dict[str, Json], Json, set[str]]] = {
    "every one": ({"a": {}, "b": {}}, {}, {"a", "b"}),
    "none there": ({}, {}, set()),
    "not the reserved names": ({name: {} for name in ("a", *RESERVED)}, {}, {"a"}),
    "not a delegated one": ({"a": {}, "web": DELEGATED}, {}, {"a"}),
    "not an excluded one, in any case": ({"a": {}, "Legacy": {}}, {"excludedSubnets": ["legacy"]}, {"a"}),
    "only those that are named": ({"a": {}, "b": {}}, {"subnets": [{"name": "b"}]}, {"b"}),
    "named and excluded": ({"a": {}}, {"subnets": [{"name": "a"}], "excludedSubnets": ["A"]}, set()),
    "named and delegated": ({"web": DELEGATED}, {"subnets": [{"name": "web"}]}, set()),
}


@pytest.mark.parametrize(("subnets", "spec", "routed"), ELIGIBLE.values(), ids=ELIGIBLE)
def test_which_subnets_get_the_route(subnets: dict[str, Json], spec: Json, routed: set[str]) -> None:
    """Reserved, delegated and excluded subnets are left alone; then nothing is left to do."""
    fleet = adopting(subnets, **spec)
    fleet.settle()
    assert {name for name, table in tables_on(fleet).items() if table == "rt-payments"} == routed
    assert {table for name, table in tables_on(fleet).items() if name not in routed} <= {""}
    assert fleet.plan(SPOKE).steps == ()
    assert set(fleet.documents[SPOKE].status.outputs.get("subnets", {})) == routed


def test_a_named_subnet_that_is_missing_is_waited_for() -> None:
    """A subnet of somebody else's network is its owner's to make."""
    fleet = adopting({"a": {}}, subnets=[{"name": "b"}])
    fleet.settle()
    (message,) = [said for said in fleet.waits()["Spoke/payments"] if "subnet" in said]
    assert message == "subnet b is missing; it is adopted, so its owner has to create it"


# Tables that AKS keeps for kubenet

KEPT: dict[str, tuple[str, list[Json]]] = {
    "by its name": (KUBENET, []),
    "by its name in another case": (KUBENET.upper(), []),
    "by the routes of its nodes": ("rt-given-to-aks", [NODE_ROUTE]),
}


@pytest.mark.parametrize(("table", "routes"), KEPT.values(), ids=KEPT)
def test_a_table_that_aks_keeps_stays_and_gets_our_route(table: str, routes: list[Json]) -> None:
    """The table stays on its subnet, with its own routes and ours; the rest of the network gets our table."""
    fleet = adopting({"nodes": {"table": table}, "rest": {}}, {table: routes})
    fleet.settle()
    assert tables_on(fleet) == {"nodes": table, "rest": "rt-payments"}
    theirs = {route["name"]: "" for route in routes}
    assert routes_in(fleet, table) == theirs | {"default-to-firewall": FIREWALL}
    assert fleet.plan(SPOKE).steps == ()
    assert fleet.documents[SPOKE].status.previous_route_tables == {}
    (kept,) = fleet.documents[SPOKE].status.outputs["keptRouteTableIds"]
    assert kept.lower().endswith(table.lower())


def test_a_kept_table_on_two_subnets_gets_one_route() -> None:
    """One table is one route, whoever uses it."""
    fleet = adopting({"a": {"table": KUBENET}, "b": {"table": KUBENET}}, {KUBENET: []})
    steps = [step for step in fleet.settle() if KUBENET in step.resource_id.lower()]
    assert [step.action for step in steps] == [Action.CREATE]


def test_a_kept_table_that_leads_to_the_firewall_already_is_left_alone() -> None:
    """Somebody's own default route to the same hop does what ours would, and Azure takes one for a prefix."""
    fleet = adopting({"nodes": {"table": KUBENET}}, {KUBENET: [{"name": "out", "properties": DEFAULT}]})
    fleet.settle()
    assert routes_in(fleet, KUBENET) == {"out": FIREWALL}
    assert fleet.waits() == {}


@pytest.mark.parametrize(
    ("route", "hop"),
    [
        (DEFAULT | {"nextHopIpAddress": "10.9.9.9"}, "10.9.9.9"),
        ({"addressPrefix": "0.0.0.0/0", "nextHopType": "Internet"}, "Internet"),
    ],
    ids=["another appliance", "the Internet"],
)
def test_a_kept_table_that_leads_elsewhere_is_said(route: Json, hop: str) -> None:
    """Nobody's route is overwritten: the reason says where it leads and what to do; the rest goes on."""
    fleet = adopting({"nodes": {"table": KUBENET}, "rest": {}}, {KUBENET: [{"name": "out", "properties": route}]})
    fleet.settle()
    assert set(routes_in(fleet, KUBENET)) == {"out"}
    assert tables_on(fleet)["rest"] == "rt-payments"
    (wait,) = fleet.plan(SPOKE).waits
    assert wait.reason == conditions.NEXT_HOP_TAKEN
    words = f"route table {KUBENET}, which AKS keeps, has a default route to {hop}; remove it, or exclude its subnets"
    assert wait.message == f"{words} (excludedSubnets)"


@pytest.mark.parametrize(
    ("route", "routed"),
    [
        ([], {"nodes", "rest"}),
        ([{"name": "out", "properties": DEFAULT}], {"nodes", "rest"}),
        ([{"name": "out", "properties": DEFAULT | {"nextHopIpAddress": "10.9.9.9"}}], {"rest"}),
    ],
    ids=["ours", "theirs to the firewall", "theirs elsewhere"],
)
def test_only_subnets_that_lead_to_the_firewall_are_said_to(route: list[Json], routed: set[str]) -> None:
    """What clusters rely on is where a subnet's table leads: an excluded one with a table of its own is not routed."""
    subnets = {"nodes": {"table": KUBENET}, "rest": {}, "legacy": {"table": "rt-theirs"}}
    fleet = adopting(subnets, {KUBENET: route, "rt-theirs": []}, excludedSubnets=["legacy"])
    fleet.settle()
    assert set(fleet.documents[SPOKE].status.outputs["subnets"]) == routed


def test_our_table_stays_ours_when_aks_writes_into_it() -> None:
    """A kubenet cluster in a subnet with our table puts its nodes' routes there: nothing is kept, moved or removed."""
    fleet = adopting({"nodes": {}})
    fleet.settle()
    fleet.azure.put(f"{OURS}/routes/{NODE_ROUTE['name']}", NODE_ROUTE)
    assert fleet.settle() == []
    assert tables_on(fleet) == {"nodes": "rt-payments"}
    assert "keptRouteTableIds" not in fleet.documents[SPOKE].status.outputs


# Tables that ours takes the place of


def test_what_ours_takes_the_place_of_is_put_back() -> None:
    """The table that a subnet had is remembered by its name, and is there again when the spoke goes."""
    fleet = adopting({"a": {"table": "rt-theirs"}, "b": {}}, {"rt-theirs": [NODE_ROUTE | {"name": "to-branch"}]})
    before = content(fleet)
    fleet.settle()
    assert tables_on(fleet) == {"a": "rt-payments", "b": "rt-payments"}
    remembered = fleet.documents[SPOKE].status.previous_route_tables
    assert {name: table.lower() for name, table in remembered.items()} == {"a": f"{TABLES}/rt-theirs".lower()}
    fleet.delete(SPOKE)
    fleet.settle()
    assert content(fleet) == before


def test_a_table_that_is_gone_meanwhile_is_not_put_back() -> None:
    """Naming what is not there would be refused: then the subnet is left without a table."""
    fleet = adopting({"a": {"table": "rt-theirs"}}, {"rt-theirs": []})
    fleet.settle()
    fleet.azure.delete(f"{TABLES}/rt-theirs")
    fleet.delete(SPOKE)
    fleet.settle()
    assert tables_on(fleet) == {"a": ""}
    assert SPOKE not in fleet.documents


def test_what_was_put_back_by_hand_is_left() -> None:
    """A subnet that has a table of others when the spoke goes keeps that."""
    fleet = adopting({"a": {}}, {"rt-new": []})
    fleet.settle()
    fleet.azure.resources[f"{NETWORK}/subnets/a".lower()]["properties"]["routeTable"] = {"id": f"{TABLES}/rt-new"}
    fleet.azure.writes.clear()
    fleet.delete(SPOKE)
    fleet.settle()
    assert tables_on(fleet) == {"a": "rt-new"}
    assert ("update", f"{NETWORK}/subnets/a".lower()) not in fleet.azure.writes


# Subnets that come, and subnets that are no longer ours to route

NO_LONGER: dict[str, Json] = {
    "excluded": {"excludedSubnets": ["A"]},
    "no longer named": {"subnets": [{"name": "b"}]},
}


@pytest.mark.parametrize("spec", NO_LONGER.values(), ids=NO_LONGER)
@pytest.mark.parametrize("table", ["", "rt-theirs"], ids=["had none", "had one"])
def test_a_subnet_that_should_not_have_it_gives_our_table_back(spec: Json, table: str) -> None:
    """What the document no longer wants is as it was before; the other subnet is not touched."""
    fleet = adopting({"a": {"table": table}, "b": {}}, {"rt-theirs": []})
    fleet.settle()
    fleet.azure.writes.clear()
    change(fleet, **spec)
    fleet.settle()
    assert tables_on(fleet) == {"a": table, "b": "rt-payments"}
    assert fleet.azure.writes == [("update", f"{NETWORK}/subnets/a".lower())]
    assert fleet.plan(SPOKE).steps == ()


def test_a_subnet_that_is_delegated_gives_our_table_back() -> None:
    """Whoever delegates a subnet takes it from us, and keeps the delegation."""
    fleet = adopting({"a": {"table": "rt-theirs"}, "b": {}}, {"rt-theirs": []})
    fleet.settle()
    fleet.azure.resources[f"{NETWORK}/subnets/a".lower()]["properties"] |= DELEGATED
    fleet.settle()
    assert tables_on(fleet) == {"a": "rt-theirs", "b": "rt-payments"}
    assert fleet.azure.resources[f"{NETWORK}/subnets/a".lower()]["properties"]["delegations"]
    assert fleet.plan(SPOKE).steps == ()


def test_a_new_subnet_gets_it() -> None:
    """One write wires what its owner adds."""
    fleet = adopting({"a": {}})
    fleet.settle()
    add_subnet(fleet, "b", 9)
    (step,) = fleet.settle()
    assert (step.action, step.resource_id.rpartition("/")[2]) == (Action.UPDATE, "b")
    assert step.body["properties"]["routeTable"]["id"].lower() == OURS.lower()


def test_a_kept_table_whose_subnet_is_excluded_loses_our_route() -> None:
    """What we added to somebody's table goes when its subnet is no longer ours to route."""
    fleet = adopting({"nodes": {"table": KUBENET}}, {KUBENET: [NODE_ROUTE]})
    fleet.settle()
    change(fleet, excludedSubnets=["nodes"])
    (step,) = fleet.settle()
    words = f"route table {KUBENET}, which AKS keeps, is on no subnet of the spoke any more"
    assert (step.action, step.reason) == (Action.DELETE, words)
    assert set(routes_in(fleet, KUBENET)) == {NODE_ROUTE["name"]}
    assert "keptRouteTableIds" not in fleet.documents[SPOKE].status.outputs


def test_a_kept_table_that_is_deleted_is_forgotten() -> None:
    """AKS takes its table along when the cluster goes: nothing of it is waited for or made again."""
    fleet = adopting({"nodes": {"table": KUBENET}}, {KUBENET: [NODE_ROUTE]})
    fleet.settle()
    del fleet.azure.resources[f"{NETWORK}/subnets/nodes".lower()]["properties"]["routeTable"]
    fleet.azure.delete(f"{TABLES}/{KUBENET}")
    fleet.settle()
    assert tables_on(fleet) == {"nodes": "rt-payments"}
    assert fleet.waits() == {}
    assert "keptRouteTableIds" not in fleet.documents[SPOKE].status.outputs


# Given back

LAYOUTS = st.dictionaries(
    st.sampled_from(["a", "B", "nodes", "legacy", *RESERVED]),
    st.fixed_dictionaries(
        {
            "table": st.sampled_from(["", "", "rt-one", "rt-two", KUBENET, "rt-given-to-aks"]),
            "serviceEndpoints": st.sampled_from([[], [{"service": "Microsoft.Storage"}]]),
            "delegations": st.sampled_from([[], [], DELEGATED["delegations"]]),
        }
    ),
    max_size=6,
)
ALL_TABLES: dict[str, list[Json]] = {
    "rt-one": [],
    "rt-two": [{"name": "to-branch", "properties": {"addressPrefix": "10.9.0.0/16", "nextHopType": "VnetLocal"}}],
    KUBENET: [NODE_ROUTE],
    "rt-given-to-aks": [NODE_ROUTE, {"name": "out", "properties": DEFAULT | {"nextHopIpAddress": "10.9.9.9"}}],
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(layout=LAYOUTS, excluded=st.sets(st.sampled_from(["a", "legacy"])), choice=st.randoms(use_true_random=False))
def test_every_network_is_given_back_as_it_was(layout: dict[str, Json], excluded: set[str], choice: Any) -> None:
    """Whatever its subnets, tables and delegations: wired once, then an empty plan, and in the end byte for byte."""
    fleet = adopting(layout, ALL_TABLES, excludedSubnets=sorted(excluded))
    before = content(fleet)
    fleet.settle(lambda ready: choice.randrange(len(ready)))
    assert fleet.plan(SPOKE).steps == ()
    fleet.delete(SPOKE)
    fleet.settle(lambda ready: choice.randrange(len(ready)))
    assert SPOKE not in fleet.documents
    assert content(fleet) == before


def test_a_table_of_our_name_that_is_theirs_is_left_alone() -> None:
    """Somebody's table may have the name that ours would have: nothing goes into it, and it outlives the document."""
    fleet = adopting({"a": {"table": "rt-payments"}}, {"rt-payments": [{"name": "theirs"}]})
    before = content(fleet)
    fleet.settle()
    assert next(wait.reason for wait in fleet.plan(SPOKE).waits) == conditions.NAME_TAKEN
    assert routes_in(fleet, "rt-payments").keys() == {"theirs"}
    assert "routeTableId" not in fleet.documents[SPOKE].status.outputs
    fleet.delete(SPOKE)
    fleet.settle()
    assert {where: body for where, body in content(fleet).items() if "old" in where} == {
        where: body for where, body in before.items() if "old" in where
    }
