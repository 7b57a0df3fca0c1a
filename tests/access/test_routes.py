"""Every route by every role: who gets through, who does not and is told why, before anything of theirs is read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from orchestration.access import guard
from orchestration.access.policy import Access, Mode
from orchestration.access.roles import Anonymous, Role
from orchestration.app import VIEWS, View, level_of
from orchestration.dependencies import Dependencies
from orchestration.settings import Settings
from orchestration.triggers.problem_documents import CHALLENGE, answered
from shared.model.envelope import DocumentKey
from tests.access.people import ANN, BOB, TENANT, headers_of, person
from tests.access.test_principal import BAD

ENTRA = Access(Mode.ENTRA, principals=True, tenants=frozenset({TENANT}))
KEYS = Access()

READERS = {"Reader", "Requester", "Approver", "Admin"}
REQUESTERS = {"Requester", "Admin"}
WHO: dict[str, set[str]] = {
    "get_document": READERS,
    "put_document": REQUESTERS,
    "delete_document": REQUESTERS,
    "plan": READERS,
    "preview": REQUESTERS,
    "history": READERS,
    "approve": {"Approver", "Admin"},
    "audit": READERS,
    "retry": REQUESTERS,
    "dns": READERS,
    "list_hubs": READERS,
    "list_spokes": READERS,
    "list_clusters": READERS,
    "sweep_now": {"Admin"},
    "service_audit": READERS,
    "overview": READERS,
    "topology": READERS,
    "resolution": READERS,
    "list_events": READERS,
    "post_events": {"AzureEventGridSecureWebhookSubscriber", "Admin"},
    "backup": {"Admin"},
    "restore": {"Admin"},
    "consent_to_events": {"AzureEventGridSecureWebhookSubscriber", "Admin"},
}
"""Who may, in words of its own: a change of the table of views has to be meant."""
OPEN = {"openapi", "health", "page", "page_file"}
GUARDED = [view for view in VIEWS if not isinstance(view.role, Anonymous)]
HELD = [(), *((role.value,) for role in Role), ("Reader", "Approver"), ("Approver", "Requester")]


class Door:
    """The guard with a handler behind it that says when it was reached."""

    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies
        self.reached = 0

    async def call(self, view: View, headers: dict[str, str], **more: Any) -> tuple[int, Any, dict[str, str]]:
        """Send a request to a view; return status, JSON body and headers."""
        method = more.get("method", view.methods[0])
        parts = {"collection": "spokes", "name": more.get("name", "payments")}
        request = func.HttpRequest(
            method, f"/api/{view.route}", headers=headers, params={}, route_params=parts, body=b"{"
        )
        answer = await answered(guard.guarded(self.dependencies, view, request, self._handle))
        text = answer.get_body()
        return answer.status_code, json.loads(text) if text else None, dict(answer.headers)

    async def _handle(self) -> func.HttpResponse:
        self.reached += 1
        return func.HttpResponse(status_code=200)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """The guard on an empty store, where people sign in."""
    found = Dependencies(Settings(f"sqlite:{tmp_path / 'store.db'}", "unused", access=ENTRA))
    yield Door(found)
    await found.store.close()


def own(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers of the app's own page."""
    return {**headers, guard.OWN_HEADER: "page", guard.SITE: "same-origin"}


def test_no_route_is_without_a_role_or_a_reason() -> None:
    """Every view has a role, or says why nobody needs one; which is which stands here too."""
    assert {view.name for view in GUARDED} == WHO.keys()
    for view in VIEWS:
        assert isinstance(view.role, Role) or (view.name in OPEN and len(view.role.reason) > 20), view.name


def test_what_the_platform_asks_for() -> None:
    """With keys a key for all but what is anonymous; where people sign in, no key: the app judges itself."""
    for view in VIEWS:
        keyless = view.name in OPEN
        assert level_of(view, KEYS).name == ("ANONYMOUS" if keyless else "FUNCTION")
        assert level_of(view, ENTRA).name == "ANONYMOUS"


@pytest.mark.parametrize("roles", HELD, ids=" ".join)
@pytest.mark.parametrize("view", GUARDED, ids=lambda view: view.name)
async def test_who_may(door: Door, view: View, roles: tuple[str, ...]) -> None:
    """Whoever has one of the roles gets through; anybody else is told which is needed and which they have."""
    status, problem, _ = await door.call(view, own(headers_of(person(*roles))))
    if WHO[view.name] & set(roles):
        assert (status, door.reached) == (200, 1)
        return
    assert (status, door.reached) == (403, 0)
    assert (problem["type"], problem["code"]) == ("urn:spokewright:problem:forbidden", "RoleNeeded")
    assert problem["requiredRole"] in WHO[view.name]
    assert (problem["roles"], problem["requiredRole"] in problem["detail"]) == (sorted(roles), True)
    assert all(role in problem["detail"] for role in (*WHO[view.name], *roles))


@pytest.mark.parametrize("view", GUARDED, ids=lambda view: view.name)
async def test_whom_nobody_knows(door: Door, view: View) -> None:
    """No headers, or any that are not right: 401 as a problem, with how to sign in; a function key is no help."""
    cases = {"none": {}, "a key": {"x-functions-key": "k"}, "a bearer": {"Authorization": "Bearer x"}, **BAD}
    for name, headers in cases.items():
        status, problem, sent = await door.call(view, own(headers))
        assert (status, sent["WWW-Authenticate"]) == (401, CHALLENGE), name
        assert problem["type"] == "urn:spokewright:problem:unauthenticated", name
    assert door.reached == 0
    assert await door.dependencies.store.audit.list(DocumentKey("Spoke", "payments")) == ()


