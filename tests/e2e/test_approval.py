"""A person decides: about the plan that they saw, in time, not about their own request, and it is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from local.host.tokens import Tokens
from orchestration.access.caller import KEY_HOLDER
from tests.access.people import headers_of, person
from tests.e2e.site import IN_SYNC, NO_SWEEP, TAG, Site, eventually, hub, hub_network, open_site, plain, said, sides
from tests.e2e.stage import Json, condition, is_ready
from tests.e2e.test_access import oid_of

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SIGNED_IN = "WEBSITE_AUTH_ENABLED"
RULES = [{"addressWithin": "10.64.0.0/16", "action": "auto"}, {"addressWithin": "10.65.0.0/16", "action": "approve"}]
LATER = 25 * 3600.0
"""Seconds: longer than the hub's approvals may take."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings() -> dict[str, str]:
    """Return the app's settings, which hold from its next start on."""
    return dict(NO_SWEEP)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> AsyncIterator[Site]:
    """Yield a hub that takes in some networks by itself, and asks about others."""
    hubs = [hub(rules=RULES, approvalHours=24)]
    async with open_site(tmp_path_factory.mktemp("approval"), lambda _: hubs, settings=settings) as found:
        yield found


def bearer(token: str) -> dict[str, str]:
    """Return the header of somebody who signed in."""
    return {"Authorization": f"Bearer {token}"}


async def make(site: Site, name: str, space: str) -> str:
    """Return a network that asks to join."""
    group = await site.somebody.group("rg-team")
    prefix = space.rpartition("/")[0] + "/26"
    return await site.somebody.network(
        group, f"vnet-{name}", [space], {"nodes": {"addressPrefix": prefix}}, {TAG: "weu"}
    )


def path_of(document: Json) -> str:
    """Return where a spoke's document is."""
    return f"spokes/{document['metadata']['name']}"


async def plan_hash(site: Site, document: Json) -> str:
    """Return the hash of the plan that an approver sees now; nothing else is asked about."""
    plan = await site.client.api(f"{path_of(document)}/plan")
    assert plan["approval"]["state"] == "asked"
    assert plan["approval"]["hash"] == plan["hash"]
    return str(plan["hash"])


async def approve(site: Site, document: Json, **members: str) -> None:
    """Approve what the document asks for now."""
    status, answer = await site.client.decide(path_of(document), await plan_hash(site, document), **members)
    assert status == 202, answer


async def audit(site: Site, document: Json) -> list[Json]:
    """Return who decided what about a document, oldest first."""
    return list(reversed((await site.client.api(f"{path_of(document)}/audit"))["items"]))


async def grow(site: Site, network: str, *blocks: str) -> None:
    """Give a network more addresses."""
    await site.somebody.change(
        network, lambda body: body["properties"]["addressSpace"]["addressPrefixes"].extend(blocks)
    )


async def hub_side(site: Site, network: str) -> tuple[tuple[str, str], list[str]]:
    """Return the hub's side of the peering with a network: its state, and the addresses that it knows."""
    body = await site.somebody.get(hub_network())
    found = [
        side["properties"]
        for side in body["properties"]["virtualNetworkPeerings"]
        if side["properties"]["remoteVirtualNetwork"]["id"] == network
    ]
    state = found[0]["peeringState"], found[0]["peeringSyncLevel"]
    return state, found[0]["remoteAddressSpace"]["addressPrefixes"]


async def looked_over(site: Site) -> None:
    """Let the sweep and the hub look at everything: what is held has to stay so."""
    await site.client.post("sweep")
    await site.client.post("hubs/weu/retry")
    await site.quiet()


