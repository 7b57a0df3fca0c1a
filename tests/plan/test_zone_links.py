"""Links of a private DNS zone: one to each network that has to resolve, and none that Azure would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import conditions, naming
from shared.model.resource_id import ResourceId
from shared.plan.documents import zone_links
from shared.plan.documents.ownership import MANAGED_BY, OURS
from shared.plan.documents.zone_links import OF_NETWORK
from shared.plan.observed import Observed, Read
from shared.plan.steps import Wait
from tests.model.samples import SUBSCRIPTION

Json = dict[str, Any]

NAME = "privatelink.westeurope.azmk8s.io"
MARKS = {MANAGED_BY: OURS}


def of_type(kind: str, name: str, group: str = "rg") -> ResourceId:
    """Return the id of a resource of Azure's network provider."""
    return ResourceId.parse(
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{name}"
    )


ZONE, RIVAL = of_type("privateDnsZones", NAME), of_type("privateDnsZones", NAME, "rg-other")
OTHER = of_type("privateDnsZones", f"pay.{NAME}", "rg-other")
HUB, TWIN = of_type("virtualNetworks", "vnet"), of_type("virtualNetworks", "VNET", "rg-other")


def link(name: str, network: ResourceId, zone: ResourceId = ZONE, *, ours: bool = True) -> Json:
    """Return a link as Azure has it; ids in a case of its own."""
    body: Json = {"id": f"{zone}/virtualNetworkLinks/{name}", "name": name}
    target = str(network).replace("resourceGroups", "resourcegroups")
    return body | {"tags": MARKS if ours else {}, "properties": {"virtualNetwork": {"id": target}}}


HASHED = naming.onboarded_name(str(TWIN))
WANTED: dict[str, tuple[list[Json], list[ResourceId], list[str]]] = {
    "nobody is linked": ([], [HUB], ["vnet"]),
    "ours is there": ([link("vnet", HUB)], [HUB], ["vnet"]),
    "ours is there by another name": ([link("earlier", HUB)], [HUB], ["earlier"]),
    "somebody else's is there": ([link("aks", HUB, ours=False)], [HUB], []),
    "its name leads elsewhere": ([link("vnet", HUB)], [TWIN], [HASHED]),
    "two networks of one name": ([], [HUB, TWIN], ["vnet", HASHED]),
    "two of one name, one of them linked": ([link("vnet", HUB)], [HUB, TWIN], ["vnet", HASHED]),
    "links of another zone": ([link("x", HUB, OTHER)], [HUB], ["vnet"]),
}


@pytest.mark.parametrize("name", WANTED)
def test_each_network_has_one_link(name: str) -> None:
    """What leads there already is enough, whoever made it; names of links are free ones."""
    there, networks, names = WANTED[name]
    found = list(zone_links.desired(ZONE, networks, MARKS, Observed(there)))
    assert [wanted.id.name for wanted in found] == names
    assert [wanted.blocked for wanted in found] == [None] * len(found)
    linked = [ResourceId.parse(wanted.body["properties"]["virtualNetwork"]["id"]).key for wanted in found]
    assert len(set(linked)) == len(linked)


WAITING = Wait(conditions.HUB_NOT_READY, "not yet")
BLOCKED: dict[str, tuple[list[Json], Wait | None, str | None]] = {
    "another zone of the name": ([link("x", HUB, RIVAL, ours=False)], None, conditions.ZONE_NAME_TAKEN),
    "another zone of another name": ([link("x", HUB, OTHER)], None, None),
    "another zone, for another network": ([link("x", TWIN, RIVAL)], None, None),
    "a link that stands, beside one of another zone": ([link("vnet", HUB), link("x", HUB, RIVAL)], None, None),
    "something else first": ([link("x", HUB, RIVAL)], WAITING, conditions.HUB_NOT_READY),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_what_azure_would_refuse_is_not_tried(name: str) -> None:
    """A network is linked to one zone of a name: the wait says which, and what to do."""
    there, blocked, reason = BLOCKED[name]
    (found,) = zone_links.desired(ZONE, [HUB], MARKS, Observed(there), blocked=blocked)
    assert (None if found.blocked is None else found.blocked.reason) == reason
    if reason == conditions.ZONE_NAME_TAKEN:
        assert found.blocked is not None
        assert all(word in found.blocked.message for word in (str(RIVAL), str(ZONE), "dns.zoneId", "remove its link"))


@pytest.mark.parametrize(
    ("there", "asked"), [([], [HUB, TWIN]), ([link("x", HUB, ours=False)], [TWIN])], ids=["none", "one"]
)
def test_rivals_are_asked_for_where_a_link_is_to_be_made(there: list[Json], asked: list[ResourceId]) -> None:
    """It is one question for each network that is not linked; who is linked costs none."""
    found = list(zone_links.further_reads(ZONE, [HUB, TWIN], Observed(there)))
    assert found == [Read(OF_NETWORK, str(network)) for network in asked]
