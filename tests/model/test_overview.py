"""Everything at a glance: the shape, what is not known yet, and the digest."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.overview import EVENTS, digest, overview
from tests.model.samples import sample

Json = dict[str, Any]


def stored(kind: str, name: str = "", *, outputs: Json | None = None, **status: Any) -> Json:
    """Return a document as it is stored."""
    document = sample(kind, name)
    document["metadata"] |= {"generation": 1, "origin": "request"}
    return document | {"status": {"observedGeneration": 1, "outputs": outputs or {}} | status}


def condition(type_: str, status: str, message: str = "") -> Json:
    """Return a condition as it is stored."""
    return {"type": type_, "status": status, "reason": "Because", "message": message}


ZONE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
HUB = stored(
    "Hub",
    outputs={"firewallPrivateIp": "10.0.0.4", "jumpServerId": "/x", "privateDnsZoneId": ZONE, "peerings": 3}
    | {"zoneLinks": 2},
    conditions=[condition("Ready", "True"), condition("Drifted", "False", "none")],
)
SPOKE = stored("Spoke", outputs={"peered": True, "routes": 1}, conditions=[condition("Ready", "True")])
CLUSTER = stored("Cluster", conditions=[condition("ApiServerResolvable", "True")])


ASKED = {"type": "DnsServersAnswer", "status": "True", "reason": "DnsChanging", "message": "next: payments"}


def test_a_hub_says_whether_its_dns_servers_answer() -> None:
    """With how far networks are that are pointed at them; where there is no server nothing is known."""
    found = overview([stored("Hub", conditions=[ASKED]), stored("Hub", "other")], [])["hubs"]
    told = {"answers": "True", "reason": "DnsChanging", "message": "next: payments"}
    assert found[0]["dns"] == {"mode": None, **told}
    assert found[1]["dns"] == {"mode": None, "answers": "Unknown", "reason": "", "message": ""}


def test_clusters_are_in_spokes_are_in_hubs() -> None:
    """The hub carries its figures, its spokes, and their clusters."""
    (hub,) = overview([HUB, SPOKE, CLUSTER], [])["hubs"]
    assert (hub["ready"], hub["current"], hub["drift"]) == ("True", True, {"status": "False", "message": "none"})
    assert hub["zone"] == {"id": ZONE, "name": "privatelink.westeurope.azmk8s.io"}
    assert hub["firewall"] == {"privateIp": "10.0.0.4", "ready": True}
    assert hub["capacity"] == {"peerings": {"used": 3, "limit": 500}, "links": {"used": 2, "limit": 1000}}
    (spoke,) = hub["spokes"]
    assert (spoke["state"], spoke["peered"], spoke["capacity"]["routes"]["used"]) == ("attached", True, 1)
    (cluster,) = spoke["clusters"]
    assert (cluster["policy"], cluster["resolves"], cluster["answers"]) == ("Manage", "True", "Unknown")


def test_what_is_not_known_is_null() -> None:
    """Documents that nobody has looked at yet have no figures, and are Unknown."""
    (hub,) = overview([sample("Hub"), sample("Spoke"), sample("Cluster")], [])["hubs"]
    assert (hub["ready"], hub["zone"]) == ("Unknown", {"id": None, "name": None})
    assert (hub["firewall"], hub["jumpServer"]["present"]) == ({"privateIp": None, "ready": False}, False)
    assert [gauge["used"] for gauge in hub["capacity"].values()] == [None, None]
    (spoke,) = hub["spokes"]
    assert (spoke["state"], spoke["peered"], spoke["capacity"]["routes"]["used"]) == ("attaching", False, None)
    assert "approval" not in spoke


def test_what_has_no_parent_is_an_orphan_with_what_it_has() -> None:
    """A spoke of an unknown hub keeps its clusters; a cluster of an unknown spoke stands alone."""
    lonely = sample("Cluster", "lonely", spoke="nowhere")
    found = overview([SPOKE, CLUSTER, lonely], [])
    assert found["hubs"] == []
    assert [orphan["name"] for orphan in found["orphans"]] == ["payments", "lonely"]
    assert found["orphans"][0]["clusters"][0]["name"] == "payments-prod"


STATES = {
    "asked": "asking",
    "rejected": "rejected",
    "expired": "expired",
    "refused": "refused",
    "approved": "attaching",
}


@pytest.mark.parametrize(("decided", "state"), STATES.items(), ids=STATES)
def test_a_spoke_says_where_it_is_on_its_way(decided: str, state: str) -> None:
    """What was decided about a network shows in its state; only one that asks is in the inbox."""
    approval = {"state": decided, "hub": "weu", "addressSpace": ["10.9.0.0/24"], "hash": "abc", "askedAt": "now"}
    spoke = stored("Spoke", approval=approval, conditions=[condition("Approved", "False", "rule 1 asks")])
    found = overview([HUB, spoke], [])
    assert found["hubs"][0]["spokes"][0]["state"] == state
    assert found["hubs"][0]["spokes"][0]["approval"] == approval
    asking = [(entry["document"], entry["hash"], entry["message"]) for entry in found["approvals"]]
    assert asking == ([("Spoke/payments", "abc", "rule 1 asks")] if decided == "asked" else [])


def test_a_spoke_that_goes_is_leaving() -> None:
    """The request for deletion counts more than that it is still peered."""
    going = SPOKE | {"metadata": SPOKE["metadata"] | {"deletionRequested": "2026-01-01T00:00:00Z"}}
    assert overview([HUB, going], [])["hubs"][0]["spokes"][0]["state"] == "leaving"


def test_the_last_events_only() -> None:
    """At most so many events are shown, the first of those given."""
    events = [{"id": str(number)} for number in range(EVENTS + 1)]
    assert overview([], events)["events"] == events[:EVENTS]


def test_the_digest_follows_what_is_shown() -> None:
    """Another time makes no other digest; another condition, or event, does."""
    seen = overview([HUB], [])
    assert digest(seen | {"generatedAt": "now"}) == digest(seen | {"generatedAt": "later"}) == digest(seen)
    assert digest(overview([HUB, SPOKE], [])) != digest(seen) != digest(overview([HUB], [{"id": "1"}]))
