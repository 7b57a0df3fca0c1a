"""Decisions over HTTP: what is asked wrongly is refused with its path; who calls, and what is answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import azure.functions as func
import pytest

from orchestration.access.policy import Access
from orchestration.triggers import audits, decisions, http
from orchestration.triggers.problem_documents import answered
from shared.model import naming
from shared.model.envelope import DocumentKey
from tests.access.people import headers_of, person
from tests.model.samples import NETWORK, hub, spoke
from tests.orchestration.test_onboarding import ASK, taking_in
from tests.orchestration.test_sweeping import remove
from tests.plan.newcomers import WHO

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

Json = dict[str, Any]

FOUND = DocumentKey("Spoke", naming.onboarded_name(NETWORK))
PATH = f"spokes/{FOUND.name}"
ANN = "a0000000-0000-4000-8000-00000000000a"


async def call(
    app: App, handler: Any, path: str, body: Any = None, *, wakes: bool = True, **more: Any
) -> tuple[int, Any]:
    """Call a handler as the Functions host does; return status and JSON body."""
    collection, _, name = path.partition("/")
    request = func.HttpRequest(
        "POST",
        f"/api/{path}",
        headers=more.get("headers", {}),
        params=more.get("params", {}),
        route_params={"collection": collection, "name": name},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )
    given = (app.dependencies, app.client, request) if wakes else (app.dependencies, request)
    answer = await answered(handler(*given))
    return answer.status_code, json.loads(answer.get_body())


async def approve(app: App, body: Any, path: str = PATH, **headers: str) -> tuple[int, Any]:
    """POST .../approve, a moment later."""
    app.clock.advance(seconds=1)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await call(app, decisions.approve, path, body, headers=named)


async def asked(app: App, who: str = WHO) -> str:
    """Bring a network to where it waits for an approval; return the hash of its plan."""
    await app.ready(taking_in(ASK))
    app.network()
    await app.event(who=who)
    await app.settle()
    return str((await app.read(FOUND)).status.approval.hash)


BAD: dict[str, tuple[Any, list[str]]] = {
    "not JSON": (b"{", ["$"]),
    "empty": (b"", ["$"]),
    "a list": ([], ["$"]),
    "a text": ("approve", ["$"]),
    "no hash": ({}, ["$.hash"]),
    "an empty hash": ({"hash": ""}, ["$.hash"]),
    "a hash of another type": ({"hash": 7}, ["$.hash"]),
    "another decision": ({"hash": "h", "decision": "maybe"}, ["$.decision"]),
    "a decision of another type": ({"hash": "h", "decision": ["approve"]}, ["$.decision"]),
    "no decision at all": ({"hash": "h", "decision": None}, ["$.decision"]),
    "a reason of another type": ({"hash": "h", "reason": 7}, ["$.reason"]),
    "an endless reason": ({"hash": "h", "reason": "x" * 501}, ["$.reason"]),
    "an endless name": ({"hash": "h", "by": "x" * 501}, ["$.by"]),
    "an unknown member": ({"hash": "h", "reasons": "x"}, ["$.reasons"]),
    "everything at once": ({"decision": 1, "by": 1, "x": 1}, ["$.x", "$.hash", "$.decision", "$.by"]),
}


@pytest.mark.parametrize(("body", "paths"), BAD.values(), ids=BAD)
async def test_a_bad_body_is_refused_with_every_path(app: App, body: Any, paths: list[str]) -> None:
    """400 with a problem document that names each fault; nothing is decided, nobody woken, Azure not asked."""
    hash_ = await asked(app)
    app.arm.counted()
    if isinstance(body, dict) and body.get("hash") == "h":
        body = body | {"hash": hash_}
    status, problem = await approve(app, body)
    assert (status, [fault["path"] for fault in problem["errors"]]) == (400, paths)
    assert (app.arm.counted(), app.client.running) == ({}, [])
    assert (await app.read(FOUND)).status.approval.state == "asked"


async def test_an_approval_wakes(app: App) -> None:
    """202 with the document as it is stored; its reconciler is woken and carries the plan out."""
    hash_ = await asked(app)
    status, document = await approve(app, {"hash": hash_, "by": "ann", "reason": "fine"})
    assert (status, document["status"]["approval"]["state"]) == (202, "approved")
    assert document["status"]["approval"]["decidedBy"] == "ann"
    assert app.client.running == [str(FOUND)]
    await app.settle()
    assert await app.said(FOUND, "Ready") == ("True", "Provisioned")


async def test_a_rejection_wakes(app: App) -> None:
    """202; what the condition says is concluded by the reconciler."""
    hash_ = await asked(app)
    status, document = await approve(app, {"hash": hash_, "decision": "reject"})
    assert (status, document["status"]["approval"]["state"]) == (202, "rejected")
    assert document["status"]["approval"]["decidedBy"] == "a holder of the function key"
    assert app.client.running == [str(FOUND)]


REFUSED: dict[str, tuple[str, Json, dict[str, str], tuple[int, str]]] = {
    "a stale hash": (PATH, {"hash": "0" * 64}, {}, (409, "PlanChanged")),
    "their own request": (PATH, {"hash": "", "by": WHO}, {}, (403, "OwnRequest")),
    "a hub": ("hubs/weu", {"hash": "x"}, {}, (409, "NothingToApprove")),
    "nobody's": ("spokes/none", {"hash": "x"}, {}, (404, "NotFound")),
    "an unknown collection": ("hubz/weu", {"hash": "x"}, {}, (404, "NotFound")),
}


@pytest.mark.parametrize(("path", "body", "headers", "expected"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_is_a_problem_document(
    app: App, path: str, body: Json, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    """Each refusal has its status and code, and wakes nobody."""
    hash_ = await asked(app)
    status, problem = await approve(app, body | {"hash": body["hash"] or hash_}, path, **headers)
    assert (status, problem["code"]) == expected
    assert app.client.running == []


async def test_signed_in_callers_are_known(app: App) -> None:
    """Where the platform signs callers in, its headers say who it is, and what the body says counts for nothing."""
    hash_ = await asked(app)
    app.dependencies.access = Access(principals=True)
    own, other = headers_of(person(oid=WHO, name="me@corp")), headers_of(person(oid=ANN, name="ann@corp"))
    assert (await approve(app, {"hash": hash_, "by": "ann"}, **own))[0] == 403
    status, document = await approve(app, {"hash": hash_, "by": WHO}, **other)
    assert (status, document["status"]["approval"]["decidedBy"]) == (202, "ann@corp")
    entries = [(entry["action"], entry["who"]) for entry in await app.store.audit.list(FOUND)]
    by_key = {"verified": True, "roles": ["Admin"]}
    assert entries[0] == ("approve", {"id": ANN, "name": "ann@corp", **by_key})
    assert entries[1] == ("approve refused", {"id": WHO, "name": "me@corp", **by_key})


async def test_headers_that_nobody_vouches_for_count_for_nothing(app: App) -> None:
    """Without the platform's sign-in anybody can send them: a forged name does not become a verified one."""
    hash_ = await asked(app)
    await approve(app, {"hash": hash_, "by": "ann"}, **headers_of(person(oid=ANN, name="boss")))
    first = (await app.store.audit.list(FOUND))[0]
    said = {"id": "", "name": "ann", "verified": False, "roles": ["Admin"]}
    assert (first["action"], first["who"], first["door"]) == ("approve", said, "http")


