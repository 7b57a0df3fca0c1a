"""The page in a real browser: readable at any size, live, decided on, by keyboard, and judged by axe-core.

The landscapes of 10 and 100 spokes are served by a small server of the tests, with the page's real files and with
answers made by the app's own functions; one spoke, and what changes while one looks, by the real local stack.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import Somebody
from local.stack import Options, Stack
from tests.e2e.stage import example, until
from tests.web import browser as browsing
from tests.web.browser import LARGE, SMALL, Watched, watched
from tests.web.landscape import CHANGES, HASH, condition, landscape
from tests.web.served import KEY, Served, serving

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(browsing.missing() is not None, reason=browsing.missing() or ""),
]

SPEED = 60.0
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "small": {"viewport": SMALL, "reduced_motion": "reduce"},
}
VIEWS = ("documents", "approvals", "resolution", "capacity", "events", "spokes/ledger-1", "clusters/search-1-prod")
COUNTED = "() => [...document.querySelectorAll('.node')].map((one) => one.dataset.key)"
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('.node .card')].map((one) => one.getBoundingClientRect());
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length;
}"""
SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll('.node .name')].map((one) =>
  parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a))"""


async def drawn(page: Watched, count: int) -> None:
    """Wait until so many documents are drawn."""
    await page.page.wait_for_function(f"document.querySelectorAll('.node').length === {count}")


def _looks(served: Served) -> list[int]:
    """Return how each look at the overview was answered."""
    return [status for _, path, status in served.asked if path == "/overview"]


async def _looked(served: Served, times: int) -> bool:
    """Say whether the overview was asked for so often."""
    return len(_looks(served)) >= times


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("spokes", [1, 10, 100])
async def test_the_topology_is_readable(browser: Browser, axe: str, spokes: int, look: str) -> None:
    """Each hub and spoke is drawn, large enough to read, over no other, and axe-core finds nothing serious."""
    async with serving(landscape(spokes)) as served, watched(browser, served.url, KEY, **LOOKS[look]) as page:
        await page.page.wait_for_selector(".node")
        keys = await page.page.evaluate(COUNTED)
        assert len([key for key in keys if key.startswith("Spoke/")]) == spokes
        assert await page.page.evaluate(OVERLAPS) == 0
        assert await page.page.evaluate(SMALLEST_TEXT) >= 10
        assert await page.page.evaluate(TOO_WIDE) == 0
        await page.picture(f"topology-{spokes}-{look}")
        assert await page.judged(axe) == []
        assert page.faults() == []


async def test_a_hundred_spokes_fit_one_screen(browser: Browser) -> None:
    """On a usual screen nothing of a hundred spokes has to be scrolled to."""
    hidden = "(() => { const f = document.querySelector('.frame'); return f.scrollHeight - f.clientHeight; })()"
    async with serving(landscape(100)) as served, watched(browser, served.url, KEY) as page:
        await page.page.wait_for_selector(".node")
        assert await page.page.evaluate(hidden) <= 0
        assert LARGE["height"] >= await page.page.evaluate(
            "document.querySelector('.frame').getBoundingClientRect().bottom"
        )


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("view", VIEWS)
async def test_every_view_is_for_everybody(browser: Browser, axe: str, view: str, look: str) -> None:
    """axe-core finds nothing serious in any view, nothing is too wide, and nothing is asked of another host."""
    async with serving(landscape(100)) as served, watched(browser, f"{served.url}#/{view}", KEY, **LOOKS[look]) as page:
        await page.page.wait_for_selector("main .panel, main table")
        for button in await page.page.get_by_role("button", name="Show the plan").all():
            await button.click()
            await page.page.wait_for_selector(".steps")
        await page.picture(f"{view.replace('/', '-')}-{look}")
        assert await page.page.evaluate(TOO_WIDE) == 0
        assert await page.judged(axe) == []
        assert page.faults() == []


async def test_the_key_is_asked_for_once_and_stays_in_the_tab(browser: Browser) -> None:
    """Without a key none is sent; a wrong one is asked for again; the right one opens, and stays after a reload."""
    async with serving(landscape(1)) as served, watched(browser, served.url) as page:
        for given in ("wrong", KEY):
            await page.page.get_by_label("Key", exact=True).fill(given)
            await page.page.keyboard.press("Enter")
            if given == "wrong":
                await page.page.get_by_text("was not accepted").wait_for()
        await drawn(page, 3)
        await page.page.reload()
        await drawn(page, 3)
        assert not await page.page.get_by_role("dialog").is_visible()
        refused = [status for _, path, status in served.asked if path == "/overview" and status == 401]
        assert len(refused) == 2
        await page.page.get_by_role("button", name="Forget key").click()
        await page.page.get_by_role("dialog").wait_for()
        assert await page.page.evaluate("sessionStorage.length + localStorage.length + document.cookie.length") == 0


async def test_where_no_key_is_wanted_none_is_asked_for(browser: Browser) -> None:
    """Behind a sign-in of the platform the page simply shows."""
    async with serving(landscape(1), key="") as served, watched(browser, served.url) as page:
        await drawn(page, 3)
        assert page.faults() == []


async def test_who_is_signed_out_is_told(browser: Browser) -> None:
    """A platform that sends to its sign-in is not followed; the page says what to do."""
    async with serving(landscape(1)) as served:
        served.signed_out = True
        async with watched(browser, served.url) as page:
            await page.page.get_by_role("alert").get_by_text("Load the page again to sign in").wait_for()
            assert page.errors == []  # The browser names the address that it was sent to, and does not go there.


async def test_what_has_not_changed_costs_nothing(browser: Browser) -> None:
    """Asked again, the overview is a 304 without a body; what changes is drawn and said without a reload."""
    async with serving(landscape(10)) as served, watched(browser, served.url, KEY) as page:
        await page.page.wait_for_selector(".node")
        await until(lambda: _looked(served, 2), 20)
        assert _looks(served)[:2] == [200, 304]
        spoke = served.landscape.documents["spokes/media-1"]
        spoke["status"]["conditions"][0] |= {"status": "True", "reason": "Provisioned"}
        await page.page.wait_for_selector("[data-key='Spoke/media-1'].l-ready")
        assert await page.page.get_by_role("status").first.inner_text() == "Spoke media-1: Ready."
        assert page.faults() == []


async def test_what_one_looks_at_stays_through_the_news(browser: Browser) -> None:
    """When other things change, the focus stays on its link and what was opened stays open."""
    async with serving(landscape(10)) as served, watched(browser, served.url, KEY) as page:
        await page.page.wait_for_selector(".node")
        await page.page.get_by_text("The same as a table").click()
        link = page.page.locator("table a[href='#/spokes/payments-1']")
        await link.focus()
        served.landscape.documents["spokes/media-1"]["status"]["conditions"][0] |= {"status": "True", "reason": "Ok"}
        await page.page.wait_for_selector("[data-key='Spoke/media-1'].l-ready")
        assert await page.page.evaluate("document.activeElement.getAttribute('href')") == "#/spokes/payments-1"
        assert await link.is_visible()
        assert page.faults() == []


async def test_an_app_that_is_away_is_said_and_come_back_to(browser: Browser) -> None:
    """What was seen stays, the trouble is said, and it goes again when the app is there again."""
    async with serving(landscape(1)) as served, watched(browser, served.url, KEY) as page:
        await drawn(page, 3)
        await page.page.context.set_offline(offline=True)
        await page.page.get_by_role("alert").get_by_text("cannot be reached").wait_for()
        await drawn(page, 3)
        await page.page.context.set_offline(offline=False)
        await page.page.get_by_role("alert").wait_for(state="hidden", timeout=40_000)


async def test_search_and_filter(browser: Browser) -> None:
    """What does not match is not drawn and not in the table; the hub of what matches stays."""
    async with serving(landscape(100)) as served, watched(browser, served.url, KEY) as page:
        await page.page.wait_for_selector(".node")
        await page.page.get_by_label("Health").select_option("failed")
        await page.page.get_by_label("Search").fill("scopelocked")
        await drawn(page, 2)
        assert await page.page.evaluate(COUNTED) == ["Hub/weu", "Spoke/identity-1"]
        await page.page.get_by_text("The same as a table").click()
        assert await page.page.locator("tbody tr").count() == 1
        await page.page.get_by_label("Search").fill("no such thing")
        await page.page.get_by_text("Nothing matches").wait_for()
        assert page.faults() == []


async def test_by_keyboard_only(browser: Browser) -> None:
    """Skip link, one stop for the whole drawing, arrows within it, Enter opens; the table tells the same."""
    async with serving(landscape(10)) as served, watched(browser, served.url, KEY) as page:
        await page.page.wait_for_selector(".node")
        press = page.page.keyboard.press
        await press("Tab")
        assert await page.focused() == "skip"
        await press("Enter")
        assert await page.focused() == "main"
        stops: list[str] = []
        while not stops or "/" not in stops[-1]:
            await press("Tab")
            stops.append(await page.focused())
            assert len(stops) < 10
        assert stops[-1] == "Hub/weu"
        for key, at in (
            ("ArrowRight", "Spoke/media-1"),
            ("ArrowUp", "Spoke/ledger-1"),
            ("End", "Cluster/search-1-prod"),
            ("ArrowLeft", "Spoke/search-1"),
            ("Home", "Hub/weu"),
            ("ArrowRight", "Spoke/media-1"),
        ):
            await press(key)
            assert await page.focused() == at
        outline = "getComputedStyle(document.activeElement.querySelector('.card')).strokeWidth"
        assert await page.page.evaluate(outline) == "4px"
        await press("Tab")
        assert "/" not in await page.focused()
        await press("Shift+Tab")
        assert await page.focused() == "Spoke/media-1"
        await press("Enter")
        await page.page.get_by_role("heading", name="media-1", level=1).wait_for()
        assert await page.focused() == "main"
        assert page.faults() == []


async def test_a_reason_being_written_survives_the_news(browser: Browser) -> None:
    """The inbox is brought up to date around what somebody is writing; what is sent is the hash of the plan seen."""
    async with serving(landscape(10)) as served, watched(browser, f"{served.url}#/approvals", KEY) as page:
        approve = page.page.get_by_role("button", name="Approve this plan")
        await page.page.get_by_role("button", name="Show the plan").wait_for()
        assert await approve.is_disabled()
        await page.page.get_by_role("button", name="Show the plan").focus()
        await page.page.keyboard.press("Enter")
        await page.page.wait_for_selector(".steps li")
        await page.page.get_by_label("Reason").fill("known to us")
        before = len(_looks(served))
        served.landscape.documents["spokes/media-1"]["status"]["conditions"][0]["status"] = "True"

        await until(lambda: _looked(served, before + 2), 30)
        assert await page.page.get_by_label("Reason").input_value() == "known to us"
        await approve.focus()
        await page.page.keyboard.press("Enter")
        await page.page.get_by_text("Approved. It is attached now.").wait_for()
        assert served.decided == [
            ("spokes/ledger-1/approve", {"hash": HASH, "decision": "approve", "reason": "known to us"})
        ]
        assert page.faults() == []


async def test_the_critical_path_is_marked(browser: Browser) -> None:
    """The chain of steps that decided how long it took: group, network, peering."""
    async with serving(landscape(10)) as served, watched(browser, f"{served.url}#/spokes/search-1", KEY) as page:
        await page.page.wait_for_selector(".bars li")
        assert await page.page.locator(".bars li").count() == 7
        assert await page.page.locator(".critical .what").all_inner_texts() == [
            "create resource group rg-payments",
            "create virtual network vnet-payments",
            "create virtual network peering to-hub",
        ]


CELLS = "(all) => all.map((row) => [...row.children].map((cell) => cell.innerText))"
LABELS = "(all) => all.map((cell) => getComputedStyle(cell, '::before').content)"


@pytest.mark.parametrize("look", LOOKS)
async def test_an_update_is_seen_before_and_after(browser: Browser, axe: str, look: str) -> None:
    """Each change of the inbox's plan has its member, what is and what will be; a small screen names the sides."""
    async with (
        serving(landscape(10)) as served,
        watched(browser, f"{served.url}#/approvals", KEY, **LOOKS[look]) as page,
    ):
        await page.page.get_by_role("button", name="Show the plan").click()
        changes = page.page.get_by_role("table", name="Changes of subnet nodes")
        rows = await changes.locator("tbody tr").evaluate_all(CELLS)
        assert rows == [[one["path"], shown(one["have"]), shown(one["want"])] for one in CHANGES]
        labels = await changes.locator("tbody tr:first-child td").evaluate_all(LABELS)
        assert labels == (['"Before"', '"After"'] if look == "small" else ["none", "none"])
        assert await page.page.locator(".steps table").count() == 1
        assert await page.page.locator(".steps details").count() == 5
        assert await page.page.evaluate(TOO_WIDE) == 0
        await changes.scroll_into_view_if_needed()
        await page.picture(f"changes-{look}")
        assert await page.judged(axe) == []


