"""What a look answers, stores and says: nothing while it is held, no drift where that is left alone, memory first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from orchestration import observing
from orchestration.activities import planning
from shared.model import naming
from shared.model.document import to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Throttled
from shared.store.wakes import BURST
from tests.model.samples import NETWORK, hub, spoke
from tests.orchestration.test_onboarding import ASK, attached, taking_in
from tests.orchestration.test_sweeping import remove, without_table

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

HUB, SPOKE = DocumentKey("Hub", "weu"), DocumentKey("Spoke", "payments")
FOUND = DocumentKey("Spoke", naming.onboarded_name(NETWORK))
TABLE = f"{NETWORK[: NETWORK.index('/virtualNetworks')]}/routeTables/rt-theirs"


async def asked(app: App) -> str:
    """Bring a network to where it waits for an approval; return the hash of its plan."""
    await app.ready(taking_in(ASK))
    app.network()
    await app.event()
    await app.settle()
    app.arm.counted()
    return str((await app.read(FOUND)).status.approval.hash)


async def approve(app: App, **members: Any) -> None:
    """Write a person's approval of what is asked."""
    decided = {"state": "approved", "decidedBy": "ann", **members}
    await app.store.documents.update_status(FOUND, lambda old: old | {"approval": old["approval"] | decided})


# Held


async def test_a_held_plan_is_shown_and_not_carried_out(app: App) -> None:
    """The whole plan is stored for whoever decides; the orchestrator gets no step of it, and one reason to wait."""
    hash_ = await asked(app)
    planned = await app.plan(FOUND)
    assert (planned["steps"], planned["more"], planned["verify"]) == ([], False, False)
    assert [wait["reason"] for wait in planned["waits"]] == ["ApprovalNeeded"]
    stored = await app.store.plans.get(planned["planId"])
    assert stored is not None
    assert (stored["hash"], len(stored["steps"]) > 2) == (hash_, True)
    document = await app.read(FOUND)
    assert (document.status.plan_hash, document.status.outputs) == (hash_, {})
    baseline = await app.store.baselines.get(FOUND)
    assert baseline is not None
    assert (baseline["intents"], list(baseline["seen"])) == ({}, [NETWORK.lower()])
    assert not [where for where in app.azure.resources if "/virtualnetworkpeerings/" in where]


async def test_what_was_held_has_not_drifted(app: App) -> None:
    """Its subnets were there all the time, and not as we want them: once approved that is work, and no drift."""
    await app.ready(taking_in(ASK))
    app.network()
    app.azure.put(f"{NETWORK}/subnets/a", {"properties": {"addressPrefix": "10.80.0.0/24"}})
    await app.event()
    await app.settle()
    await approve(app)
    assert [step for step in (await app.plan(FOUND))["steps"] if step["resourceId"].endswith("/subnets/a")]
    assert await app.said(FOUND, "Drifted") == ("", "")


async def test_an_event_of_a_held_network_costs_one_read(app: App) -> None:
    """An event that tells nothing new wakes nobody, also while a decision is due; a change does."""
    await asked(app)
    app.ticks += 10
    assert (await app.event(), app.client.running) == ({"get": 1}, [])
    app.network(env="prod")
    assert (await app.event(), app.client.running) == ({"get": 1}, [str(FOUND)])


async def test_a_held_network_is_no_peer_of_the_hub(app: App) -> None:
    """The hub is not woken for it, and has nothing to do for it."""
    await asked(app)
    planned = await app.plan(HUB)
    assert (planned["steps"], planned["waits"]) == ([], [])


async def test_what_was_approved_is_begun_by_its_first_step(app: App) -> None:
    """The approval is marked as used by the first step, not by a look that may be lost: it is not asked for midway."""
    hash_ = await asked(app)
    await approve(app)
    planned = await app.plan(FOUND)
    assert planned["steps"]
    assert (await app.read(FOUND)).status.approval.begun is False
    await app.execute(planned)
    document = await app.read(FOUND)
    assert (document.status.approval.begun, document.status.approval.hash) == (True, hash_)
    assert await app.said(FOUND, "Approved") == ("True", "PlanApproved")
    await app.wake(FOUND)
    await app.settle()
    assert await app.said(FOUND, "Ready") == ("True", "Provisioned")


