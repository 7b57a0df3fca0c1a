"""A side of a peering that somebody deleted: both documents make both sides anew, whoever of them looks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.model import naming
from shared.model.envelope import DocumentKey
from tests.model.samples import hub, spoke

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

HUB, SPOKE = DocumentKey("Hub", "weu"), DocumentKey("Spoke", "payments")
HUBS_SIDE, SPOKES_SIDE = naming.hub_peering(hub(), spoke()), naming.spoke_peering(spoke(), hub())
REMOVED = {"the spoke's": (SPOKES_SIDE,), "the hub's": (HUBS_SIDE,), "both": (SPOKES_SIDE, HUBS_SIDE)}


@pytest.mark.parametrize("first", [HUB, SPOKE], ids=str)
@pytest.mark.parametrize("removed", REMOVED.values(), ids=REMOVED)
async def test_both_sides_are_made_anew(app: App, removed: tuple[object, ...], first: DocumentKey) -> None:
    """Azure refuses one side while the other remembers it: that one goes first, and nobody waits for a timer."""
    await app.ready(hub(), spoke())
    for side in removed:
        app.azure.delete(str(side))
    app.azure.writes.clear()
    await app.wake(first)
    await app.settle()
    for side in (HUBS_SIDE, SPOKES_SIDE):
        assert (app.azure.get(str(side)) or {})["properties"]["peeringState"] == "Connected"
    assert sorted(verb for verb, _ in app.azure.writes) == ["create", "create", *["delete"] * (2 - len(removed))]
    for document in (HUB, SPOKE):
        assert await app.said(document, "Ready") == ("True", "Provisioned")
        assert await app.said(document, "Drifted") == ("False", "InSync")


async def test_it_is_waited_for_with_a_reason(app: App) -> None:
    """Until the hub's side has gone the spoke says what was lost; then its own side is drift, told as such."""
    await app.ready(hub(), spoke())
    app.azure.delete(str(SPOKES_SIDE))
    planned = await app.plan(SPOKE)
    assert (planned["steps"], planned["waits"][0]["reason"], planned["waits"][0]["on"]) == ([], "PeerLost", "Hub/weu")
    assert app.client.running == ["Hub/weu"]
    app.azure.delete(str(HUBS_SIDE))
    assert [step["id"].partition(".")[0] for step in (await app.plan(SPOKE))["steps"]] == ["virtualnetworkpeerings"]
    assert await app.said(SPOKE, "Drifted") == ("True", "DifferencesFound")


async def test_the_hub_makes_no_side_that_azure_refuses(app: App) -> None:
    """A spoke that only reports keeps its Disconnected side: the hub waits, and tries nothing in vain."""
    await app.ready(hub(), spoke(drift="report"))
    app.azure.delete(str(HUBS_SIDE))
    app.azure.writes.clear()
    await app.wake(HUB)
    await app.settle()
    assert app.azure.writes == []
    assert await app.said(HUB, "Ready") == ("False", "PeerLost")
    assert await app.said(SPOKE, "Ready") == ("False", "PeerNotReady")
    assert await app.said(SPOKE, "Drifted") == ("True", "DifferencesFound")