async def test_only_the_plan_that_was_seen_is_approved(site: Site) -> None:
    """A wrong body, another hash, a network that changed since the look: refused, and the network stays untouched."""
    network = await make(site, "asks", "10.65.0.0/24")
    document = await site.asked(network)
    path, seen, since = path_of(document), await plan_hash(site, document), await site.mark()
    assert seen in condition(document, "Approved")["message"]
    for wrong, where in (
        ({}, ["$.hash"]),
        ({"hash": 5, "decision": "perhaps", "why": "?"}, ["$.why", "$.hash", "$.decision"]),
    ):
        status, answer = await site.client.ask("POST", f"{path}/approve", wrong)
        assert (status, [one["path"] for one in answer["errors"]]) == (400, where)
    status, answer = await site.client.decide(path, "0" * 64, by="ada")
    assert (status, answer["code"]) == (409, "PlanChanged")
    status, answer = await site.client.decide(path, seen, by=site.somebody.object_id)
    assert (status, answer["code"]) == (403, "OwnRequest")

    more = {"properties": {"addressPrefix": "10.65.0.64/26"}}
    await site.somebody.put(f"{network}/subnets/late", more)
    made = await site.somebody.get(network)
    status, answer = await site.client.decide(path, seen, by="ada", reason="as I saw it")
    assert (status, answer["code"]) == (409, "PlanChanged")
    await site.quiet()
    assert await site.ours(since, "PUT", "DELETE") == []
    assert await site.somebody.get(network) == made
    refusals = [line for line in await audit(site, document) if line["action"] == "approve refused"]
    names = [(line["hash"], line["who"]["name"]) for line in refusals]
    assert names == [("0" * 64, "ada"), (seen, site.somebody.object_id), (seen, "ada")]


async def test_an_approval_attaches_and_is_written_down(site: Site) -> None:
    """The audit says who, what, when and about which plan; names in headers count only where the platform sets them."""
    network = await make(site, "approved", "10.65.1.0/24")
    document = await site.asked(network)
    asked_by, seen = document["metadata"]["requestedBy"], await plan_hash(site, document)
    assert asked_by == site.somebody.object_id
    status, _ = await site.client.ask(
        "POST",
        f"{path_of(document)}/approve",
        {"hash": seen, "by": "ada", "reason": "as agreed"},
        **headers_of(person("Admin", oid=asked_by, name="mallory")),
    )
    assert status == 202
    attached = await site.attached(network)
    assert condition(attached, "Approved")["reason"] == "PlanApproved"
    assert "ada: as agreed" in condition(attached, "Approved")["message"]
    assert sides(await site.somebody.get(network)) == {hub_network(): IN_SYNC}
    onboarded, asked, approved = await audit(site, document)
    assert (onboarded["action"], onboarded["door"], onboarded["who"]["id"]) == ("onboarded", "event", asked_by)
    assert (asked["action"], asked["hash"], asked["who"]["requestedBy"]) == ("asked", seen, asked_by)
    assert (approved["action"], approved["hash"], approved["reason"]) == ("approve", seen, "as agreed")
    assert approved["who"] == {"id": "", "name": "ada", "verified": False, "roles": ["Admin"]}
    assert datetime.fromisoformat(asked["time"]) <= datetime.fromisoformat(approved["time"])
    status, answer = await site.client.decide(path_of(document), seen)
    assert (status, answer["code"]) == (409, "NothingToApprove")


async def test_more_addresses_need_another_approval(site: Site) -> None:
    """The hub does not learn of them before; after it, both sides are in sync, as Azure says when read again."""
    network = await make(site, "grows", "10.65.2.0/24")
    document = await site.asked(network)
    await approve(site, document, by="ada")
    await site.attached(network)
    since = await site.mark()
    await grow(site, network, "10.65.3.0/24")
    asking = await site.asked(network)
    assert condition(asking, "Approved")["status"] == "False"
    await looked_over(site)
    state, known = await hub_side(site, network)
    assert state != IN_SYNC
    assert known == ["10.65.2.0/24"]
    assert await site.ours(since, "PUT", "DELETE") == []

    await approve(site, asking, by="grace")
    await site.attached(network)

    async def both() -> tuple[object, ...]:
        mine = sides(await site.somebody.get(network))[hub_network()]
        state, known = await hub_side(site, network)
        return mine, state, known

    await eventually(both, (IN_SYNC, IN_SYNC, ["10.65.2.0/24", "10.65.3.0/24"]))
    decided = [line["who"]["name"] for line in await audit(site, document) if line["action"] == "approve"]
    assert decided == ["ada", "grace"]


