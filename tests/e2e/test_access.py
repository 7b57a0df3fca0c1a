"""Where people sign in: a stack with the platform's sign-in in front, asked by HTTP, a browser and messages.

What each operation needs is read from the description that the stack serves itself.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from local.demo.client import Client
from local.host.authentication import COOKIE, settings_for
from local.host.tokens import TENANT
from local.somebody import HOME
from local.stack import Options, Stack
from orchestration.access.roles import Role, suffices
from tests.access.people import headers_of, person
from tests.e2e.stage import Json, example, until
from tests.web import browser as browsing

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ELSEWHERE = "99999999-9999-4999-8999-999999999999"


def oid_of(name: str) -> str:
    """Return the object id of a person of the local stack."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{TENANT}/{name}"))


LIMITS = {
    oid_of("Requester"): {"hubs": ["weu"], "subscriptions": [HOME]},
    "messages": {"hubs": ["weu", "dev"], "subscriptions": [HOME]},
}
HUB, SPOKE, CLUSTER = example()
SECRET = "planted-in-a-body-4711"


@dataclass(frozen=True, slots=True)
class Door:
    """The API, as anybody may ask it."""

    stack: Stack
    http: aiohttp.ClientSession

    async def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Ask as somebody of the local stack, or as nobody; return status, JSON body and headers."""
        token = self.stack.endpoints["tokens"].get(who)
        signed = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.stack.endpoints['functions']}{path}"
        content = {"data": body} if isinstance(body, str) else {"json": body}
        async with self.http.request(
            method, url, headers={**signed, **headers}, allow_redirects=False, **content
        ) as answer:
            told = await answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "")
            return answer.status, json.loads(told) if is_json else told, answer.headers

    async def operations(self) -> list[tuple[str, str, Json]]:
        """Return method, path and description of every operation that the stack serves."""
        _, described, _ = await self.ask("", "GET", "/api/openapi.json")
        return list(_operations(described))


def _operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    for path, told in described["paths"].items():
        for method, operation in told.items():
            if method != "parameters":
                named = path.replace("{name}", "nothing-here").replace("{file}", "app.js")
                yield method.upper(), named, operation


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    """A stack on which people sign in, one of whom is limited, and the queue too."""
    settings = settings_for("entra", TENANT) | {"SPOKEWRIGHT_REQUESTERS": json.dumps(LIMITS)}
    options = Options(tmp_path_factory.mktemp("access"), 200.0, settings=settings)
    async with Stack(options) as stack, aiohttp.ClientSession() as http:
        yield Door(stack, http)


PEOPLE: dict[str, tuple[Role, ...]] = {
    "Reader": (Role.READER,),
    "Requester": (Role.REQUESTER,),
    "Approver": (Role.APPROVER,),
    "Admin": (Role.ADMIN,),
    "EventGrid": (Role.EVENT_SENDER,),
    "nobody": (),
}


@pytest.mark.parametrize("who", PEOPLE)
async def test_every_operation_by_everybody(door: Door, who: str) -> None:
    """What the description says of roles is what is answered: 403 with both roles, and never 403 to who may."""
    for method, path, told in await door.operations():
        status, answer, headers = await door.ask(who, method, path, {})
        needed = told.get("x-spokewright-role")
        if needed is None or suffices(PEOPLE[who], Role(needed)):
            assert status not in (401, 403), (who, method, path, answer)
            continue
        assert (status, headers["Content-Type"]) == (403, "application/problem+json"), (who, method, path)
        assert (answer["code"], answer["requiredRole"]) == ("RoleNeeded", needed)
        assert answer["roles"] == [role.value for role in PEOPLE[who]]


FORGED = headers_of(person("Admin", tenant=TENANT))
NOBODY: dict[str, dict[str, str]] = {
    "nothing": {},
    "a forged principal": FORGED,
    "a forged principal in small letters": {name.lower(): value for name, value in FORGED.items()},
    "a forged id": {"X-MS-CLIENT-PRINCIPAL-ID": oid_of("Admin"), "X-MS-CLIENT-PRINCIPAL-NAME": "Admin"},
    "an endless principal": {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(b"[" * 4000).decode()},
}


@pytest.mark.parametrize("headers", NOBODY.values(), ids=NOBODY)
async def test_every_operation_by_nobody(door: Door, headers: dict[str, str]) -> None:
    """401 as a problem with how to sign in, for all but what is described as anonymous; forging is no way in."""
    for method, path, told in await door.operations():
        status, answer, sent = await door.ask("", method, path, {}, **headers)
        if told.get("security") == []:
            assert status != 401, (method, path)
            continue
        assert (status, sent["Content-Type"]) == (401, "application/problem+json"), (method, path)
        assert (answer["code"], sent["WWW-Authenticate"][:6]) == ("SignInRequired", "Bearer")


async def test_a_forged_name_beside_a_token_counts_for_nothing(door: Door) -> None:
    """Who signs in as a reader stays one, whatever they say of themselves beside it."""
    status, answer, _ = await door.ask("Reader", "POST", "/api/sweep", **FORGED)
    assert (status, answer["roles"]) == (403, ["Reader"])


async def test_no_key_opens_anything(door: Door) -> None:
    """Where people sign in the keys of the functions are good for nothing; the master key is the platform's."""
    for key in (door.stack.endpoints["functionKey"], door.stack.endpoints["masterKey"]):
        assert (await door.ask("", "GET", "/api/hubs", **{"x-functions-key": key}))[0] == 401
        assert (await door.ask("", "GET", f"/api/hubs?code={key}"))[0] == 401


