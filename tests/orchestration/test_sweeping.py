"""The sweep: what no event told is found by lists, whatever the number of documents; what is as it was wakes nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orchestration import sweeping
from orchestration.triggers import timers
from shared.model import naming
from shared.model.document import to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Throttled
from tests.model.samples import ATTACHED, MANAGED_CLUSTER, NETWORK, SUBSCRIPTION, cluster, hub, spoke
from tests.orchestration.test_onboarding import attached, dismissed, put_cluster, taking_in

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

HUB, SPOKE = DocumentKey("Hub", "weu"), DocumentKey("Spoke", "payments")
FOUND = DocumentKey("Spoke", naming.onboarded_name(NETWORK))
ELSEWHERE = "11111111-1111-1111-1111-111111111111"
LISTS = {"list virtualNetworks": 1, "list routeTables": 1, "list managedClusters": 1, "list privateDnsZones": 1}
OF_ONE_ZONE = LISTS | {"list virtualNetworkLinks": 1}
ENDPOINTS = {"list networkInterfaces": 1}
"""Where there are clusters: their private endpoints may have moved."""


async def swept(app: App) -> sweeping.Swept:
    """Sweep once."""
    app.arm.counted()
    return await sweeping.sweep(app.dependencies, app.client)


def remove(app: App, ending: str) -> None:
    """Remove one resource behind everybody's back."""
    (where,) = [where for where in app.azure.resources if where.endswith(ending)]
    app.azure.delete(app.azure.resources[where]["id"])


def without_table(app: App, ending: str) -> None:
    """Take the route table off a subnet."""
    (where,) = [where for where in app.azure.resources if where.endswith(ending)]
    del app.azure.resources[where]["properties"]["routeTable"]


# At rest


async def test_nothing_differs(app: App) -> None:
    """Documents at rest: six lists, and who is seen; nobody is woken, whoever made the network."""
    await attached(app)
    await app.ready(spoke(), cluster())
    assert await swept(app) == sweeping.Swept(4, (), ())
    assert app.arm.counted() == OF_ONE_ZONE | ENDPOINTS | {"subscriptions": 1}
    assert app.client.running == []


async def test_calls_do_not_grow_with_spokes(app: App) -> None:
    """Ten spokes cost what one costs."""
    await app.ready(hub(), *(spoke(f"s{n}", addressSpace=[f"10.64.{4 * n}.0/22"]) for n in range(10)))
    assert (await swept(app)).woken == ()
    assert app.arm.counted() == OF_ONE_ZONE


async def test_links_of_many_zones_are_one_query(app: App) -> None:
    """A list of links is one call for each zone; with two zones the Resource Graph is asked once instead."""
    await app.ready(hub(), spoke(), cluster(privateDns={"mode": "subzone", "subzone": "pay"}))
    assert (await swept(app)).woken == ()
    assert app.arm.counted() == LISTS | ENDPOINTS | {"query": 1}


async def test_an_empty_store(app: App) -> None:
    """Without documents there is nothing to compare and nothing to ask."""
    assert await swept(app) == sweeping.Swept(0, (), ())
    assert app.arm.counted() == {}


# What differs

DIFFERENCES: dict[str, tuple[Any, str, str]] = {
    "a route": (remove, "/rt-payments/routes/default-to-firewall", "Spoke/payments"),
    "a subnet's table": (without_table, "/vnet-payments/subnets/nodes", "Spoke/payments"),
    "the spoke's side": (remove, "/virtualnetworkpeerings/payments-to-weu", "Spoke/payments"),
    "the hub's side": (remove, "/virtualnetworkpeerings/weu-to-payments", "Hub/weu"),
    "the zone's link": (remove, "/virtualnetworklinks/vnet-hub-weu", "Hub/weu"),
    "a cluster": (remove, "/managedclusters/aks-payments-prod", "Cluster/payments-prod"),
}


