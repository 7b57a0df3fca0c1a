"""Says at the end of a run where the page's screenshots are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.browser import TAKEN

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the folder with the screenshots that were taken."""
    for folder in sorted({path.parent for path in TAKEN}):
        terminalreporter.write_line(f"screenshots of the page: {folder}")