async def test_the_command_line_signs_in_and_proves_it(door: Door, tmp_path: Path) -> None:
    """A token by a variable; refused with whom to ask; and forged headers do not fool this stack."""

    async def typed(*words: str, token: str = "") -> tuple[int, str, str]:
        told = {"SPOKEWRIGHT_URL": door.stack.endpoints["functions"], "SPOKEWRIGHT_TOKEN": token, "NO_COLOR": "1"}
        ran = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", *words),
            env={**os.environ, **told, "SPOKEWRIGHT_CONTEXTS": str(tmp_path / "contexts.json")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await ran.communicate()
        return ran.returncode or 0, out.decode(), err.decode()

    tokens = door.stack.endpoints["tokens"]
    assert (await typed("get", "hubs", token=tokens["Reader"]))[0] == 0
    code, _, said = await typed("sweep", token=tokens["Reader"])
    assert (code, "needs the app role Admin; Reader has Reader" in said, "ask whoever administers" in said) == (
        4,
        True,
        True,
    )
    code, _, said = await typed("get", "hubs")
    assert (code, "az login" in said) == (4, True)
    code, out, _ = await typed("context", "check")
    assert (code, "is not fooled   SignInRequired" in out) == (0, True)


async def test_an_unknown_collection_is_no_news_to_who_may_not(door: Door) -> None:
    """What is there and what is not looks the same to whoever has no role."""
    found = [
        (await door.ask("nobody", "GET", f"/api/{path}"))[0] for path in ("hubs/x", "hubz/x", "clusters/payments-prod")
    ]
    assert found == [403, 403, 403]
    assert (await door.ask("Reader", "GET", "/api/hubz/x"))[0] == 404


async def test_a_story(door: Door) -> None:
    """A requester asks within their limits and not beyond; a reader reads who did what; nothing secret is in it."""
    hub = HUB | {"spec": HUB["spec"] | {"tags": {"note": SECRET}, "onboarding": {}}}
    del hub["spec"]["jumpServer"]
    assert (await door.ask("Requester", "PUT", "/api/hubs/weu", hub))[0] == 202
    dev = hub | {
        "metadata": {"name": "dev"},
        "spec": hub["spec"] | {"resourceGroup": "rg-dev", "addressSpace": ["10.9.0.0/22"]},
    }
    status, problem, _ = await door.ask("Requester", "PUT", "/api/hubs/dev", dev)
    assert (status, problem["code"]) == (403, "OutsideLimits")
    away = SPOKE | {"spec": SPOKE["spec"] | {"subscriptionId": ELSEWHERE}}
    assert (await door.ask("Requester", "PUT", "/api/spokes/payments", away))[0] == 403
    assert (await door.ask("Requester", "PUT", "/api/spokes/payments", SPOKE))[0] == 202
    assert (await door.ask("Approver", "PUT", "/api/spokes/payments", SPOKE))[0] == 403
    assert (await door.ask("Admin", "DELETE", "/api/spokes/payments"))[0] == 202

    _, document, _ = await door.ask("Reader", "GET", "/api/hubs/weu")
    assert document["metadata"]["requestedBy"] == document["metadata"]["changedBy"] == oid_of("Requester")
    _, shown, _ = await door.ask("Reader", "GET", "/api/spokes/payments/audit")
    found = [(line["action"], line["who"]["name"], line["who"]["verified"]) for line in reversed(shown["items"])]
    known = [each for each in found if each[1] != "nobody"]
    assert known == [
        ("apply refused", "Requester", True),
        ("apply", "Requester", True),
        ("apply refused", "Approver", True),
        ("delete", "Admin", True),
    ]
    assert SECRET not in json.dumps(shown)


async def test_messages_are_limited_too(door: Door) -> None:
    """What may not come by the queue is rejected with paths and reasons, and written down with the message's id."""
    away = SPOKE | {"metadata": {"name": "away"}, "spec": SPOKE["spec"] | {"subscriptionId": ELSEWHERE}}
    async with Client(door.stack.endpoints) as client:
        await client.send({"documents": [away]}, message_id="beyond", reply_to="reply-access")
        (answer,) = await client.replies("reply-access", 20)
    assert (answer.result, [fault["path"] for fault in answer.body["problems"]]) == ("rejected", ["$.documents[0]"])
    _, shown, _ = await door.ask("Reader", "GET", "/api/audit")
    (line,) = [line for line in shown["items"] if line["action"] == "message refused"]
    assert (line["messageId"], line["door"], line["code"]) == ("beyond", "message", "OutsideLimits")
    assert (await door.ask("Reader", "GET", "/api/spokes/away"))[0] == 404


async def test_the_handshakes_of_event_grid(door: Door) -> None:
    """With a token that has its role, in both schemas; the trigger's own webhook has its own key, as before."""
    body = [
        {"id": "1", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "c"}}
    ]
    _, answer, _ = await door.ask("EventGrid", "POST", "/api/events", body)
    assert answer == {"validationResponse": "c"}
    status, _, headers = await door.ask(
        "EventGrid", "OPTIONS", "/api/events", **{"WebHook-Request-Origin": "eventgrid"}
    )
    assert (status, headers["WebHook-Allowed-Origin"]) == (200, "eventgrid")


