"""The peering state machine over both virtual networks."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import Answer, Azure, network, peering_to, space, vnet


def peering(of: str, to: str) -> str:
    """The path of the peering of one network to another."""
    return network("virtualNetworks/virtualNetworkPeerings", of, f"to-{to}")


async def connect(azure: Azure, of: str, to: str) -> Answer:
    """Write one side."""
    return await azure.made(peering(of, to), peering_to(vnet(to)), location=None)


def state(answer: Answer) -> tuple[str, str]:
    """State and synchronisation level."""
    return answer.properties["peeringState"], answer.properties["peeringSyncLevel"]


@pytest.fixture
async def pair(azure: Azure) -> Azure:
    """Networks a and b, peered on both sides."""
    await azure.made(vnet("a"), space("10.0.0.0/16"))
    await azure.made(vnet("b"), space("10.1.0.0/16"))
    assert state(await connect(azure, "a", "b")) == ("Initiated", "RemoteNotInSync")
    assert state(await connect(azure, "b", "a")) == ("Connected", "FullyInSync")
    return azure


async def test_the_second_side_connects_both(pair: Azure) -> None:
    """After the second side both are Connected and in sync, and share one resourceGuid."""
    first, second = await pair.get(peering("a", "b")), await pair.get(peering("b", "a"))
    assert state(first) == state(second) == ("Connected", "FullyInSync")
    assert first.properties["resourceGuid"] == second.properties["resourceGuid"]
    assert first.properties["remoteVirtualNetworkAddressSpace"] == {"addressPrefixes": ["10.1.0.0/16"]}
    assert (await pair.get(vnet("a"))).properties["virtualNetworkPeerings"][0]["name"] == "to-b"


async def test_removing_one_side_disconnects_the_other(pair: Azure) -> None:
    """The other side is Disconnected, and recreating fails until that one is written again or removed."""
    await pair.removed(peering("a", "b"))
    assert (await pair.get(peering("b", "a"))).properties["peeringState"] == "Disconnected"
    again = await pair.put(peering("a", "b"), {"properties": peering_to(vnet("b"))})
    assert (again.status, again.code) == (400, "RemotePeeringIsDisconnected")
    await pair.removed(peering("b", "a"))
    assert state(await connect(pair, "a", "b")) == ("Initiated", "RemoteNotInSync")


async def test_removing_a_network_disconnects_its_peers(pair: Azure) -> None:
    """A network goes in spite of its peerings; its peers' are Disconnected."""
    await pair.removed(vnet("a"))
    assert (await pair.get(peering("b", "a"))).properties["peeringState"] == "Disconnected"


async def test_a_grown_address_space_must_be_synchronised(pair: Azure) -> None:
    """The peer that does not know the new space is LocalNotInSync until it is told to synchronise."""
    await pair.made(vnet("a"), space("10.0.0.0/16", "10.5.0.0/16"))
    assert (await pair.get(peering("b", "a"))).properties["peeringSyncLevel"] == "LocalNotInSync"
    assert (await pair.get(peering("a", "b"))).properties["peeringSyncLevel"] == "RemoteNotInSync"
    body = {"properties": peering_to(vnet("a"))}
    await pair.put(peering("b", "a"), body)
    await pair.pass_time()
    assert (await pair.get(peering("b", "a"))).properties["peeringSyncLevel"] == "LocalNotInSync"
    await pair.put(peering("b", "a"), body, syncRemoteAddressSpace="true")
    await pair.pass_time()
    assert state(await pair.get(peering("b", "a"))) == ("Connected", "FullyInSync")
    assert state(await pair.get(peering("a", "b"))) == ("Connected", "FullyInSync")


async def test_address_spaces_of_peers_do_not_overlap(pair: Azure) -> None:
    """Neither a new peer nor a grown space may overlap with what is peered."""
    await pair.made(vnet("same-as-b"), space("10.1.128.0/24"))
    refused = await pair.put(peering("a", "same-as-b"), {"properties": peering_to(vnet("same-as-b"))})
    assert (refused.status, refused.code) == (400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet")
    refused = await pair.put(peering("b", "same-as-b"), {"properties": peering_to(vnet("same-as-b"))})
    assert (refused.status, refused.code) == (400, "VnetAddressSpacesOverlap")
    grown = {"location": "westeurope", "properties": space("10.0.0.0/16", "10.1.0.0/24")}
    refused = await pair.put(vnet("a"), grown)
    assert (refused.status, refused.code) == (400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet")


async def test_one_peering_between_two_networks(pair: Azure) -> None:
    """A second peering to the same network, and one to a network that is not there, are refused."""
    second = network("virtualNetworks/virtualNetworkPeerings", "a", "second")
    refused = await pair.put(second, {"properties": peering_to(vnet("b"))})
    assert (refused.status, refused.code) == (400, "AnotherPeeringAlreadyReferencesRemoteVnet")
    refused = await pair.put(second, {"properties": peering_to(vnet("nowhere"))})
    assert (refused.status, refused.code) == (400, "InvalidResourceReference")
