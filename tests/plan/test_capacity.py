"""How much is used of what Azure limits: published with the outputs, and never guessed."""

from __future__ import annotations

from shared.model import naming
from shared.model.related import Related
from shared.plan import planner
from shared.plan.observed import Observed
from tests.model.samples import hub, spoke
from tests.plan.documents import HUB, SPOKE
from tests.plan.fleet import Fleet


def test_a_hub_and_a_spoke_publish_what_is_used() -> None:
    """At rest the hub says how many peerings its network has, the spoke how many routes its table has."""
    fleet = Fleet([hub(), spoke()])
    fleet.settle()
    assert fleet.documents[HUB].status.outputs["peerings"] == 1
    assert fleet.documents[SPOKE].status.outputs["routes"] == 1


def test_the_zone_counts_its_links() -> None:
    """The links are those that Azure counts on the zone itself, also those that others made."""
    zone = naming.private_dns_zone(hub())
    body = {"id": str(zone), "name": zone.name, "properties": {"numberOfVirtualNetworkLinks": 7}}
    assert planner.outputs(hub(), Related(), Observed([body]))["zoneLinks"] == 7


def test_a_part_of_what_is_there_makes_no_figure() -> None:
    """Where only another resource was seen, as after a single step, nothing is said of what was not."""
    link = naming.private_dns_zone(hub()).child("virtualNetworkLinks", naming.hub_network(hub()).name)
    body = {"id": str(link), "name": link.name, "properties": {"provisioningState": "Succeeded"}}
    outputs = planner.outputs(hub(), Related(), Observed([body]))
    assert not {"peerings", "zoneLinks"} & outputs.keys()
    assert "routes" not in planner.outputs(spoke(), Related(hub=hub()), Observed())
