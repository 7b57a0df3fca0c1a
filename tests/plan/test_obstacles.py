"""What stands in the way of a network, each obstacle in the words that people read."""

from __future__ import annotations

from typing import Any

import pytest

from shared.plan.observed import Observed
from shared.plan.obstacles import NEEDED, Surroundings, obstacles
from tests.model.samples import NETWORK, hub
from tests.plan.newcomers import (
    HUB_NETWORK,
    asking,
    hub_network,
    network_id,
    newcomer,
    permission,
    seen,
    side,
    with_peerings,
)

NEU = hub("neu", resourceGroup="rg-hub-neu", addressSpace=["10.4.0.0/22"], spokePool=None)
NEU_NETWORK = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/RG-HUB-NEU/providers/"
NEU_NETWORK += "Microsoft.Network/virtualNetworks/vnet-hub-neu"


def many(number: int, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return so many sides, the last ones as given."""
    return [*(side(network_id(f"n{n}"), name=f"side-{n}") for n in range(number - len(more))), *more]


def found(network: Any = None, hubs: Any = None, taken: dict[str, list[str]] | None = None) -> list[str]:
    """Return the obstacles of a network beside a hub's."""
    observed = seen(network or asking(), hubs or hub_network())
    return list(obstacles(newcomer(), hub(), Surroundings((hub(), NEU), taken or {}), observed))


OBSTACLES: dict[str, tuple[dict[str, Any], str]] = {
    "overlaps the hub": (
        {"network": asking("10.80.0.0/22", "10.0.2.0/24")},
        "its address range 10.0.2.0/24 overlaps 10.0.0.0/22 of hub weu; it needs another one",
    ),
    "overlaps another spoke": (
        {"taken": {"b": ["10.80.2.0/23"], "a": ["10.64.0.0/22"]}},
        "10.80.0.0/22 overlaps 10.80.2.0/23, which spoke b holds; use another address space",
    ),
    "overlaps a peer of the hub that no document knows": (
        {"hubs": hub_network(side(network_id("shared"), "10.80.3.0/24"))},
        "the address range 10.80.0.0/22 overlaps 10.80.3.0/24 of shared, with which hub weu is peered",
    ),
    "the hub overlaps another peer of the network": (
        {"network": with_peerings(asking(), side(network_id("branch"), "10.0.0.0/16"))},
        "the address range 10.0.0.0/22 of hub weu overlaps 10.0.0.0/16 of branch, with which old is peered",
    ),
    "the hub is full": (
        {"hubs": hub_network(*many(500))},
        "vnet-hub-weu has 500 peerings, and Azure takes 500; remove one, or use another hub",
    ),
    "the network is full": (
        {"network": with_peerings(asking(), *many(500))},
        "old has 500 peerings, and Azure takes 500; remove one, or use another hub",
    ),
    "it has another hub of ours": (
        {"network": with_peerings(asking(), side(NEU_NETWORK, "10.4.0.0/22", name="to-neu"))},
        "it is peered with hub neu (peering to-neu); detach it there first",
    ),
    "it has a hub that we do not know": (
        {"network": with_peerings(asking(), side(network_id("corp"), name="to-corp", useRemoteGateways=True))},
        "its peering to-corp uses the gateways of corp: it has a hub already",
    ),
    "Virtual Network Manager has it": (
        {"network": with_peerings(asking(), side(network_id("mesh"), name="ANM_9F2"))},
        "Azure Virtual Network Manager manages its peering ANM_9F2; take it out of that group first",
    ),
}


@pytest.mark.parametrize(("around", "words"), OBSTACLES.values(), ids=OBSTACLES)
def test_an_obstacle_is_said_with_what_to_do(around: dict[str, Any], words: str) -> None:
    """Each of them alone is found, and is the only one."""
    assert found(**around) == [words]


HARMLESS: dict[str, dict[str, Any]] = {
    "nothing around": {},
    "its own sides on both ends": {
        "network": with_peerings(asking(), side(str(HUB_NETWORK).upper(), "10.0.0.0/22")),
        "hubs": hub_network(side(NETWORK.lower(), "10.80.0.0/22")),
    },
    "500 peerings, one of them ours": {
        "network": with_peerings(asking(), *many(500, side(str(HUB_NETWORK)))),
        "hubs": hub_network(*many(500, side(NETWORK))),
    },
    "499 peerings": {"hubs": hub_network(*many(499))},
    "neighbours beside it": {
        "taken": {"a": ["10.80.4.0/22"]},
        "hubs": hub_network(side(network_id("shared"), "10.81.0.0/16", "fd00::/48")),
        "network": with_peerings(asking("10.80.0.0/22", "fd01::/48"), side(network_id("branch"), "10.99.0.0/16")),
    },
    "a peer without a space that we can see": {"hubs": hub_network(side(network_id("dark")))},
}


@pytest.mark.parametrize("around", HARMLESS.values(), ids=HARMLESS)
def test_what_is_no_obstacle(around: dict[str, Any]) -> None:
    """A peering that is ours already, a peer elsewhere, IPv6: none of them keeps a network out."""
    assert found(**around) == []


def test_all_obstacles_are_said_at_once() -> None:
    """Whoever mends the network hears of everything, and not of one thing a day."""
    network = with_peerings(asking("10.0.0.0/24"), side(network_id("mesh"), name="anm_1"))
    assert len(found(network=network, taken={"b": ["10.0.0.0/26"]})) == 3


PERMISSIONS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "Network Contributor": ([permission("Microsoft.Network/*", "Microsoft.Resources/*/read")], []),
    "exactly what is needed": ([permission(*NEEDED)], []),
    "a reader": ([permission("*/read")], [action for action in NEEDED if not action.endswith("/read")]),
    "no permission at all": ([], list(NEEDED)),
    "all but peering": (
        [permission("*", but=("Microsoft.Network/virtualNetworks/peer/*",))],
        ["Microsoft.Network/virtualNetworks/peer/action"],
    ),
}


@pytest.mark.parametrize(("granted", "lacking"), PERMISSIONS.values(), ids=PERMISSIONS)
def test_what_we_may_not_do_is_named(granted: list[dict[str, Any]], lacking: list[str]) -> None:
    """Before anything is written it is known whether it, and taking it back, will be allowed."""
    observed = Observed([asking(), hub_network(), *granted])
    said = list(obstacles(newcomer(), hub(), Surroundings((), {}), observed))
    words = f"Spokewright may not {', '.join(lacking)} on old; grant it Network Contributor on its resource group"
    assert said == ([words] if lacking else [])
