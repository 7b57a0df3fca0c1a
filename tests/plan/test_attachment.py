"""Clusters that somebody else made: their zone is found and linked to the hub, and nothing else is touched."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from shared.model import conditions, naming
from shared.model.envelope import DocumentKey
from shared.plan.steps import Action
from tests.model.samples import SUBSCRIPTION, cluster, hub, spoke
from tests.plan.documents import CLUSTER, HUB, SPOKE
from tests.plan.fleet import Fleet
from tests.plan.foreign_clusters import (
    ELSEWHERE,
    HUB_NETWORK,
    NODES,
    REGION,
    SHARED_ZONE,
    Json,
    attached,
    attaching,
    behind_our_back,
    made,
    theirs,
    zone_of,
)

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId


def links(fleet: Fleet, zone: ResourceId | str) -> dict[str, str]:
    """Return a zone's links: the network of each, in lower case."""
    prefix = f"{str(zone).lower()}/virtualnetworklinks/"
    found = {where.removeprefix(prefix): body for where, body in fleet.azure.resources.items() if prefix in where}
    return {name: body["properties"]["virtualNetwork"]["id"].lower() for name, body in found.items()}


def system_zone(fleet: Fleet) -> str:
    """Return the id of the zone that AKS made."""
    return next(where for where in fleet.azure.resources if "/mc_shop/" in where and where.endswith(f".{REGION}"))


def foreign(fleet: Fleet) -> dict[str, Json]:
    """Return everything but the links, as it is."""
    return copy.deepcopy({where: body for where, body in fleet.azure.resources.items() if "networklinks" not in where})


LINKED: dict[str, tuple[str, str, str]] = {
    # name: (the cluster's subscription, the zone's name or `system`, the zone's subscription)
    "a system zone": (SUBSCRIPTION, "system", ""),
    "a system zone in another subscription": (ELSEWHERE, "system", ""),
    "a subzone": (SUBSCRIPTION, f"team.{REGION}", SUBSCRIPTION),
    "a subzone in another subscription than its cluster": (SUBSCRIPTION, f"team.{REGION}", ELSEWHERE),
    "another region's zone": (SUBSCRIPTION, "privatelink.northeurope.azmk8s.io", ELSEWHERE),
}


@pytest.mark.parametrize("name", LINKED)
def test_the_clusters_zone_is_linked_to_the_hub_and_given_back(name: str) -> None:
    """One link is the only write, in one look; it carries our mark, and goes with the document; all else stays."""
    home, zone_name, zones_home = LINKED[name]
    zone = None if zone_name == "system" else zone_of(zone_name, zones_home)
    fleet = attached(made("system" if zone is None else str(zone)), zone, theirs(subscription=home))
    before = foreign(fleet)
    (step,) = fleet.plan(CLUSTER).steps
    assert step.action is Action.CREATE
    assert step.body["tags"] == {"managed-by": "spokewright"}
    assert len(fleet.settle()) == 1
    where = str(zone) if zone is not None else system_zone(fleet)
    assert where.lower().startswith(f"/subscriptions/{zones_home or home}")
    assert links(fleet, where)["vnet-hub-weu"] == HUB_NETWORK.key
    assert fleet.documents[CLUSTER].status.outputs["privateDnsZoneId"].lower() == where.lower()
    assert foreign(fleet) == before
    fleet.delete(CLUSTER)
    fleet.settle()
    assert CLUSTER not in fleet.documents
    assert list(links(fleet, where)) == ["shop"]
    assert foreign(fleet) == before


