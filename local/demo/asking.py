"""Scene 3: a network falls under a rule that asks a person; the plan is approved by its hash, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.demo import narration, screen
from local.demo.appearing import show_wiring
from local.demo.stage import check, peerings, until

if TYPE_CHECKING:
    from local.demo.stage import Stage

Json = dict[str, Any]

GROUP, NETWORK, SPACE = "rg-lab", "vnet-lab", "10.96.0.0/22"
REASON = "known to the platform team"
ACCEPTED = 202


async def play(stage: Stage) -> None:
    """Show a network that is held, what would be done, and that it is done once somebody approved it."""
    narration.scene(stage.console, 3, "another one has to wait for a person")
    network = await stage.team.make(GROUP, NETWORK, SPACE, {"lab": "10.96.0.0/24"}, {"spokewright-hub": "weu"})
    narration.happened(stage.console, f"azure-mgmt-network: {NETWORK}, {SPACE}, tagged spokewright-hub=weu")
    held = await until(lambda: _held(stage, network), f"{NETWORK} is held")
    path = f"spokes/{held['metadata']['name']}"
    plan = await stage.client.api(f"{path}/plan")
    await _show_held(stage, held, plan)
    status, answer = await stage.client.decide(path, plan["hash"], reason=REASON, by="demo")
    check(status == ACCEPTED, f"the approval is accepted: {answer}")
    narration.happened(stage.console, f'POST /api/{path}/approve {{"hash": "{plan["hash"][:12]}…"}}')
    spoke = await until(lambda: stage.attached(network), f"{NETWORK} is attached")
    await show_wiring(stage, network, spoke, "lab")
    await _show_record(stage, path, plan["hash"])


async def _held(stage: Stage, network: str) -> Json | None:
    spoke = await stage.spoke_of(network)
    asked = spoke is not None and screen.condition(spoke, "Approved")["reason"] == "ApprovalNeeded"
    return spoke if asked else None


async def _show_held(stage: Stage, held: Json, plan: Json) -> None:
    there = await stage.team.network(GROUP, NETWORK)
    check(not peerings(there) and not await stage.team.tables(GROUP), "nothing is written before the approval")
    check(plan["approval"]["hash"] == plan["hash"], "the plan is the one that is asked about")
    narration.conditions(stage.console, held, "Approved")
    narration.planned(stage.console, plan)
    narration.holds(stage.console, "nothing was written so far")


async def _show_record(stage: Stage, path: str, plan_hash: str) -> None:
    entries = (await stage.client.api(f"{path}/audit"))["items"]
    approved = next((entry for entry in entries if entry["action"] == "approve"), None)
    check(approved is not None and approved["hash"] == plan_hash, "the audit has the approval with its hash")
    narration.audit(stage.console, path, entries)
