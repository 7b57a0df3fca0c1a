"""Debian's Chromium by playwright, opened without anything that would talk to somebody; and pages that tell on it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Request

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LARGE = {"width": 1366, "height": 900}
SMALL = {"width": 320, "height": 640}
FOCUS = "document.activeElement.getAttribute('data-key') || document.activeElement.id"
ARTEFACTS = ROOT / ".artefacts" / "page"
TAKEN: list[Path] = []
"""The screenshots of this run."""


def missing() -> str | None:
    """Return why there is no browser here, or None."""
    if not CHROMIUM.exists():
        return f"{CHROMIUM} is not there (Debian: apt-get install chromium): the page is not tried in a browser"
    return None


def axe() -> str | None:
    """Return axe-core's script, installed as package-lock.json pins it; None where npm is not there."""
    if not AXE.exists():
        if shutil.which("npm") is None:
            return None
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return AXE.read_text(encoding="utf-8")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Open the browser."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only where there is a browser

    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Watched:
    """A page, with everything that it should not have done."""

    page: Page
    home: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def saw(self, request: Request) -> None:
        """Remember a request that left the host."""
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.home:
            self.strangers.append(request.url)

    async def focused(self) -> str:
        """Return what has the focus: a document's key, or an id."""
        return str(await self.page.evaluate(FOCUS))

    async def picture(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=ARTEFACTS / f"{name}.png")
        TAKEN.append(ARTEFACTS / f"{name}.png")

    async def judged(self, script: str) -> list[str]:
        """Return what axe-core finds serious or critical, each with where it is."""
        await self.page.evaluate(script)
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['impact']} {one['id']}: {one['help']}: {' | '.join(node['html'][:120] for node in one['nodes'][:3])}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    def faults(self) -> list[str]:
        """Return what it did: errors of the console or of scripts, and requests elsewhere."""
        return [*self.errors, *self.strangers]


@asynccontextmanager
async def watched(browser: Browser, url: str, key: str = "", **options: Any) -> AsyncIterator[Watched]:
    """Open the page at an address, with the key as if it had been given, and yield it when it shows something."""
    context = await browser.new_context(**{"viewport": LARGE, **options})
    page = await context.new_page()
    found = Watched(page, urlsplit(url).netloc)
    page.on("request", found.saw)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda said: found.errors.append(said.text) if said.type in ("error", "warning") else None)
    if key:
        await page.add_init_script(f"sessionStorage.setItem('spokewright-key', {key!r})")
    await page.goto(url)
    try:
        yield found
    finally:
        await context.close()
