"""What the page shows of names, in a real browser: the resolution matrix, and a hub's DNS. Judged by axe-core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web import browser as browsing
from tests.web.browser import SMALL, watched
from tests.web.landscape import DENIED, NOBODY, NOT_FORWARDED, forwarders, landscape, silent
from tests.web.served import KEY, serving

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(browsing.missing() is not None, reason=browsing.missing() or ""),
]

LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "small": {"viewport": SMALL}}
TEXTS = "(all) => all.map((one) => one.innerText.replaceAll(/\\s+/g, ' ').trim())"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ALL_BAD = [f"risk-2-{stage}" for stage in ("prod", "test", "dev", "lab")]
BAD = ALL_BAD[0]
"""Clusters that do not resolve everywhere, of a landscape of twenty spokes."""


async def texts(found: Locator) -> list[str]:
    """Return the text of everything that is found, as soon as there is something."""
    await found.first.wait_for()
    return [str(text) for text in await found.evaluate_all(TEXTS)]


async def test_the_resolution_is_a_table_with_heads(browser: Browser) -> None:
    """Clusters down, consumers across: a head for each, and words beside the colour, where from and when."""
    async with serving(landscape(20)) as served, watched(browser, f"{served.url}#/resolution", KEY) as page:
        matrix = page.page.get_by_role("table", name="Hub weu: clusters by who has to resolve them")
        heads = await texts(matrix.get_by_role("columnheader"))
        assert heads == ["Cluster", "hub", "dns/10.0.1.4", "dns/10.0.1.5", "spoke/payments-1", "on-premises"]
        bad = matrix.get_by_role("row").filter(has=page.page.get_by_role("rowheader", name=BAD))
        cells = await texts(bad.get_by_role("cell"))
        starts = [
            "does not answer",
            "resolves on vm-jump-weu, ",
            "does not resolve DnsServerDoesNotForward",
            "not known",
            "resolves",
        ]
        assert [cell.startswith(start) for cell, start in zip(cells, starts, strict=True)] == [True] * 5
        assert "2026" in cells[0]
        assert "2026" in cells[3]
        assert "10.64.0.4" in await bad.get_by_role("rowheader").inner_text()
        assert page.faults() == []


async def test_what_is_wrong_is_said_with_its_mend(browser: Browser) -> None:
    """Each row that fails with its broken link and what to do; once for each consumer who could not be asked."""
    async with serving(landscape(20)) as served, watched(browser, f"{served.url}#/resolution", KEY) as page:
        wrong = page.page.locator("section.panel", has=page.page.get_by_role("heading", name="What is wrong"))
        said = await texts(wrong.get_by_role("listitem"))
        assert len(said) == 6
        for text, message, link in zip(said[:2], (DENIED, NOT_FORWARDED), ("hub", "dns/10.0.1.5"), strict=True):
            assert text.startswith(f"{BAD} from {link}: ")
            what, mend = message.split(" What to do: ")
            assert what in text
            assert f"What to do: {mend}" in text
        await wrong.get_by_text("2 more").click()
        assert len(await texts(wrong.get_by_role("listitem"))) == 2 * len(ALL_BAD)
        open_ = page.page.locator("section.panel", has=page.page.get_by_role("heading", name="Not known"))
        assert await texts(open_.get_by_role("listitem")) == [f"spoke/payments-1: {NOBODY}"]


async def test_the_evidence_is_what_each_machine_printed(browser: Browser) -> None:
    """It opens for a cluster, and has a part for each consumer that was asked."""
    async with serving(landscape(1)) as served, watched(browser, f"{served.url}#/resolution", KEY) as page:
        await page.page.get_by_text("Evidence for payments-prod").click()
        parts = page.page.locator("details[open]")
        assert await texts(parts.get_by_role("heading")) == [
            "hub",
            "dns/10.0.1.4",
            "dns/10.0.1.5",
            "on-premises",
        ]
        assert "Server:\t127.0.0.53\n\nName:\tapi" in await parts.locator("pre").first.inner_text()


async def test_the_matrix_is_filtered(browser: Browser) -> None:
    """By clusters, consumers, and the broken link, as all lists are."""
    async with serving(landscape(20)) as served, watched(browser, f"{served.url}#/resolution", KEY) as page:
        names = page.page.locator("main tbody th a")
        await names.first.wait_for()
        everything = await names.count()
        await page.page.locator("#query").fill("doesnotforward")
        await page.page.wait_for_function("document.querySelectorAll('main tbody tr').length === 4")
        assert (await texts(names), everything > len(ALL_BAD)) == (ALL_BAD, True)
        await page.page.locator("#query").fill("nothing like it")
        await page.page.get_by_text("No cluster to look at.").wait_for()


async def test_who_was_never_asked_has_what_the_jump_server_saw(browser: Browser) -> None:
    """A document from before there were rows has the hub's column alone, and its own message."""
    made = landscape(1)
    cluster = made.documents["clusters/payments-prod"]["status"]
    cluster["outputs"]["verification"] = {"output": "Server: 127.0.0.53"}
    cluster["conditions"][1] |= {"status": "False", "message": "it does not resolve from the jump server"}
    async with serving(made) as served, watched(browser, f"{served.url}#/resolution", KEY) as page:
        await page.page.get_by_text("it does not resolve from the jump server").wait_for()
        assert await texts(page.page.locator("thead th")) == ["Cluster", "hub"]


@pytest.mark.parametrize("look", LOOKS)
async def test_a_hub_s_dns_is_for_everybody(browser: Browser, axe: str, look: str) -> None:
    """Servers and what they do instead, networks and who is next, configurations; nothing serious, nothing too wide."""
    async with (
        serving(landscape(20)) as served,
        watched(browser, f"{served.url}#/hubs/weu", KEY, **LOOKS[look]) as page,
    ):
        servers = page.page.get_by_role("table", name="DNS servers", exact=True)
        rows = await texts(servers.locator("tbody tr"))
        assert [row.split()[0] for row in rows] == forwarders(0)
        assert silent(0) in rows[1]
        networks = page.page.get_by_role("table", name="Networks and their DNS servers")
        first, second, *rest = await texts(networks.locator("tbody tr"))
        assert ("hub" in first, "has them" in first) == (True, True)
        assert (second.startswith("payments-1"), "next" in second) == (True, True)
        assert all("waits for its turn" in row for row in rest)
        assert await page.page.get_by_text("networks have 10.0.1.4, 10.0.1.5; next: payments-1").count() == 1
        await page.page.get_by_text("For BIND").click()
        assert "forwarders { 10.0.1.4; 10.0.1.5; };" in await page.page.locator("details[open] pre").inner_text()
        conditions = page.page.get_by_role("table", name="Conditions")
        assert await conditions.get_by_role("rowheader", name="DnsServersAnswer").count() == 1
        await page.picture(f"dns-{look}")
        assert await page.page.evaluate(TOO_WIDE) == 0
        assert await page.judged(axe) == []
        assert page.faults() == []


async def test_a_hub_s_progress_is_seen_live(browser: Browser) -> None:
    """The next network's turn shows although the hub's own document is the same."""
    made = landscape(2)
    async with serving(made) as served, watched(browser, f"{served.url}#/hubs/weu", KEY) as page:
        await page.page.get_by_text("next: payments-1").wait_for()
        made.dns["hubs/weu"]["networks"] |= {"progress": "2 of 3 networks have theirs; next: search-1"}
        await page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await page.page.get_by_text("next: search-1").wait_for()