async def test_an_approval_that_expired(app: App) -> None:
    """When the time is over that is said, nothing is carried out, and nobody is asked again by itself."""
    await asked(app)
    app.clock.advance(hours=72)
    await app.wake(FOUND)
    await app.settle()
    assert await app.said(FOUND, "Approved") == ("False", "ApprovalExpired")
    assert (await app.read(FOUND)).status.retry_at is None
    assert [entry["action"] for entry in await app.store.audit.list(FOUND)] == ["expired", "asked", "onboarded"]


async def test_a_decision_that_came_during_a_look_stands(app: App) -> None:
    """A person approves after a look began and before it is noted: what the look decided is not written over that."""
    await asked(app)
    app.azure.put(f"{NETWORK}/subnets/new", {"properties": {"addressPrefix": "10.80.0.0/24"}})
    app.clock.advance(seconds=3)
    picture = await observing.look(app.dependencies, FOUND)
    assert picture is not None
    assert picture.approval is not None
    await approve(app, hash=picture.approval.hash)
    before = len(await app.store.audit.list(FOUND))
    await planning._planned(app.dependencies, app.client, picture, {"inFlight": []})
    document = await app.read(FOUND)
    assert (document.status.approval.state, document.status.approval.decided_by) == ("approved", "ann")
    assert len(await app.store.audit.list(FOUND)) == before
    assert (await app.plan(FOUND))["steps"]


# The audit


async def test_what_rules_decide_is_in_the_audit_once(app: App) -> None:
    """Which rule, for whom, about which addresses; looking again adds nothing, another plan does."""
    await asked(app)
    await app.plan(FOUND)
    entry, onboarded = await app.store.audit.list(FOUND)
    assert (onboarded["action"], onboarded["door"], onboarded["who"]["event"]) == ("onboarded", "event", "Azure")
    assert (entry["action"], entry["who"]) == ("asked", {"rule": 0, "hub": "weu", "requestedBy": None})
    assert entry["addressSpace"] == ["10.80.0.0/22"]
    app.azure.put(f"{NETWORK}/subnets/new", {"properties": {"addressPrefix": "10.80.0.0/24"}})
    await app.plan(FOUND)
    first, _, _ = await app.store.audit.list(FOUND)
    assert first["action"] == "asked"
    assert first["hash"] != entry["hash"]


# Drift


async def test_drift_is_repaired_and_said(app: App) -> None:
    """With the default policy its steps are answered, the condition names the difference, and then that it is over."""
    await app.ready(hub(), spoke())
    remove(app, "rt-payments/routes/default-to-firewall")
    planned = await app.plan(SPOKE)
    assert [step["reason"] for step in planned["steps"]] == ["route default-to-firewall is missing"]
    assert await app.said(SPOKE, "Drifted") == ("True", "DifferencesFound")
    await app.wake(SPOKE)
    await app.settle()
    assert await app.said(SPOKE, "Drifted") == ("False", "InSync")
    assert await app.said(SPOKE, "Ready") == ("True", "Provisioned")


@pytest.mark.parametrize(
    ("policy", "drifted", "ready"),
    [("report", ("True", "DifferencesFound"), "False"), ("ignore", ("False", "DriftIgnored"), "True")],
)
async def test_drift_that_is_left_alone(app: App, policy: str, drifted: tuple[str, str], ready: str) -> None:
    """The drift has no step, what was asked for has; the baseline keeps what was, so that it stays drift."""
    await app.ready(hub(), spoke(drift=policy))
    without_table(app, "/vnet-payments/subnets/nodes")
    baseline = await app.store.baselines.get(SPOKE)
    planned = await app.plan(SPOKE)
    assert (planned["steps"], planned["waits"]) == ([], [])
    await app.conclude(SPOKE, planned)
    assert await app.said(SPOKE, "Drifted") == drifted
    assert (await app.said(SPOKE, "Ready"))[0] == ready
    after = await app.store.baselines.get(SPOKE)
    assert baseline is not None
    assert after is not None
    assert (after["intents"], after["seen"] != baseline["seen"]) == (baseline["intents"], False)
    await app.apply(spoke(drift=policy, tags={"team": "a"}))
    planned = await app.plan(SPOKE)
    assert {step["resourceId"].rpartition("/")[2] for step in planned["steps"]} == {
        "rg-payments",
        "rt-payments",
        "nsg-payments",
        "vnet-payments",
    }