@pytest.mark.parametrize(("change", "where", "owner"), DIFFERENCES.values(), ids=DIFFERENCES)
async def test_what_somebody_removed_wakes_its_owner(app: App, change: Any, where: str, owner: str) -> None:
    """One list finds it; its document is woken, mends it, and the next sweep finds nothing."""
    await app.ready(hub(), spoke(), cluster())
    change(app, where)
    assert owner in (await swept(app)).woken
    assert owner in app.client.running
    await app.settle()
    assert (await swept(app)).woken == ()


async def test_a_link_to_a_network_that_is_gone(app: App) -> None:
    """Somebody's link in our zone whose network is gone is found, and removed."""
    await app.ready(hub())
    app.network(tag=None)
    zone = naming.private_dns_zone(hub())
    app.azure.put(f"{zone}/virtualNetworkLinks/theirs", {"properties": {"virtualNetwork": {"id": NETWORK}}})
    assert (await swept(app)).woken == ()
    app.azure.delete(NETWORK)
    assert (await swept(app)).woken == ("Hub/weu",)
    await app.settle()
    assert app.azure.get(f"{zone}/virtualNetworkLinks/theirs") is None


async def test_a_link_to_a_network_that_we_may_not_read_is_left(app: App) -> None:
    """A network that is denied to us may well be there; and the hub's own work does not stop for it."""
    await app.ready(hub())
    app.network(tag=None)
    zone = naming.private_dns_zone(hub())
    app.azure.put(f"{zone}/virtualNetworkLinks/theirs", {"properties": {"virtualNetwork": {"id": NETWORK}}})
    app.azure.delete(NETWORK)
    app.arm.denied.add(NETWORK.lower())
    await app.wake(HUB)
    await app.settle()
    assert await app.said(HUB, "Ready") == ("True", "Provisioned")
    assert app.azure.get(f"{zone}/virtualNetworkLinks/theirs") is not None


async def test_a_network_whose_deletion_nobody_told(app: App) -> None:
    """Its document leaves, as upon the event."""
    await attached(app)
    app.azure.delete(NETWORK)
    assert str(FOUND) in (await swept(app)).woken
    await app.settle()
    assert await app.names() == ["Hub/weu"]


async def test_a_tag_whose_removal_nobody_told(app: App) -> None:
    """A network that asks no more is let go."""
    await attached(app)
    del app.azure.resources[NETWORK.lower()]["tags"]["spokewright-hub"]
    assert (await swept(app)).woken == (str(FOUND),)


async def test_an_address_space_that_changed(app: App) -> None:
    """Ranges that were added to an adopted network wake its document, whether it asked or was asked for."""
    await attached(app)
    other = NETWORK + "er"
    app.network("10.90.0.0/22", tag=None, identity=other)
    await app.ready(spoke(addressSpace=[], virtualNetworkId=other))
    assert (await swept(app)).woken == ()
    for where, more in ((NETWORK, "10.81.0.0/24"), (other, "10.91.0.0/24")):
        app.azure.resources[where.lower()]["properties"]["addressSpace"]["addressPrefixes"].append(more)
    assert set((await swept(app)).woken) == {str(FOUND), "Spoke/payments"}


async def test_who_runs_is_not_woken(app: App) -> None:
    """A reconciler at work sees it by itself."""
    await app.ready(hub(), spoke())
    remove(app, "rt-payments/routes/default-to-firewall")
    await app.wake(SPOKE)
    await app.plan(SPOKE)
    assert (await swept(app)).woken == ()


# Policies


@pytest.mark.parametrize("policy", ["report", "ignore"])
async def test_drift_that_is_left_alone_is_told_once(app: App, policy: str) -> None:
    """The first sweep wakes the document, which says it; later ones have nothing new to say, until there is more."""
    await app.ready(hub(), spoke(drift=policy))
    remove(app, "rt-payments/routes/default-to-firewall")
    assert (await swept(app)).woken == ("Spoke/payments",)
    await app.settle()
    assert await app.said(SPOKE, "Drifted") == (
        ("True", "DifferencesFound") if policy == "report" else ("False", "DriftIgnored")
    )
    assert not [where for where in app.azure.resources if where.endswith("rt-payments/routes/default-to-firewall")]
    assert (await swept(app)).woken == ()
    without_table(app, "/vnet-payments/subnets/nodes")
    assert (await swept(app)).woken == ("Spoke/payments",)


