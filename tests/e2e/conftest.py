"""A browser for the page of a running stack; at the end of a run, where the page's screenshots are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.browser import TAKEN
from tests.web.conftest import axe, browser

if TYPE_CHECKING:
    import pytest

__all__ = ["axe", "browser"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the folder with the screenshots that were taken."""
    for folder in sorted({path.parent for path in TAKEN}):
        terminalreporter.write_line(f"screenshots of the page: {folder}")
