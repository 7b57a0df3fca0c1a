"""What a finished step tells, and whom it wakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestration.activities import publishing
from shared.model import naming
from shared.model.envelope import DocumentKey
from shared.plan.steps import DEPENDENTS
from tests.model.samples import cluster, hub, spoke

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.model.hub import Hub
    from shared.model.resource_id import ResourceId
    from tests.orchestration.app_on_fakes import App

    Step = Callable[[Hub], ResourceId]

HUB = DocumentKey("Hub", "weu")


def jump_server(document: Hub) -> ResourceId:
    """Return a resource that only clusters wait for."""
    return naming.jump_server(document)


def network(document: Hub) -> ResourceId:
    """Return a resource that spokes wait for too."""
    return naming.hub_network(document)


@pytest.mark.parametrize(
    ("step", "woken"),
    [(jump_server, {"Cluster/payments-prod"}), (network, {"Spoke/payments"})],
    ids=["of the jump server", "of the network"],
)
async def test_a_step_of_a_hub_with_servers_wakes_who_waits_for_it(app: App, step: Step, woken: set[str]) -> None:
    """What is kept from the last look, such as whose turn it is, wakes nobody: it is as it was."""
    await app.ready(hub(dns={"mode": "forwarder"}), spoke(), cluster())
    document = await app.read(HUB)
    assert "dns" in document.status.outputs
    body = app.azure.get(step(document))
    await publishing.publish(app.dependencies, app.client, HUB, (DEPENDENTS,), body)
    assert set(app.client.running) == woken
    assert (await app.read(HUB)).status.outputs == document.status.outputs


async def test_a_turn_wakes_whose_it_is(app: App) -> None:
    """The decision is everybody's business once; after that each look is about the network whose turn comes or went."""
    spokes = [spoke(name, addressSpace=[f"10.64.{4 * at}.0/22"]) for at, name in enumerate("abc")]
    await app.ready(hub(), *spokes, cluster(spoke="a"))
    await app.ready(hub(dns={"mode": "forwarder"}))
    await answered(app, [])
    await app.plan(HUB)
    assert set(app.client.running) == {"Spoke/a", "Spoke/b", "Spoke/c", "Cluster/payments-prod"}
    await app.reconcile(HUB)
    app.client.running.clear()
    await answered(app, ["Hub"])
    await app.plan(HUB)
    assert (await app.read(HUB)).status.outputs["dns"]["turn"] == ["a"]
    assert app.client.running == ["Spoke/a"]
    await app.settle()
    app.client.running.clear()
    await answered(app, ["Hub", "a"])
    await app.plan(HUB)
    assert app.client.running == ["Spoke/b"]


async def answered(app: App, moved: list[str]) -> None:
    """Let all servers have answered after these networks had changed."""
    servers = {address: {"answers": True, "message": ""} for address in ("10.0.1.4", "10.0.1.5")}
    generation = (await app.read(HUB)).metadata.generation
    proof = {"servers": servers, "moved": moved, "generation": generation}
    await app.store.documents.update_status(HUB, lambda old: old | {"outputs": old["outputs"] | {"dnsProof": proof}})