async def test_drift_that_no_list_shows_is_not_told_again(app: App) -> None:
    """What only the document's own look can see stands beside what the sweep sees: that is no news."""
    await app.ready(hub(), spoke(drift="report"))
    (where,) = [where for where in app.azure.resources if where.endswith("/networksecuritygroups/nsg-payments")]
    app.azure.resources[where]["properties"]["securityRules"] = [{"name": "open", "properties": {"priority": 100}}]
    remove(app, "rt-payments/routes/default-to-firewall")
    await app.wake(SPOKE)
    await app.settle()
    assert (await swept(app)).woken == ()


async def test_drift_in_many_words_is_not_told_again(app: App) -> None:
    """A condition is cut where it gets too long; that is no reason to say it again with every sweep."""
    subnets = [{"name": f"{'n' * 40}-{number}", "prefixLength": 28} for number in range(16)]
    await app.ready(hub(), spoke(drift="report", subnets=subnets))
    for subnet in subnets:
        without_table(app, f"/{subnet['name']}")
    await app.wake(SPOKE)
    await app.settle()
    assert len((await app.read(SPOKE)).status.conditions) > 2
    assert (await swept(app)).woken == ()


@pytest.mark.parametrize("policy", ["report", "ignore"])
async def test_drift_that_somebody_mended_is_taken_back(app: App, policy: str) -> None:
    """The event that it is as before got lost: the sweep sees another version, and the document says so."""
    await app.ready(hub(), spoke(drift=policy))
    (where,) = [where for where in app.azure.resources if where.endswith("rt-payments/routes/default-to-firewall")]
    body, hop = app.azure.resources[where]["properties"], "10.9.9.9"
    hop, body["nextHopIpAddress"] = body["nextHopIpAddress"], hop
    await app.wake(SPOKE)
    await app.settle()
    assert (await swept(app)).woken == ()
    body["nextHopIpAddress"] = hop
    app.azure.resources[where.rpartition("/routes/")[0]]["etag"] = 'W/"mended"'
    assert (await swept(app)).woken == ("Spoke/payments",)
    await app.settle()
    assert await app.said(SPOKE, "Drifted") == ("False", "InSync")
    assert (await swept(app)).woken == ()


# What is found


async def test_a_network_whose_event_never_came(app: App) -> None:
    """It is found by its tag; one list, no read of its own, and no requester that anybody knows."""
    await app.ready(taking_in({"subscriptions": [SUBSCRIPTION], "action": "auto"}))
    app.network()
    app.network("10.90.0.0/22", tag="other", identity=NETWORK + "er")
    assert await swept(app) == sweeping.Swept(1, (), (str(FOUND),))
    assert app.arm.counted() == OF_ONE_ZONE
    assert (await app.read(FOUND)).metadata.requested_by is None
    assert app.client.running == [str(FOUND)]


async def test_a_cluster_whose_event_never_came(app: App) -> None:
    """A cluster in an attached network is found, and one elsewhere is not."""
    await attached(app)
    put_cluster(app)
    assert (await swept(app)).found == (f"Cluster/{naming.onboarded_name(MANAGED_CLUSTER)}",)


async def test_rules_say_where_to_look(app: App) -> None:
    """Subscriptions of rules that let in are listed; where such a rule names none, all that we see are."""
    await app.ready(
        taking_in({"subscriptions": [ELSEWHERE], "action": "approve"}, {"action": "deny"}),
    )
    await swept(app)
    places = {about for verb, about in app.arm.calls if verb == "list virtualNetworks"}
    assert places == {f"/subscriptions/{SUBSCRIPTION}", f"/subscriptions/{ELSEWHERE}"}
    await app.ready(taking_in({"action": "auto"}, name="neu", resourceGroup="rg-neu", addressSpace=["10.4.0.0/22"]))
    app.arm.visible.append("22222222-2222-2222-2222-222222222222")
    await swept(app)
    places = {about[-12:] for verb, about in app.arm.calls if verb == "list virtualNetworks"}
    assert places == {"0" * 12, "1" * 12, "2" * 12}