async def test_a_session_needs_our_header_to_change_anything(door: Door) -> None:
    """The cookie of an admin reads; it changes something only for who can send our header."""
    cookie = {"Cookie": f"{COOKIE}={door.stack.endpoints['tokens']['Admin']}"}
    assert (await door.ask("", "GET", "/api/hubs", **cookie))[0] == 200
    status, problem, _ = await door.ask("", "POST", "/api/sweep", **cookie)
    assert (status, problem["code"]) == (403, "CrossSite")
    assert (await door.ask("", "POST", "/api/sweep", **cookie, **{"X-Spokewright-Request": "1"}))[0] == 200


# In a browser


in_a_browser = pytest.mark.skipif(browsing.missing() is not None, reason=browsing.missing() or "")

FORM = """<!doctype html><title>another site</title>
<form method="post" action="{url}/api/sweep" enctype="text/plain">
<input name="a" value="b"><button>Win</button></form>"""


async def signed_in(browser: Browser, door: Door, who: str) -> Any:
    """Open the page, be asked to sign in, and do."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{door.stack.endpoints['functions']}/api/")
    await page.get_by_role("dialog", name="Sign in").get_by_role("link").click()
    await page.locator("[name=token]").fill(door.stack.endpoints["tokens"][who])
    await page.get_by_role("button", name="Sign in").click()
    await page.locator(".node").first.wait_for()
    return page


@in_a_browser
async def test_the_page_leads_to_the_sign_in_and_back(browser: Browser, door: Door) -> None:
    """Whoever is not signed in is led there, comes back, and sees; what they may not do is said."""
    page = await signed_in(browser, door, "Reader")
    said = await page.evaluate(
        "fetch('sweep', {method: 'POST', headers: {'X-Spokewright-Request': 'page'}}).then((a) => a.json())"
    )
    assert (said["code"], said["roles"]) == ("RoleNeeded", ["Reader"])
    await page.context.close()


@in_a_browser
async def test_another_site_does_nothing_with_a_session(browser: Browser, door: Door) -> None:
    """A form of another site, in the browser of an admin who just signed in: refused, and said to be another site's."""
    page = await signed_in(browser, door, "Admin")

    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=FORM.format(url=door.stack.endpoints["functions"]), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.2", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        await page.goto(f"http://{host}:{port}/")
        async with page.expect_response("**/api/sweep") as answered:
            await page.get_by_role("button", name="Win").click()
        answer = await answered.value
        sent = await answer.request.all_headers()
        assert COOKIE in sent.get("cookie", ""), "the browser kept the cookie: this proves nothing"
        assert (answer.status, sent["sec-fetch-site"]) == (403, "cross-site")
        assert (await answer.json())["code"] == "CrossSite"
    finally:
        await runner.cleanup()
        await page.context.close()


async def test_the_refused_are_in_the_audit(door: Door) -> None:
    """Whoever tried without a role is named, with what they wanted and why not; who signed in is known by their id."""

    async def written() -> bool:
        _, shown, _ = await door.ask("Reader", "GET", "/api/audit?limit=1000")
        return any(line["who"]["name"] == "nobody" for line in shown["items"])

    await until(written, 10)
    _, shown, _ = await door.ask("Reader", "GET", "/api/audit?limit=1000")
    theirs = [line for line in shown["items"] if line["who"]["name"] == "nobody"]
    assert all(line["action"].endswith(" refused") and line["code"] == "RoleNeeded" for line in theirs)
    assert all(line["who"]["id"] == oid_of(line["who"]["name"]) for line in shown["items"] if line["who"]["verified"])