async def test_a_policy_that_changes_to_repair_repairs(app: App) -> None:
    """What was only reported is mended as soon as the document says so."""
    await app.ready(hub(), spoke(drift="report"))
    remove(app, "rt-payments/routes/default-to-firewall")
    await app.wake(SPOKE)
    await app.settle()
    assert await app.said(SPOKE, "Ready") == ("False", "DifferencesFound")
    await app.ready(spoke())
    assert await app.said(SPOKE, "Ready") == ("True", "Provisioned")
    assert await app.said(SPOKE, "Drifted") == ("False", "InSync")


async def test_a_document_that_never_matched_has_not_drifted(app: App) -> None:
    """On the way to its first match every difference is work, and no drift."""
    await app.ready(hub())
    await app.apply(spoke())
    planned = await app.plan(SPOKE)
    assert len(planned["steps"]) > 3
    assert await app.said(SPOKE, "Drifted") == ("", "")


# Memory


async def test_previous_tables_are_remembered_before_the_steps_are_answered(app: App) -> None:
    """Whoever takes a table's place knows what to put back, even if everything stops right after."""
    await app.ready(hub())
    app.network(tag=None)
    app.azure.put(TABLE, {"location": "westeurope"})
    app.azure.put(f"{NETWORK}/subnets/a", {"properties": {"routeTable": {"id": TABLE}}})
    await app.apply(spoke(addressSpace=[], virtualNetworkId=NETWORK))
    planned = await app.plan(SPOKE)
    assert any(step["resourceId"].endswith("/subnets/a") for step in planned["steps"])
    tables = (await app.read(SPOKE)).status.previous_route_tables
    assert {name: table.lower() for name, table in tables.items()} == {"a": TABLE.lower()}
    await app.wake(SPOKE)
    await app.settle()
    assert (await app.read(SPOKE)).status.previous_route_tables == tables


async def test_what_was_given_back_is_remembered_no_more(app: App) -> None:
    """A subnet that was excluded for a while gets back the table that its owner gave it since, not the one before."""
    await app.ready(hub())
    app.network(tag=None)
    for table in (TABLE, TABLE + "-new"):
        app.azure.put(table, {"location": "westeurope"})
    app.azure.put(f"{NETWORK}/subnets/a", {"properties": {"routeTable": {"id": TABLE}}})
    adopting: Any = {"addressSpace": [], "virtualNetworkId": NETWORK}
    await app.ready(spoke(**adopting))
    await app.ready(spoke(**adopting, excludedSubnets=["A"]))
    subnet = app.azure.resources[f"{NETWORK}/subnets/a".lower()]["properties"]
    assert subnet["routeTable"]["id"].lower() == TABLE.lower()
    subnet["routeTable"] = {"id": TABLE + "-new"}
    await app.ready(spoke(**adopting))
    assert subnet is not app.azure.resources[f"{NETWORK}/subnets/a".lower()]["properties"]
    tables = (await app.read(SPOKE)).status.previous_route_tables
    assert {name: table.lower() for name, table in tables.items()} == {"a": f"{TABLE}-new".lower()}


async def test_what_was_remembered_first_stays_while_ours_is_there(app: App) -> None:
    """Somebody swaps our table for another, and it is mended: what was there before us is still what is put back."""
    await app.ready(hub())
    app.network(tag=None)
    for table in (TABLE, TABLE + "-new"):
        app.azure.put(table, {"location": "westeurope"})
    app.azure.put(f"{NETWORK}/subnets/a", {"properties": {"routeTable": {"id": TABLE}}})
    await app.ready(spoke(addressSpace=[], virtualNetworkId=NETWORK))
    before = (await app.read(SPOKE)).status.previous_route_tables
    app.azure.resources[f"{NETWORK}/subnets/a".lower()]["properties"]["routeTable"] = {"id": TABLE + "-new"}
    await app.wake(SPOKE)
    await app.settle()
    assert (await app.read(SPOKE)).status.previous_route_tables == before
    assert await app.said(SPOKE, "Drifted") == ("False", "InSync")


