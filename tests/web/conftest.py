"""What tests in a real browser begin with; tests/e2e/conftest.py has the same for the page of a running stack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.web import browser as browsing
from tests.web.browser import chromium

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Yield a browser."""
    async with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def axe() -> str:
    """Return axe-core."""
    script = browsing.axe()
    if script is None:
        pytest.skip("npm is not there: axe-core cannot judge the page")
    return script