async def test_a_subscription_that_is_closed_to_us_stops_no_other(app: App) -> None:
    """What cannot be listed is left out; the rest is compared, and nothing counts as gone because of it."""
    await app.ready(taking_in({"subscriptions": [ELSEWHERE, SUBSCRIPTION], "action": "auto"}))
    app.arm.denied.add(f"/subscriptions/{ELSEWHERE}")
    app.network()
    assert (await swept(app)).found == (str(FOUND),)


@pytest.mark.parametrize("between", ["as it was", "untagged", "deleted"])
async def test_what_was_sent_away(app: App, between: str) -> None:
    """A dismissed network is not found again; it is forgotten when its tag is off, or it is gone."""
    await dismissed(app)
    if between == "deleted":
        app.azure.delete(NETWORK)
    if between == "untagged":
        app.network(tag=None)
    assert (await swept(app)).found == ()
    assert await app.store.dismissals.all() == ({NETWORK.lower(): "weu"} if between == "as it was" else {})


# What is open, and what is odd


async def test_what_waits_for_an_approval_is_left_alone(app: App) -> None:
    """Its plan differs from Azure all the time; it is woken when it is about something else, not by every sweep."""
    await app.ready(taking_in({"action": "approve"}))
    app.network()
    await app.event()
    assert (await swept(app)).woken == ()  # Not looked at yet.
    await app.settle()
    assert await app.said(FOUND, "Approved") == ("False", "ApprovalNeeded")
    assert (await swept(app)).woken == ()
    app.network("10.88.0.0/22")
    assert (await swept(app)).woken == (str(FOUND),)


async def test_an_unreadable_document_stops_no_other(app: App) -> None:
    """What this version cannot read is left alone; the others are compared."""
    await app.ready(hub(), spoke())
    odd = to_json(hub("odd", resourceGroup="rg-odd", addressSpace=["10.8.0.0/22"], spokePool=None))
    odd["spec"]["colour"] = "red"
    await app.store.documents.put(odd, None)
    remove(app, "rt-payments/routes/default-to-firewall")
    assert (await swept(app)).woken == ("Spoke/payments",)


async def test_an_attached_cluster_at_rest(app: App) -> None:
    """A cluster of others that was attached is compared too, and is at rest."""
    app.azure.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-theirs", {"location": "westeurope"})
    await app.ready(hub(), spoke())
    put_cluster(app, str(naming.spoke_network(spoke(), hub())))
    await app.ready(cluster(**ATTACHED))
    assert (await swept(app)).woken == ()


# When


async def test_one_sweep_in_a_while(app: App) -> None:
    """The timer asks each minute; what is due is swept once, by whoever is first."""
    await app.ready(hub())
    assert await timers.sweep_if_due(app.dependencies, app.client)
    assert app.arm.counted() == OF_ONE_ZONE
    app.clock.advance(minutes=14)
    assert not await timers.sweep_if_due(app.dependencies, app.client)
    assert app.arm.counted() == {}
    app.clock.advance(minutes=1)
    assert await timers.sweep_if_due(app.dependencies, app.client)


async def test_a_sweep_that_failed_is_not_taken_for_done(app: App) -> None:
    """Azure's throttling is over in a moment: the next minute tries again, not the next quarter of an hour."""
    await app.ready(hub())
    subscription, error = f"/subscriptions/{SUBSCRIPTION}", Throttled("slow down")
    app.arm.failing[subscription] = error
    with pytest.raises(Throttled):
        await timers.sweep_if_due(app.dependencies, app.client)
    del app.arm.failing[subscription]
    app.clock.advance(minutes=1)
    assert await timers.sweep_if_due(app.dependencies, app.client)