async def test_a_held_network_has_nothing_to_put_back(app: App) -> None:
    """What is not carried out takes nothing's place."""
    await app.ready(taking_in(ASK))
    app.network()
    app.azure.put(TABLE, {"location": "westeurope"})
    app.azure.put(f"{NETWORK}/subnets/a", {"properties": {"routeTable": {"id": TABLE}}})
    await app.event()
    await app.settle()
    assert (await app.read(FOUND)).status.previous_route_tables == {}


async def test_a_look_with_steps_in_flight_replaces_no_outputs(app: App) -> None:
    """What steps told is fresher than what was just read."""
    await app.ready(hub(), spoke())
    outputs, baseline = (await app.read(SPOKE)).status.outputs, await app.store.baselines.get(SPOKE)
    remove(app, "rt-payments/routes/default-to-firewall")
    await app.plan(SPOKE, inFlight=["somewhere"])
    assert (await app.read(SPOKE)).status.outputs == outputs
    assert await app.store.baselines.get(SPOKE) == baseline


# Pace, and what goes wrong


async def test_too_many_looks_have_to_wait(app: App) -> None:
    """Past the burst a look is answered with a pause, costs no call, and the document says so until it is over."""
    await app.ready(hub())
    job = {"document": "Hub/weu", "run": "r", "inFlight": []}
    answers = [await planning.plan_document(app.dependencies, app.client, job) for _ in range(BURST + 1)]
    app.arm.counted()
    answers.append(await planning.plan_document(app.dependencies, app.client, job))
    assert answers[-1].keys() == {"pause"}
    assert 0 < answers[-1]["pause"] <= 3
    assert app.arm.counted() == {}
    assert await app.said(HUB, "Paced") == ("True", "TooManyWakes")
    app.clock.advance(seconds=60)
    await app.wake(HUB)
    await app.settle()
    assert await app.said(HUB, "Paced") == ("False", "Idle")


async def test_what_heals_by_waiting_is_raised(app: App) -> None:
    """Throttling is the orchestrator's to sit out; no condition is written for it."""
    await app.ready(hub())
    before = await app.store.documents.get(HUB)
    app.arm.failing[str(naming.hub_group(hub()))] = Throttled("slow down")
    with pytest.raises(Throttled):
        await app.plan(HUB)
    assert await app.store.documents.get(HUB) == before


async def test_what_needs_a_person_is_a_wait(app: App) -> None:
    """A denied read is an answer with the reason, and no plan."""
    await app.ready(hub())
    app.arm.denied.add(naming.hub_group(hub()).key)
    planned = await app.plan(HUB)
    assert (planned["steps"], [wait["reason"] for wait in planned["waits"]]) == ([], ["Denied"])


async def test_a_document_that_is_gone(app: App) -> None:
    """A look at nothing is an empty answer."""
    planned = await app.plan("Hub/weu")
    assert (planned["steps"], planned["waits"], planned["planId"]) == ([], [], "")


async def test_looks_at_once_write_one_decision(app: App) -> None:
    """Two looks that overlap, as an activity that is run twice does, leave one decision and lose nothing."""
    await app.ready(taking_in())
    app.network()
    await app.event()
    planned = await asyncio.gather(*(app.plan(FOUND) for _ in range(2)))
    assert planned[0]["planId"] == planned[1]["planId"]
    assert to_json(await app.read(FOUND))["status"]["approval"]["state"] == "approved"
    await attached(app)


# The proof


async def test_a_hub_s_proof_does_not_wait_for_its_steps(app: App) -> None:
    """Servers that were not asked are asked, though something of the hub is missing; a hub without any asks nobody."""
    await app.ready(hub(dns={"mode": "forwarder"}))
    remove(app, "/ruleCollectionGroups/aks-private".lower())
    planned = await app.plan(HUB)
    assert (bool(planned["steps"]), planned["verify"], planned["prove"]) == (True, False, True)
    await app.apply(hub())
    await app.wake(HUB)
    await app.settle()
    assert "prove" not in await app.plan(HUB)
