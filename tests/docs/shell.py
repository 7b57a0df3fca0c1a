"""The shell examples of the documents: which programs they call with which words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import blocks, ticked

_HEREDOC = re.compile(r"<<'?(\w+)'?\n.*?^\1$", re.MULTILINE | re.DOTALL)
_BETWEEN = re.compile(r"\$\(|\)|\|\||&&|[|;\n]")
_PLACE = re.compile(r"^[A-Z][A-Z0-9_/=-]*$|^\$\w+$|^\[.*\]$|^\[?[A-Z]+\]?\.\.\.$")
SHELLS = ("sh", "bash", "console")


def called(page: Path, program: str) -> list[list[str]]:
    """Return the words after a program's name, for each time that a page's shell examples call it."""
    found = (words for language in SHELLS for block in blocks(page, language) for words in commands(block))
    return [words[1:] for words in found if Path(words[0]).name == program]


def commands(block: str) -> Iterator[list[str]]:
    """Yield the words of each command of a shell example; what goes into a program by a here-document is not one."""
    text = _HEREDOC.sub("\n", block).replace("\\\n", " ")
    for part in _BETWEEN.split(text):
        words = [word for word in _split(part) if not re.match(r"^\w+=", word)]
        if words:
            yield words


def _split(part: str) -> list[str]:
    try:
        return shlex.split(part, comments=True)
    except ValueError:  # a quotation that spans what was split
        return part.split()


def mentioned(page: Path, program: str) -> list[list[str]]:
    """Return the words after a program's name, for each time that a page's prose names a command in backticks."""
    return [shlex.split(text)[1:] for text in ticked(page) if text.startswith(f"{program} ")]


def is_place(word: str) -> bool:
    """Say whether a word only stands for one, such as NAME, $HASH or [OPTIONS]."""
    return _PLACE.match(word) is not None