UNTOUCHED: dict[str, tuple[Json, ResourceId | None]] = {
    "no zone": (made("none"), None),
    "the hub's own zone": (made(str(SHARED_ZONE)), None),
    "a public cluster": (made(apiServerAccessProfile={"authorizedIPRanges": ["198.51.100.0/24"]}), None),
    "a public cluster without a word of it": (made(apiServerAccessProfile={}), None),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_where_there_is_nothing_to_link_nothing_is_written(name: str) -> None:
    """Without a zone of its own, a cluster costs one look, no write, and no trace when its document goes."""
    fleet = attached(*UNTOUCHED[name])
    before = copy.deepcopy(fleet.azure.resources)
    assert fleet.settle() == []
    fleet.delete(CLUSTER)
    assert fleet.settle() == []
    assert CLUSTER not in fleet.documents
    assert fleet.azure.resources == before


def test_a_link_of_somebody_elses_is_enough() -> None:
    """Where the hub's network is linked already, under whatever name, nothing is written, and nothing removed."""
    fleet = attached(made())
    link = f"{system_zone(fleet)}/virtualNetworkLinks/by-terraform"
    fleet.azure.put(link, {"location": "global", "properties": {"virtualNetwork": {"id": str(HUB_NETWORK).upper()
        .replace("SUBSCRIPTIONS", "subscriptions", 1)}}})  # fmt: skip
    assert fleet.settle() == []
    fleet.delete(CLUSTER)
    assert fleet.settle() == []
    assert set(links(fleet, system_zone(fleet))) == {"shop", "by-terraform"}


def test_a_name_that_another_networks_link_has_is_left_to_it() -> None:
    """A link of the same name to another network stays, and ours gets a name of its own."""
    fleet = attached(made())
    fleet.azure.put(
        f"{system_zone(fleet)}/virtualNetworkLinks/VNET-hub-weu",
        {"location": "global", "properties": {"virtualNetwork": {"id": str(NODES.parent)}}},
    )
    fleet.settle()
    found = links(fleet, system_zone(fleet))
    assert found["vnet-hub-weu"] == NODES.parent.key
    assert found[naming.onboarded_name(str(HUB_NETWORK))] == HUB_NETWORK.key


def test_a_second_zone_of_the_hubs_zones_name_is_refused_in_words() -> None:
    """Azure links a network to one zone of a name: both are named, with what to do, and nothing is tried."""
    rival = zone_of(REGION, ELSEWHERE)
    fleet = attached(made(str(rival)), rival)
    assert fleet.settle() == []
    (wait,) = fleet.plan(CLUSTER).waits
    assert wait.reason == conditions.ZONE_NAME_TAKEN
    assert rival.key in wait.message.lower()
    assert SHARED_ZONE.key in wait.message.lower()
    assert "one label below" in wait.message


def test_of_two_clusters_with_zones_of_one_name_the_second_waits() -> None:
    """The hub's network resolves the first; the second says which zone holds the name."""
    name = "privatelink.northeurope.azmk8s.io"
    first, second = zone_of(name), zone_of(name, ELSEWHERE)
    fleet = attached(made(str(first)), first)
    fleet.settle()
    behind_our_back(fleet, theirs("late"), made(str(second), group="MC_late"), second)
    fleet.documents[DocumentKey("Cluster", "z-late")] = attaching(theirs("late"), "z-late")
    fleet.settle()
    assert list(fleet.waits()) == ["Cluster/z-late"]
    assert first.key in fleet.waits()["Cluster/z-late"][0].lower()
    assert "vnet-hub-weu" not in links(fleet, second)


def test_a_shared_zone_keeps_its_link_while_anyone_needs_it() -> None:
    """Two clusters of one zone have one link; it goes with the last of them."""
    zone, other = zone_of(f"team.{REGION}"), DocumentKey("Cluster", "another")
    fleet = attached(made(str(zone)), zone)
    behind_our_back(fleet, theirs("two"), made(str(zone), group="MC_two"), zone)
    fleet.documents[other] = attaching(theirs("two"), "another")
    fleet.settle()
    made_links = [where for action, where in fleet.azure.writes if action == "create" and "networklinks" in where]
    assert sum(where.endswith("/vnet-hub-weu") for where in made_links) == 1
    for key, left in ((other, True), (CLUSTER, False)):
        fleet.delete(key)
        fleet.settle()
        assert ("vnet-hub-weu" in links(fleet, zone)) is left


def test_a_subzone_of_our_own_cluster_keeps_our_link() -> None:
    """An attached cluster in the zone of a cluster that we manage owns nothing of it."""
    owner = cluster(privateDns={"mode": "subzone", "subzone": "team"})
    fleet = Fleet([hub(), spoke(), owner])
    fleet.settle()
    zone = naming.private_dns_subzone(owner, spoke(), hub())
    guest = DocumentKey("Cluster", "a-guest")
    behind_our_back(fleet, theirs(), made(str(zone)))
    fleet.documents[guest] = attaching(theirs(), "a-guest")
    assert fleet.settle() == []
    fleet.delete(guest)
    assert fleet.settle() == []
    assert "vnet-hub-weu" in links(fleet, zone)


def test_a_deleted_cluster_takes_its_system_zone_and_leaves_nothing_to_do() -> None:
    """The zone went with the node resource group: its document says so, and can go without a write."""
    fleet = attached(made())
    fleet.settle()
    fleet.azure.delete(str(theirs()))
    assert fleet.settle() == []
    assert "managed cluster shop is missing" in fleet.waits()["Cluster/payments-prod"][0]
    assert "privateDnsZoneId" not in fleet.documents[CLUSTER].status.outputs
    fleet.delete(CLUSTER)
    assert fleet.settle() == []
    assert CLUSTER not in fleet.documents


@pytest.mark.parametrize("at_once", [True, False], ids=["its document goes too", "its document stays"])
def test_a_deleted_clusters_link_leaves_a_zone_that_stays(at_once: bool) -> None:  # noqa: FBT001 - a table
    """Our link is removed from a zone that outlives its cluster, whether its document goes or stays."""
    zone = zone_of(f"team.{REGION}", ELSEWHERE)
    fleet = attached(made(str(zone)), zone)
    fleet.settle()
    fleet.azure.delete(str(theirs()))
    if at_once:
        fleet.delete(CLUSTER)
    (step,) = fleet.settle()
    assert step.action is Action.DELETE
    assert list(links(fleet, zone)) == ["shop"]
    assert fleet.azure.get(zone) is not None


def test_a_cluster_that_moves_to_another_zone_is_followed() -> None:
    """The link goes to the new zone and leaves the old one."""
    old, new = zone_of(f"old.{REGION}"), zone_of(f"new.{REGION}")
    fleet = attached(made(str(old)), old)
    fleet.settle()
    behind_our_back(fleet, theirs(), made(str(new)), new)
    fleet.settle()
    assert "vnet-hub-weu" in links(fleet, new)
    assert "vnet-hub-weu" not in links(fleet, old)
    assert fleet.documents[CLUSTER].status.outputs["privateDnsZoneId"].lower() == new.key


def test_a_zone_that_cannot_be_seen_is_waited_for() -> None:
    """A zone that is named and not found is said to be missing or hidden, with its id."""
    zone = zone_of(f"gone.{REGION}", ELSEWHERE)
    fleet = attached(made(str(zone)), zone)
    for where in [where for where in fleet.azure.resources if where.startswith(zone.key)]:
        del fleet.azure.resources[where]
    assert fleet.settle() == []
    (wait,) = fleet.plan(CLUSTER).waits
    assert wait.reason == conditions.RESOURCE_MISSING
    assert zone.key in wait.message.lower()
    assert "grant" in wait.message


@pytest.mark.parametrize("state", ["Creating", "Updating", "Failed"])
def test_the_cluster_itself_is_never_written(state: str) -> None:
    """While AKS works on it, and when that failed, the link is made, and the cluster is read at most."""
    fleet = attached(made())
    fleet.azure.resources[theirs().key]["properties"]["provisioningState"] = state
    steps = {step.resource_id.rsplit("/", 2)[1].lower(): step.action for step in fleet.plan(CLUSTER).steps}
    assert steps.pop("virtualnetworklinks") is Action.CREATE
    assert steps == ({} if state == "Failed" else {"managedclusters": Action.WAIT})


def test_a_cluster_whose_private_name_is_not_shown_keeps_its_link() -> None:
    """A body without the private name (a stopped cluster's may be one) does not take the link away."""
    fleet = attached(made())
    fleet.settle()
    del fleet.azure.resources[theirs().key]["properties"]["privateFQDN"]
    assert fleet.settle() == []
    assert "vnet-hub-weu" in links(fleet, system_zone(fleet))


def test_the_spoke_and_the_hub_do_not_change_for_it() -> None:
    """An attached cluster costs its hub and its spoke no write."""
    fleet = attached(made())
    fleet.settle()
    assert fleet.plan(HUB).steps == fleet.plan(SPOKE).steps == ()
