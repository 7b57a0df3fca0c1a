"""Networks that ask to join a hub: the document that stands for one, its body, and what is seen around it."""

from __future__ import annotations

from typing import Any

from shared.model import naming
from shared.model.document import parse_document
from shared.model.resource_id import ResourceId
from shared.model.spoke import Spoke
from shared.plan import permissions
from shared.plan.observed import Observed
from tests.model.samples import NETWORK, SUBSCRIPTION, hub, sample

Json = dict[str, Any]

WHO = "22222222-2222-2222-2222-222222222222"
HUB_NETWORK = naming.hub_network(hub())
PEERING = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"


def newcomer(name: str = "old", who: str | None = WHO, status: Json | None = None, **spec: Any) -> Spoke:
    """Return the document of a network that an event told of."""
    body = sample("Spoke", name, **{"addressSpace": [], "virtualNetworkId": NETWORK, **spec})
    body["metadata"] |= {"origin": "event", "requestedBy": who, "generation": 1}
    found = parse_document(body | {"status": status or {}})
    assert isinstance(found, Spoke)
    return found


def asking(*prefixes: str, **members: Any) -> Json:
    """Return the network as Azure shows it, with the hub's tag on it."""
    return {
        "id": NETWORK,
        "name": "old",
        "type": "Microsoft.Network/virtualNetworks",
        "location": "westeurope",
        "tags": {"spokewright-hub": "weu"},
        "properties": {"addressSpace": {"addressPrefixes": list(prefixes or ("10.80.0.0/22",))}},
        **members,
    }


def with_peerings(network: Json, *sides: Json) -> Json:
    """Return a network with peerings in it."""
    named = [side | {"id": f"{network['id']}/virtualNetworkPeerings/{side['name']}"} for side in sides]
    return network | {"properties": {**network["properties"], "virtualNetworkPeerings": named}}


def side(remote: str, *space: str, name: str = "side", **members: Any) -> Json:
    """Return one side of a peering."""
    bag = {"remoteVirtualNetwork": {"id": remote}, "remoteAddressSpace": {"addressPrefixes": list(space)}}
    return {"name": name, "properties": bag | members}


def network_id(name: str, group: str = "rg-x") -> str:
    """Return the id of some network."""
    return str(ResourceId.of_group(SUBSCRIPTION, group).resource("Microsoft.Network/virtualNetworks", name))


def permission(*actions: str, but: tuple[str, ...] = ()) -> Json:
    """Return what we may do on the network, as it is read."""
    return {
        "id": f"{NETWORK}/providers/{permissions.TYPE}/0",
        "properties": {"actions": list(actions), "notActions": list(but)},
    }


def hub_network(*sides: Json) -> Json:
    """Return the hub's network as Azure shows it."""
    body = {"id": str(HUB_NETWORK), "name": HUB_NETWORK.name, "properties": {}}
    return with_peerings(body, *sides) if sides else body


def seen(*bodies: Json) -> Observed:
    """Return what was read: the bodies, and that we may do everything."""
    return Observed([permission("*"), *bodies])