def shown(value: Any) -> str:
    """Return how the page shows one side of a change."""
    return "missing" if value is None else json.dumps(value, indent=2)


async def _unchanged(served: Served, paths: tuple[str, ...], times: int) -> bool:
    """Say whether each path was answered by 304 so often."""
    return all(served.asked.count(("GET", path, 304)) >= times for path in paths)


ASK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
MARK = "(document.querySelector('.bars') ?? document.querySelector('main tbody')).dataset.mark = 'seen'"


@pytest.mark.parametrize(
    ("view", "asked"),
    [("resolution", ("/resolution",)), ("spokes/payments", ("/spokes/payments/history", "/spokes/payments/audit"))],
)
async def test_what_has_not_changed_is_not_drawn_again(browser: Browser, view: str, asked: tuple[str, ...]) -> None:
    """Resolution, history and decisions are asked for with their versions; after a 304 the same table stands there."""
    made = landscape(1)
    made.documents["spokes/payments"]["status"]["conditions"].append(condition("Reconciling", "True", "Applying", ""))
    async with serving(made) as served, watched(browser, f"{served.url}#/{view}", KEY) as page:
        await page.page.wait_for_selector("main :is(.bars, tbody)")
        await page.page.evaluate(MARK)
        for times in (1, 2):  # The second is asked for when the first was drawn.
            await page.page.evaluate(ASK_AGAIN)
            await until(lambda: _unchanged(served, asked, times), 20)  # noqa: B023 - waited for within its turn
        assert await page.page.locator("[data-mark=seen]").count() == 1


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString/x", "constructor/x"])
async def test_an_unknown_address_shows_the_first_view(browser: Browser, name: str) -> None:
    """Names that every object has are no views and no kinds."""
    async with serving(landscape(1)) as served, watched(browser, f"{served.url}#/{name}", KEY) as page:
        await page.page.wait_for_selector(".node")
        assert await page.page.title() == "Topology – Spokewright"  # noqa: RUF001 - as the page writes it
        assert page.faults() == []


