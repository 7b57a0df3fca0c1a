"""What must not be left behind in a commit."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Put together from halves, so that this file does not hold what it looks for.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|NotImplemented" r"Error")
MACHINE = re.compile(r"(?<![\w.<])/(tmp|work|root)/")
LONGEST = 350


def tracked(*patterns: str) -> list[Path]:
    """Return the files that git tracks and that match."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize(
    ("what", "pattern"), [("an unfinished place", UNFINISHED), ("a path of some machine", MACHINE)]
)
def test_nothing_is_left_behind(what: str, pattern: re.Pattern[str]) -> None:
    """No code or document holds an unfinished place or the path of a machine it was written on."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked("*.py", "*.md", "*.toml", "*.yaml", "Makefile", "*.json")
        if path.name not in ("test_left_behind.py", "package-lock.json")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], what


def test_files_are_one_concept_each() -> None:
    """No Python file that ships, or of the local stack, is longer than 350 lines."""
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in tracked("shared/*.py", "orchestration/*.py", "local/*.py", "cli/*.py", "function_app.py")
        if (lines := len(path.read_text().splitlines())) > LONGEST
    ]
    assert long == []
