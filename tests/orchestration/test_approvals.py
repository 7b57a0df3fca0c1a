"""A person's decision: about the plan that they saw, not about their own request, once, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orchestration import approvals, observing
from orchestration.access.caller import Caller
from shared.model import naming
from shared.model.envelope import DocumentKey
from shared.model.errors import Conflict, Forbidden, NotFound, SpokewrightError
from tests.model.samples import NETWORK, hub
from tests.orchestration.test_onboarding import ASK, taking_in
from tests.plan.newcomers import WHO

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

FOUND = DocumentKey("Spoke", naming.onboarded_name(NETWORK))
ANN = Caller("ann-id", "ann", verified=True)
FIRST = ("onboarded", None, None)
"""The first entry of each: that the network was found."""
SUBNET = f"{NETWORK}/subnets/new"


async def asked(app: App) -> str:
    """Bring a network, made by somebody, to where it waits for an approval; return the hash of its plan."""
    await app.ready(taking_in(ASK))
    app.network()
    await app.event(who=WHO)
    await app.settle()
    return str((await app.read(FOUND)).status.approval.hash)


async def decide(app: App, hash_: str, decision: Any = "approve", who: Caller = ANN, reason: str = "") -> Any:
    """Decide, as the HTTP route does, a moment later."""
    app.clock.advance(seconds=1)
    return await approvals.decide(app.dependencies, FOUND, decision, hash_, who, reason)


async def audit(app: App) -> list[tuple[str, Any, Any]]:
    """Return what was written down, oldest first: what, who, about which plan."""
    entries = reversed(await app.store.audit.list(FOUND))
    return [(entry["action"], entry["who"].get("name"), entry.get("hash")) for entry in entries]


async def test_an_approval_is_carried_out(app: App) -> None:
    """The document says by whom; its reconciler then attaches the network; the audit has both steps."""
    hash_ = await asked(app)
    document = await decide(app, hash_, reason="fine")
    approval = document["status"]["approval"]
    assert (approval["state"], approval["decidedBy"], approval["reason"], approval["begun"]) == (
        "approved",
        "ann",
        "fine",
        False,
    )
    assert approval["decidedAt"] == app.clock().isoformat().replace("+00:00", "Z")
    assert await app.said(FOUND, "Approved") == ("True", "PlanApproved")
    await app.wake(FOUND)
    await app.settle()
    assert await app.said(FOUND, "Ready") == ("True", "Provisioned")
    assert await audit(app) == [FIRST, ("asked", None, hash_), ("approve", "ann", hash_)]


async def test_a_rejection_stands(app: App) -> None:
    """Nothing is changed in Azure, whoever looks, until somebody asks anew."""
    hash_ = await asked(app)
    before = dict(app.azure.resources)
    await decide(app, hash_, "reject", reason="not here")
    for _ in range(2):
        await app.wake(FOUND)
        await app.settle()
    assert await app.said(FOUND, "Approved") == ("False", "Rejected")
    assert app.azure.resources == before
    assert await audit(app) == [FIRST, ("asked", None, hash_), ("reject", "ann", hash_)]
    assert (await app.read(FOUND)).status.retry_at is None


async def test_a_stale_hash_is_refused_with_the_present_one(app: App) -> None:
    """What the approver saw is not what would be done now: 409 names the plan to look at; the refusal is written."""
    hash_ = await asked(app)
    app.azure.put(SUBNET, {"properties": {"addressPrefix": "10.80.0.0/24"}})
    with pytest.raises(Conflict, match="is another one now") as caught:
        await decide(app, hash_)
    picture = await observing.look(app.dependencies, FOUND)
    assert picture is not None
    assert (caught.value.code, picture.plan.hash in caught.value.message) == ("PlanChanged", True)
    assert await app.said(FOUND, "Approved") == ("False", "ApprovalNeeded")
    assert await audit(app) == [FIRST, ("asked", None, hash_), ("approve refused", "ann", hash_)]
    await decide(app, picture.plan.hash)
    assert await app.said(FOUND, "Approved") == ("True", "PlanApproved")


async def test_a_plan_that_changed_after_its_approval_is_asked_about_again(app: App) -> None:
    """Approved and not yet begun, and the network has another subnet now: nothing of it is done."""
    hash_ = await asked(app)
    await decide(app, hash_)
    app.azure.put(SUBNET, {"properties": {"addressPrefix": "10.80.0.0/24"}})
    await app.wake(FOUND)
    await app.settle()
    assert await app.said(FOUND, "Approved") == ("False", "ApprovalNeeded")
    assert "changed after it was approved" in (await app.read(FOUND)).status.approval.reason
    assert not [where for where in app.azure.resources if "/virtualnetworkpeerings/" in where]


OWN = [
    Caller(WHO.upper(), "somebody", verified=True),
    Caller("another", WHO, verified=True),
    Caller("", WHO, verified=False),
]


@pytest.mark.parametrize("who", OWN, ids=["by id", "by name", "by what they say"])
async def test_nobody_decides_about_their_own_request(app: App, who: Caller) -> None:
    """Whoever made the network neither approves nor rejects it; that they tried is written."""
    hash_ = await asked(app)
    for decision in ("approve", "reject"):
        with pytest.raises(Forbidden, match="cannot decide about it"):
            await decide(app, hash_, decision, who)
    tried = [action for action, _, _ in await audit(app)]
    assert tried == ["onboarded", "asked", "approve refused", "reject refused"]
    assert await app.said(FOUND, "Approved") == ("False", "ApprovalNeeded")


async def test_nobody_decides_about_their_own_change(app: App) -> None:
    """Nor does whoever changed its document last; somebody else does."""
    hash_ = await asked(app)
    other = "c0000000-0000-4000-8000-00000000000c"

    def change(document: Any) -> Any:
        return document | {"metadata": document["metadata"] | {"changedBy": other.upper()}}

    await app.store.documents.update(FOUND, change)
    with pytest.raises(Forbidden, match="cannot decide about it"):
        await decide(app, hash_, who=Caller(other, "cora", verified=True))
    assert (await decide(app, hash_))["status"]["approval"]["decidedBy"] == "ann"


async def test_a_network_that_nobody_is_known_to_have_made(app: App) -> None:
    """Found by a sweep it has no requester: whoever has no name either may decide."""
    await app.ready(taking_in(ASK))
    app.network()
    await app.event()
    await app.settle()
    hash_ = str((await app.read(FOUND)).status.approval.hash)
    written = await decide(app, hash_, who=Caller("", "a holder of the function key", verified=False))
    assert written["status"]["approval"]["decidedBy"] == "a holder of the function key"


async def test_after_the_deadline_it_is_too_late(app: App) -> None:
    """An hour after the time is over nobody approves, even where no look has said so yet."""
    hash_ = await asked(app)
    app.clock.advance(hours=73)
    with pytest.raises(Conflict) as caught:
        await decide(app, hash_)
    assert caught.value.code == "ApprovalExpired"


TOO_LATE: dict[str, tuple[str, str]] = {"approve": ("NothingToApprove", ""), "reject": ("AlreadyRejected", "retry")}


@pytest.mark.parametrize("decision", TOO_LATE)
async def test_a_decision_is_taken_once(app: App, decision: str) -> None:
    """What was decided is not decided again, one way or the other."""
    hash_ = await asked(app)
    await decide(app, hash_, decision)
    for other in ("approve", "reject"):
        with pytest.raises(Conflict) as caught:
            await decide(app, hash_, other)
        assert caught.value.code == TOO_LATE[decision][0]


async def test_what_nobody_asks_about(app: App) -> None:
    """A hub, a network that a rule refuses: there is nothing to approve, and that is said with the reason."""
    await app.ready(taking_in({"action": "deny"}))
    app.network()
    await app.event()
    await app.settle()
    with pytest.raises(Conflict, match="onboarding rule 1 of hub weu denies it"):
        await decide(app, "x")
    with pytest.raises(Conflict, match="carried out as it is"):
        await approvals.decide(app.dependencies, DocumentKey("Hub", "weu"), "approve", "x", ANN, "")
    with pytest.raises(NotFound):
        await approvals.decide(app.dependencies, DocumentKey("Spoke", "none"), "approve", "x", ANN, "")


async def test_two_who_decide_at_once(app: App) -> None:
    """One looks, the other decides, and then the one writes: it is told to look again, and nothing is overwritten."""
    hash_ = await asked(app)
    picture = await observing.look(app.dependencies, FOUND)
    assert picture is not None
    await decide(app, hash_, "reject", Caller("bob", "bob", verified=True))
    with pytest.raises(Conflict, match="this moment") as caught:
        await approvals._write(app.dependencies, FOUND, picture, "approve", ANN, "")
    assert caught.value.code == "PlanChanged"
    assert (await app.read(FOUND)).status.approval.state == "rejected"


async def test_a_write_whose_answer_was_lost(app: App) -> None:
    """The store runs a change again upon its own result where the answer got lost: that is one decision, not two."""
    await asked(app)
    picture = await observing.look(app.dependencies, FOUND)
    assert picture is not None
    first = await approvals._write(app.dependencies, FOUND, picture, "approve", ANN, "")
    again = await approvals._write(app.dependencies, FOUND, picture, "approve", ANN, "")
    assert again == first


async def test_what_cannot_be_seen_is_not_approved(app: App) -> None:
    """Where we may not read the network nobody can know what the plan would be."""
    hash_ = await asked(app)
    app.arm.denied.add(NETWORK.lower())
    with pytest.raises(SpokewrightError):
        await decide(app, hash_)
    assert await app.said(FOUND, "Approved") == ("False", "ApprovalNeeded")


async def test_the_world_is_told(app: App) -> None:
    """Asked, approved: each is a lifecycle event with the plan's hash and who decided."""
    hash_ = await asked(app)
    await decide(app, hash_)
    events = [event for event in await app.store.events.list() if event["subject"] == f"spokes/{FOUND.name}"]
    assert sorted((event["type"].rpartition(".")[2], event["data"]["planHash"]) for event in events) == [
        ("ApprovalRequested", hash_),
        ("Approved", hash_),
    ]
    assert [event["data"]["decidedBy"] for event in events if event["type"].endswith(".Approved")] == ["ann"]


async def test_an_approval_of_a_hub_that_is_not_ready(app: App) -> None:
    """The network of a hub that is still deploying can be decided about, and joins when the hub is there."""
    await app.apply(taking_in(ASK))
    app.network()
    await app.event(who=WHO)
    app.client.running.remove(str(FOUND))
    await app.wake(FOUND)
    await app.settle()
    hash_ = str((await app.read(FOUND)).status.approval.hash)
    await decide(app, hash_)
    await app.wake(FOUND)
    await app.settle()
    await app.wake(hub().key)
    await app.settle()
    assert await app.said(FOUND, "Ready") == ("True", "Provisioned")