@pytest_asyncio.fixture(loop_scope="module")
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """Yield a stack without a document."""
    async with Stack(Options(tmp_path, SPEED)) as found:
        yield found


async def test_a_first_cluster_and_an_approval_are_seen_live(browser: Browser, axe: str, stack: Stack) -> None:
    """From nothing, through a provisioning that is watched, to a network that a person approves on the page."""
    ends = stack.endpoints
    home, key = f"{ends['functions']}/api/", ends["functionKey"]
    async with Client(ends) as client, Somebody(ends) as somebody, watched(browser, home, key) as page:
        await page.page.get_by_text("There is no document yet").wait_for()
        await client.send({"documents": example()}, message_id="page-1")
        await page.page.wait_for_selector("[data-key='Hub/weu'].l-working", timeout=30_000)
        await drawn(page, 3)
        await page.picture("live-provisioning")
        for one in ("Hub/weu", "Spoke/payments", "Cluster/payments-prod"):
            await page.page.wait_for_selector(f"[data-key='{one}'].l-ready", timeout=120_000)
        await page.picture("live-ready")
        assert await page.judged(axe) == []
        await _history(page)
        await _approval(page, somebody)
        assert page.faults() == []


async def _history(page: Watched) -> None:
    """Look at the cluster's page: proved, with its bars and their critical path."""
    await page.page.locator("[data-key='Cluster/payments-prod']").click()
    await page.page.get_by_role("heading", name="payments-prod", level=1).wait_for()
    await page.page.wait_for_selector(".bars .critical")
    await page.page.get_by_text("Compare with Azure now").click()
    await page.page.get_by_text("Nothing differs").wait_for()
    await page.picture("live-cluster")


async def _approval(page: Watched, somebody: Somebody) -> None:
    """Let a network ask, approve it on the page, and see it attached."""
    group = await somebody.group("rg-team")
    subnets = {"nodes": {"addressPrefix": "10.96.0.0/26"}}
    await somebody.network(group, "vnet-asks", ["10.96.0.0/24"], subnets, {"spokewright-hub": "weu"})
    await page.page.get_by_role("link", name="Approvals").click()
    await page.page.get_by_role("button", name="Show the plan").click(timeout=60_000)
    await page.page.wait_for_selector(".steps li")
    await page.picture("live-approval")
    await page.page.get_by_label("Reason").fill("known to the platform team")
    await page.page.get_by_label("Your name").fill("Kim")
    await page.page.get_by_role("button", name="Approve this plan").click()
    await page.page.get_by_role("link", name="Topology").click()
    await page.page.wait_for_selector(".node.spoke.l-ready >> nth=1", timeout=120_000)
    await page.picture("live-attached")