@pytest.mark.parametrize("name", sorted(OPEN))
async def test_what_is_open(door: Door, name: str) -> None:
    """Anybody gets it, and wrong headers do not keep anybody out."""
    view = next(view for view in VIEWS if view.name == name)
    assert (await door.call(view, {}))[0] == 200
    assert (await door.call(view, BAD["no JSON"]))[0] == 200


@pytest.mark.parametrize("view", GUARDED, ids=lambda view: view.name)
async def test_with_keys_the_platform_has_judged(door: Door, view: View) -> None:
    """A call that came through had the key, which opens everything; forged headers make it nobody else."""
    door.dependencies.access = KEYS
    assert (await door.call(view, headers_of(person())))[0] == 200
    assert (await door.call(view, {}))[0] == 200


# Other sites


CHANGES = [view for view in GUARDED if not set(view.methods) & {"GET", "OPTIONS"}]
ADMIN = headers_of(person("Admin"))
FOREIGN: dict[str, dict[str, str]] = {
    "a form": {},
    "a form, said by the browser": {guard.SITE: "cross-site", "Content-Type": "text/plain"},
    "a form of a sibling": {guard.SITE: "same-site"},
    "a form with a name in its address": {"Authorization": "Basic YTpi"},
    "an empty bearer": {"Authorization": "Bearer "},
    "an empty header": {guard.OWN_HEADER: ""},
    "our header, from elsewhere": {guard.SITE: "cross-site", guard.OWN_HEADER: "page"},
}
OURS: dict[str, dict[str, str]] = {
    "the page": {guard.SITE: "same-origin", guard.OWN_HEADER: "page"},
    "the page in an old browser": {guard.OWN_HEADER: "page"},
    "a program": {"Authorization": "Bearer token"},
    "a program in a browser": {"Authorization": "bearer token", guard.SITE: "cross-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("view", CHANGES, ids=lambda view: view.name)
async def test_another_site_cannot_use_a_session(door: Door, view: View, headers: dict[str, str]) -> None:
    """Whatever a page of another site can make a browser send with the cookie of an admin: 403."""
    status, problem, _ = await door.call(view, {**ADMIN, **headers})
    assert (status, problem["code"], door.reached) == (403, "CrossSite", 0)


@pytest.mark.parametrize("headers", OURS.values(), ids=OURS)
@pytest.mark.parametrize("view", CHANGES, ids=lambda view: view.name)
async def test_the_page_and_programs_can(door: Door, view: View, headers: dict[str, str]) -> None:
    """Our own header, or a bearer token: no browser sends either for another site without asking first."""
    assert (await door.call(view, {**ADMIN, **headers}))[0] == 200


def test_every_change_is_among_them() -> None:
    """No view that changes something answers to a method that is taken for a mere look."""
    assert {view.name for view in CHANGES} == {
        "put_document", "delete_document", "preview", "approve", "retry", "sweep_now", "post_events", "restore",
    }  # fmt: skip
    assert not [view.name for view in GUARDED if view.wakes and "GET" in view.methods]


# What is written down


async def test_refusals_are_kept(door: Door) -> None:
    """Who was refused what and why, under the document that the path names, and none of what they sent."""
    put = next(view for view in VIEWS if view.name == "put_document")
    await door.call(put, own(headers_of(person("Reader"))))
    (entry,) = await door.dependencies.store.audit.list(DocumentKey("Spoke", "payments"))
    assert entry["who"] == {"id": ANN, "name": "Ann", "verified": True, "roles": ["Reader"]}
    assert (entry["action"], entry["door"], entry["code"]) == ("apply refused", "http", "RoleNeeded")


async def test_refusals_about_no_document_are_kept_too(door: Door) -> None:
    """Also where the path names what no document can be called."""
    sweep = next(view for view in VIEWS if view.name == "sweep_now")
    put = next(view for view in VIEWS if view.name == "put_document")
    await door.call(sweep, own(headers_of(person("Approver"))), name="")
    await door.call(put, own(headers_of(person("Approver"))), name="../" * 100)
    found = [entry["action"] for entry in await door.dependencies.store.audit.list("Service")]
    assert sorted(found) == ["apply refused", "sweep refused"]


@pytest.mark.parametrize("name", ["WEU", "a" * 41, "wéu", "-weu"])
async def test_refusals_have_no_odd_place(door: Door, name: str) -> None:
    """A name that no document can have is no place in the audit: a backup with it could not be restored."""
    put = next(view for view in VIEWS if view.name == "put_document")
    await door.call(put, own(headers_of(person("Reader"))), name=name)
    (entry,) = await door.dependencies.store.audit.list("Service")
    assert entry["action"] == "apply refused"


async def test_refusals_do_not_fill_the_store(door: Door) -> None:
    """Of one caller some each minute are kept, of another theirs too, and all are refused."""
    put = next(view for view in VIEWS if view.name == "put_document")
    for oid, times in ((ANN, 50), (BOB, 1)):
        for _ in range(times):
            assert (await door.call(put, own(headers_of(person("Reader", oid=oid)))))[0] == 403
    entries = await door.dependencies.store.audit.list(DocumentKey("Spoke", "payments"))
    assert [entry["who"]["id"] for entry in entries].count(ANN) == 20
    assert [entry["who"]["id"] for entry in entries].count(BOB) == 1
