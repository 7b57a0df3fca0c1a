"""Makes the README's pictures of the page: `python -m scripts.pictures`. It needs Chromium.

The landscapes are those of the tests, beside the page's real files; the cluster's page is that of a real local stack.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import all_ready, example, until
from tests.web.browser import chromium, missing, watched
from tests.web.landscape import landscape
from tests.web.served import KEY, serving

if TYPE_CHECKING:
    from playwright.async_api import Browser

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SPEED = 20.0
DRAWN: tuple[tuple[str, int, int, dict[str, Any]], ...] = (
    ("topology", 10, 860, {}),
    ("topology-100", 100, 900, {"color_scheme": "dark"}),
)
"""Name, spokes, height, and how the browser is set up."""


async def main() -> None:
    """Make every picture."""
    if missing():
        raise SystemExit(missing())
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for name, spokes, height, options in DRAWN:
            await _topology(browser, name, spokes, {"viewport": {"width": 1280, "height": height}, **options})
        await _cluster(browser)


async def _topology(browser: Browser, name: str, spokes: int, options: dict[str, Any]) -> None:
    async with serving(landscape(spokes)) as served, watched(browser, served.url, KEY, **options) as seen:
        await seen.page.wait_for_selector(".node")
        await seen.page.screenshot(path=PICTURES / f"{name}.png")


async def _cluster(browser: Browser) -> None:
    """Provision the first cluster, and take its page with the bars of how it came to be."""
    with tempfile.TemporaryDirectory(prefix="spokewright-") as directory:
        async with Stack(Options(Path(directory), SPEED)) as stack, Client(stack.endpoints) as client:
            await client.send({"documents": example()}, message_id="pictures")
            await until(lambda: all_ready(client), 600)
            ends = stack.endpoints
            url, size = f"{ends['functions']}/api/#/hubs/weu", {"width": 1280, "height": 900}
            async with watched(browser, url, ends["functionKey"], viewport=size) as seen:
                await seen.page.wait_for_selector(".bars .critical")
                await seen.page.locator("section", has_text="History").screenshot(path=PICTURES / "timeline.png")


if __name__ == "__main__":
    asyncio.run(main())
