"""Texts that somebody else may choose, in a real browser: they run nothing, become no element, turn nothing around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web import browser as browsing
from tests.web.browser import watched
from tests.web.landscape import Landscape, condition, landscape, ready
from tests.web.served import KEY, serving

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(browsing.missing() is not None, reason=browsing.missing() or ""),
]

PAYLOADS = (
    "constructor",
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "javascript:window.hit=1",
    "{{constructor.constructor('window.hit=1')()}}",
    "</title><script>window.hit=1</script>",
    "' onfocus='window.hit=1' autofocus='",
)
STRANGE = "main :is(script, img, iframe, object, [onload], [onerror], [onfocus], [style])"
LINKS = "[...document.querySelectorAll('main a')].map((one) => one.getAttribute('href'))"
TRICK = "ready\u202e\u0007\u001b[31m gnihton\u200b"


def _hostile(payload: str) -> Landscape:
    """Return a landscape in which every text that somebody else may choose is the payload."""
    made = landscape(1)
    for document in list(made.documents.values()):
        document["metadata"]["labels"] = document["spec"]["tags"] = {payload: payload}
        for one in document["status"]["conditions"]:
            one |= {"reason": payload, "message": payload}
        document["status"]["outputs"] |= {"privateFqdn": payload, "firewallPrivateIp": payload, payload: payload}
    spoke = {"kind": "Spoke", "metadata": {"name": payload}, "spec": {"hub": "weu"}}
    made.put(ready(spoke, condition("Ready", "False", payload, payload)))
    error = {"error": {"code": payload, "message": payload}, "result": payload, "resourceId": payload}
    step = {"id": payload, "resourceId": payload, "action": payload, "reason": payload, "body": {payload: payload}}
    change = {"path": payload, "have": payload, "want": {payload: [payload]}}
    waits = [{"reason": payload, "message": payload, "on": payload}]
    for key in list(made.documents):
        made.history[key] = [entry | error for entry in made.history.get(key, [])]
        made.plans[key] = {
            "hash": payload,
            "steps": [step | {"dependsOn": [payload], "changes": [change]}],
            "waits": waits,
        }
        made.audit[key] = [{"time": payload, "action": payload, "who": {"name": payload}, "reason": payload}]
    made.documents["clusters/payments-prod"]["status"]["outputs"]["verification"] = {
        "consumers": [_hostile_row(payload)]
    }
    made.dns["hubs/weu"] = _hostile_dns(payload)
    told = {"reason": payload, "message": payload}
    made.events = [{"type": payload, "subject": payload, "time": payload, "data": told}]
    asking = made.documents["spokes/payments"]
    asking["status"]["approval"] = {"state": "asked", "hub": payload, "hash": payload}
    asking["metadata"]["requestedBy"] = payload
    return made


def _hostile_row(payload: str) -> Any:
    """Return what a consumer saw that is the payload throughout."""
    said = {"reason": payload, "message": f"{payload} What to do: {payload}", "output": payload, "checked": payload}
    return {"consumer": payload, "machine": payload, "resolves": "False", "answers": payload} | said


def _hostile_dns(payload: str) -> Any:
    """Return a hub's DNS that is the payload throughout."""
    server = {"address": payload, "role": payload, "answers": False, "message": payload, "checked": payload}
    networks: dict[str, Any] = {
        "present": {payload: [payload], "Hub": []},
        "decided": {"hub": [payload], "spokes": [payload]},
    }
    networks |= {"turn": [payload], "adopted": [payload], "progress": payload}
    shown = {"mode": payload, "servers": [server], "networks": networks, "inbound": [payload], "zones": [payload]}
    on = [{"format": payload, "title": payload, "file": payload, "text": payload}]
    return shown | {"forward": payload, "note": payload, "configurations": on}


@pytest.mark.parametrize("payload", [*PAYLOADS, TRICK])
async def test_hostile_text_is_only_text(browser: Browser, payload: str) -> None:
    """Names, messages, tags, errors of others run nothing, become no element, and turn no text around."""
    made = _hostile(payload)
    async with serving(made) as served, watched(browser, served.url, KEY) as page:
        await page.page.wait_for_selector(".node")
        for view in (
            "topology",
            "documents",
            "approvals",
            "resolution",
            "capacity",
            "events",
            "hubs/weu",
            "spokes/payments",
            "clusters/payments-prod",
        ):
            await page.page.evaluate("(view) => { location.hash = `#/${view}`; }", view)
            await page.page.wait_for_selector("main table, main .node, main .panel")
            for name in ("Show the plan", "Compare with Azure now"):
                for button in await page.page.get_by_role("button", name=name).all():
                    await button.click()
                    await page.page.wait_for_selector(".steps li .side.after")
            assert await page.page.locator(STRANGE).count() == 0
            links = await page.page.evaluate(LINKS)
            assert [link for link in links if not link.startswith("#/")] == []
            assert not set("\u202e\u0007\u001b\u200b") & set(await page.page.inner_text("body"))
        assert await page.page.evaluate("window.hit") is None
        assert page.faults() == []