@pytest.mark.parametrize(
    ("name", "space", "more", "reason"),
    [
        ("beyond", "10.64.0.0/24", "172.20.0.0/24", "Refused"),
        ("into-asking", "10.64.1.0/24", "10.65.9.0/24", "Refused"),
        ("within", "10.64.2.0/24", "10.64.3.0/24", "ApprovedByRule"),
    ],
)
async def test_a_rule_approves_no_more_than_its_range(
    site: Site, name: str, space: str, more: str, reason: str
) -> None:
    """What was taken in by its range and grows out of it is not followed by the hub; within it, it is."""
    network = await make(site, name, space)
    document = await site.attached(network)
    assert condition(document, "Approved")["reason"] == "ApprovedByRule"
    await grow(site, network, more)
    wanted = (IN_SYNC, [space, more])
    if reason == "ApprovedByRule":
        await eventually(lambda: hub_side(site, network), wanted)
        assert condition(await site.attached(network), "Approved")["reason"] == reason
        return
    await site.spoke_when(network, said(reason))
    await looked_over(site)
    state, known = await hub_side(site, network)
    assert state != IN_SYNC
    assert known == [space]


async def test_a_rejection_stands_until_it_is_asked_anew(site: Site) -> None:
    """Its reason is in the document; the same plan cannot be approved after it, but asked about again."""
    network = await make(site, "rejected", "10.65.4.0/24")
    document = await site.asked(network)
    path, seen, made = path_of(document), await plan_hash(site, document), await site.somebody.get(network)
    assert (await site.client.decide(path, seen, "reject", by="ada", reason="use the other hub"))[0] == 202
    rejected = await site.spoke_when(network, said("Rejected"))
    assert "ada: use the other hub" in condition(rejected, "Approved")["message"]
    status, answer = await site.client.decide(path, seen, by="grace")
    assert (status, answer["code"]) == (409, "AlreadyRejected")
    assert plain(await site.somebody.get(network)) == plain(made)
    assert (await site.client.ask("POST", f"{path}/retry"))[0] == 202
    await site.asked(network)
    await approve(site, document, by="grace")
    await site.attached(network)
    entries = [(line["action"], line["who"].get("name", "")) for line in await audit(site, document)]
    assert entries == [
        ("onboarded", ""),
        ("asked", ""),
        ("reject", "ada"),
        ("approve refused", "grace"),
        ("retry", KEY_HOLDER),
        ("asked", ""),
        ("approve", "grace"),
    ]


async def test_approvals_expire_and_nobody_decides_about_their_own(site: Site, settings: dict[str, str]) -> None:
    """After its time a plan cannot be approved; once the platform signs people in, the requester cannot either."""
    network = await make(site, "late", "10.65.5.0/24")
    document = await site.asked(network)
    path, seen, asked_by = path_of(document), await plan_hash(site, document), document["metadata"]["requestedBy"]
    await site.somebody.simulator("PUT", "clock", {"advance": LATER})
    settings[SIGNED_IN] = "true"
    await site.restart()
    status, answer = await site.client.decide(path, seen)
    assert (status, answer["code"]) == (409, "ApprovalExpired")
    await site.spoke_when(network, said("ApprovalExpired"))
    assert (await site.client.ask("POST", f"{path}/retry"))[0] == 202
    again = await site.asked(network)
    assert again["status"]["approval"]["askedAt"] > document["status"]["approval"]["expiresAt"]

    fresh = {"hash": await plan_hash(site, document)}
    tokens = Tokens.load(site.stack._state)
    for own in (tokens.make("me", oid=asked_by), tokens.make(asked_by.upper())):
        status, answer = await site.client.ask("POST", f"{path}/approve", fresh, **bearer(own))
        assert (status, answer["code"]) == (403, "OwnRequest")
    assert not is_ready(await site.spoke_when(network, said("ApprovalNeeded")))
    status, answer = await site.client.ask("POST", f"{path}/approve", fresh, **bearer(tokens.make("ada@example.com")))
    assert status == 202, answer
    await site.attached(network)
    entries = await audit(site, document)
    actions = [line["action"] for line in entries]
    # The document's own look may notice before or after somebody tries.
    assert (actions[:2], sorted(actions[2:4])) == (["onboarded", "asked"], ["approve refused", "expired"])
    assert actions[4:] == ["retry", "asked", "approve refused", "approve refused", "approve"]
    ada = {"id": oid_of("ada@example.com"), "name": "ada@example.com", "verified": True, "roles": ["Admin"]}
    assert entries[-1]["who"] == ada
