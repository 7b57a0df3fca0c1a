"""What stands in the way of a network that asks to join a hub, in words; looked at before anything is written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared.model import addressing, naming, pool, resource_id
from shared.plan import permissions
from shared.plan.documents import adopted_network
from shared.plan.observed import properties
from shared.plan.resources import peering
from shared.plan.steps import lookup

if TYPE_CHECKING:
    from shared.model.hub import Hub
    from shared.model.pool import Taken
    from shared.model.resource_id import ResourceId
    from shared.model.spoke import Spoke
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

MOST_PEERINGS = 500
"""Of one virtual network (Azure's networking limits)."""

NETWORK_MANAGER = "anm_"
"""How Azure Virtual Network Manager begins the names of the peerings that it makes, in lower case."""

NEEDED = (
    "Microsoft.Network/virtualNetworks/peer/action",
    "Microsoft.Network/virtualNetworks/subnets/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
    "Microsoft.Network/routeTables/write",
    "Microsoft.Network/routeTables/delete",
    "Microsoft.Network/routeTables/join/action",
    "Microsoft.Network/routeTables/routes/write",
)
"""Actions that the identity which writes networks needs to attach one and to give it back."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around the network: all hubs, and which blocks the hub's other spokes hold."""

    hubs: tuple[Hub, ...]
    taken: Taken


def obstacles(spoke: Spoke, hub: Hub, around: Surroundings, observed: Observed) -> Iterator[str]:
    """Yield each reason why the network cannot join, with what to do."""
    network = naming.spoke_network(spoke, hub)
    ours, theirs = _peerings(naming.hub_network(hub), observed), _peerings(network, observed)
    space = [IPv4Network(block) for block in adopted_network.space(spoke, hub, observed)]
    yield from _overlaps(space, hub, around.taken)
    yield from _overlaps_of_peers(space, [side for side in ours if not _leads(side, network)], f"hub {hub.name}")
    beside = [side for side in theirs if not _leads(side, naming.hub_network(hub))]
    yield from _overlaps_of_peers(hub.spec.address_space, beside, network.name, whose=f"of hub {hub.name} ")
    yield from _capacity(ours, naming.hub_network(hub).name, network)
    yield from _capacity(theirs, network.name, naming.hub_network(hub))
    yield from _elsewhere(theirs, hub, around.hubs)
    lacking = permissions.lacking(NEEDED, permissions.granted(observed, network))
    if lacking:
        mend = "grant it Network Contributor on its resource group"
        yield f"Spokewright may not {', '.join(lacking)} on {network.name}; {mend}"


def _peerings(network: ResourceId, observed: Observed) -> Sequence[Json]:
    body = observed.get(network)
    return () if body is None else properties(body).get("virtualNetworkPeerings") or ()


def _leads(side: Json, network: ResourceId) -> bool:
    return resource_id.key(str(lookup(side, "properties.remoteVirtualNetwork.id"))) == network.key


def _overlaps(space: Sequence[IPv4Network], hub: Hub, taken: Taken) -> Iterator[str]:
    for block in space:
        other = addressing.overlapping(block, hub.spec.address_space)
        if other is not None:
            yield f"its address range {block} overlaps {other} of hub {hub.name}; it needs another one"
    held = pool.conflict([str(block) for block in space], taken)
    if held is not None:
        yield held


def _overlaps_of_peers(
    space: Sequence[IPv4Network], sides: Sequence[Json], owner: str, whose: str = ""
) -> Iterator[str]:
    for side in sides:
        peer = str(lookup(side, "properties.remoteVirtualNetwork.id")).rpartition("/")[2]
        remote = [IPv4Network(block) for block in peering.remote_space(side) if ":" not in block]
        for block in space:
            other = addressing.overlapping(block, remote)
            if other is not None:
                yield f"the address range {block} {whose}overlaps {other} of {peer}, with which {owner} is peered"


def _capacity(sides: Sequence[Json], name: str, other: ResourceId) -> Iterator[str]:
    if len(sides) >= MOST_PEERINGS and not any(_leads(side, other) for side in sides):
        yield f"{name} has {len(sides)} peerings, and Azure takes {MOST_PEERINGS}; remove one, or use another hub"


def _elsewhere(sides: Sequence[Json], hub: Hub, hubs: Sequence[Hub]) -> Iterator[str]:
    """Yield that the network belongs to somebody else already: another hub, or Azure Virtual Network Manager."""
    others = {naming.hub_network(other).key: other.name for other in hubs if other.name != hub.name}
    for side in sides:
        remote = str(lookup(side, "properties.remoteVirtualNetwork.id"))
        found = others.get(resource_id.key(remote))
        if str(side["name"]).lower().startswith(NETWORK_MANAGER):
            yield f"Azure Virtual Network Manager manages its peering {side['name']}; take it out of that group first"
        elif found is not None:
            yield f"it is peered with hub {found} (peering {side['name']}); detach it there first"
        elif properties(side).get("useRemoteGateways"):
            yield f"its peering {side['name']} uses the gateways of {remote.rpartition('/')[2]}: it has a hub already"
