"""The documents as the tests read them: pages, links, words in backticks, code blocks."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSE = (ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")
PAGES = (*HOUSE, ROOT / "infra" / "README.md", *sorted(path for path in (ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TICKED = re.compile(r"`([^`\n]+)`")


def name_of(path: Path) -> str:
    """Return a page's path in the house, for test ids and messages."""
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """Return a page without its code blocks."""
    return _BLOCK.sub("", path.read_text(encoding="utf-8"))


def blocks(path: Path, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return [text for found, text in _BLOCK.findall(path.read_text(encoding="utf-8")) if found == language]


def links(path: Path) -> list[str]:
    """Return where the relative links of a page lead, without their anchors."""
    found = (target.partition("#")[0] for target in _LINK.findall(prose(path)))
    return [target for target in found if target and "://" not in target]


def ticked(path: Path) -> list[str]:
    """Return what stands in backticks in a page's prose."""
    return _TICKED.findall(prose(path))


def rows(name: str, heading: str = "") -> list[list[str]]:
    """Return the rows of the tables of a page, or of its section below `heading`, without their heads."""
    text = read(name)
    if heading:
        text = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads = {index - 1 for index, line in enumerate(lines) if set(line) <= set("|- ")}
    kept = (line for index, line in enumerate(lines) if index not in heads and index - 1 not in heads)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]