# The audit


async def audit(app: App, path: str = PATH, **params: str) -> tuple[int, Any]:
    """GET .../audit."""
    return await call(app, audits.get_audit, path, wakes=False, params=params)


async def test_the_audit_is_shown(app: App) -> None:
    """Newest first, as many as asked for; of a document without any it is empty; 404 where there never was one."""
    hash_ = await asked(app)
    await approve(app, {"hash": hash_, "by": "ann"})
    status, shown = await audit(app)
    assert (status, [entry["action"] for entry in shown["items"]]) == (200, ["approve", "asked", "onboarded"])
    assert [entry["action"] for entry in (await audit(app, limit="1"))[1]["items"]] == ["approve"]
    assert (await audit(app, limit="0"))[0] == 400
    assert await audit(app, "hubs/weu") == (200, {"items": []})
    assert (await audit(app, "hubs/none"))[0] == 404


async def test_the_audit_outlives_its_document(app: App) -> None:
    """Who decided can be asked when the network is long gone."""
    hash_ = await asked(app)
    await approve(app, {"hash": hash_, "by": "ann"})
    await app.settle()
    app.azure.delete(NETWORK)
    app.ticks += 10
    await app.event()
    await app.settle()
    assert await app.read(FOUND) is None
    status, shown = await audit(app)
    assert (status, sorted(entry["action"] for entry in shown["items"])) == (
        200,
        ["approve", "asked", "departed", "onboarded"],
    )


# Asking anew


@pytest.mark.parametrize("state", ["rejected", "expired", "refused"])
async def test_retry_asks_anew(app: App, state: str) -> None:
    """What was decided against is forgotten, and the next look asks with a deadline of its own."""
    await asked(app)
    await app.store.documents.update_status(FOUND, lambda old: old | {"approval": old["approval"] | {"state": state}})
    app.clock.advance(hours=100)
    status, _ = await call(app, http.retry, PATH)
    assert (status, (await app.read(FOUND)).status.approval) == (202, None)
    await app.settle()
    approval = (await app.read(FOUND)).status.approval
    assert (approval.state, approval.expires_at > app.clock()) == ("asked", True)


@pytest.mark.parametrize("state", ["asked", "approved"])
async def test_retry_takes_no_decision_back(app: App, state: str) -> None:
    """What is asked or approved stays so: a retry is no way to a new deadline, nor to lose an approval."""
    await asked(app)
    await app.store.documents.update_status(FOUND, lambda old: old | {"approval": old["approval"] | {"state": state}})
    before = (await app.read(FOUND)).status.approval
    await call(app, http.retry, PATH)
    assert (await app.read(FOUND)).status.approval == before


# The plan, and the sweep


async def test_the_plan_shows_what_is_asked(app: App) -> None:
    """GET .../plan has the hash that POST .../approve wants, and the decision beside it; it decides nothing."""
    hash_ = await asked(app)
    before = await app.store.documents.get(FOUND)
    request = func.HttpRequest(
        "GET", "/", headers={}, params={}, route_params={"collection": "spokes", "name": FOUND.name}, body=b""
    )
    answer = await answered(http.get_plan(app.dependencies, request))
    shown = json.loads(answer.get_body())
    assert (shown["hash"], shown["approval"]["state"], shown["approval"]["hash"]) == (hash_, "asked", hash_)
    assert await app.store.documents.get(FOUND) == before


async def test_a_sweep_can_be_asked_for(app: App) -> None:
    """POST sweep answers with what it found, at once."""
    await app.ready(hub(), spoke())
    remove(app, "rt-payments/routes/default-to-firewall")
    status, said = await call(app, decisions.sweep, "")
    assert (status, said) == (200, {"documents": 2, "woken": ["Spoke/payments"], "found": []})
