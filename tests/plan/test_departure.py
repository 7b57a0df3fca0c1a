"""Why what was onboarded has to leave; and that nothing leaves because somebody could not look."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.document import parse_document, to_json
from shared.model.related import Related
from shared.plan.departure import reason
from shared.plan.observed import Observed, Read
from tests.model.samples import ATTACHED, MANAGED_CLUSTER, NETWORK, SUBSCRIPTION, cluster, hub, spoke
from tests.plan.newcomers import asking, newcomer

ALONE, GROUP, EVERYWHERE = (
    Read("", NETWORK),
    Read("Microsoft.Network/virtualNetworks", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG-OLD"),
    Read("microsoft.network/VIRTUALNETWORKS", f"/subscriptions/{SUBSCRIPTION}"),
)
OTHER_PLACE = Read("Microsoft.Network/virtualNetworks", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-other")
OTHER_TYPE = Read("Microsoft.Network/routeTables", f"/subscriptions/{SUBSCRIPTION}")
UNTAGGED = "virtual network old has no tag spokewright-hub any more"
DELETED = "virtual network old was deleted"


def leaving(document: Any) -> Any:
    """Return a document whose deletion was requested."""
    body = to_json(document)
    body["metadata"]["deletionRequested"] = "2026-01-01T00:00:00Z"
    return parse_document(body)


SPOKES: dict[str, tuple[Any, Observed, str]] = {
    "as it was": (newcomer(), Observed([asking()], asked=[ALONE]), ""),
    "the tag's name in another case": (newcomer(), Observed([asking(tags={"SPOKEWRIGHT-hub": "weu"})]), ""),
    "without its tag": (newcomer(), Observed([asking(tags={"env": "prod"})]), UNTAGGED),
    "without tags": (newcomer(), Observed([asking(tags=None)]), UNTAGGED),
    "with another hub's tag": (
        newcomer(),
        Observed([asking(tags={"spokewright-hub": "neu"})]),
        "the tag spokewright-hub of virtual network old names neu now",
    ),
    "asked for and gone": (newcomer(), Observed(asked=[ALONE]), DELETED),
    "not in its group's list": (newcomer(), Observed(asked=[GROUP]), DELETED),
    "not in its subscription's list": (newcomer(), Observed(asked=[EVERYWHERE]), DELETED),
    "not asked for": (newcomer(), Observed(asked=[OTHER_PLACE, OTHER_TYPE]), ""),
    "leaving already": (leaving(newcomer()), Observed(asked=[ALONE]), ""),
    "adopted by a request": (spoke(addressSpace=[], virtualNetworkId=NETWORK), Observed(asked=[ALONE]), ""),
    "made by us": (spoke(), Observed(asked=[EVERYWHERE]), ""),
}


@pytest.mark.parametrize(("document", "observed", "expected"), SPOKES.values(), ids=SPOKES)
def test_a_network_leaves(document: Any, observed: Observed, expected: str) -> None:
    """A network that is gone or asks no more leaves; a person's request stays, and so does what was not looked at."""
    assert reason(document, Related(hub=hub()), observed) == expected


def test_a_network_leaves_a_hub_that_goes() -> None:
    """A hub that is to be deleted waits for nobody who joined by itself."""
    assert reason(newcomer(), Related(hub=leaving(hub())), Observed([asking()])) == "hub weu is being deleted"


def test_a_network_stays_while_its_hub_is_unknown() -> None:
    """Without the hub's document nobody knows its tag."""
    assert reason(newcomer(), Related(), Observed(asked=[ALONE])) == ""


def found_cluster() -> Any:
    """Return the document of a cluster that an event told of."""
    body = to_json(cluster(**ATTACHED))
    body["metadata"]["origin"] = "event"
    return parse_document(body)


IT = Read("", MANAGED_CLUSTER)
IN_PLACE = Related(hub=hub(), spoke=spoke())
CLUSTERS: dict[str, tuple[Any, Related, Observed, str]] = {
    "as it was": (found_cluster(), IN_PLACE, Observed([{"id": MANAGED_CLUSTER}], asked=[IT]), ""),
    "deleted": (found_cluster(), IN_PLACE, Observed(asked=[IT]), "managed cluster shop was deleted"),
    "not asked for": (found_cluster(), IN_PLACE, Observed(), ""),
    "its spoke leaves": (
        found_cluster(),
        Related(hub=hub(), spoke=leaving(spoke())),
        Observed([{"id": MANAGED_CLUSTER}], asked=[IT]),
        "spoke payments is leaving its hub",
    ),
    "its spoke is gone": (found_cluster(), Related(), Observed(), "spoke payments is gone"),
    "its hub is gone": (found_cluster(), Related(spoke=spoke()), Observed(), "hub weu is gone"),
    "attached by a request": (cluster(**ATTACHED), Related(), Observed(asked=[IT]), ""),
    "leaving already": (leaving(found_cluster()), Related(), Observed(asked=[IT]), ""),
}


@pytest.mark.parametrize(("document", "around", "observed", "expected"), CLUSTERS.values(), ids=CLUSTERS)
def test_a_cluster_leaves(document: Any, around: Related, observed: Observed, expected: str) -> None:
    """A cluster that is gone leaves, and one whose spoke leaves or is gone."""
    assert reason(document, around, observed) == expected


def test_a_hub_never_leaves_by_itself() -> None:
    """Hubs are asked for by people, whatever their origin says."""
    body = to_json(hub())
    body["metadata"]["origin"] = "event"
    assert reason(parse_document(body), Related(), Observed()) == ""
