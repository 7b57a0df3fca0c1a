"""`spokewright completion` and `version`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, run: Run) -> None:
    """The script asks the program itself for what may come next; nothing else is written."""
    ran = run("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert f"_SPOKEWRIGHT_COMPLETE={shell}_complete" in ran.out
    if found := shutil.which(shell):
        assert subprocess.run([found, "-n"], input=ran.out, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [("spokewright de", {"delete", "describe", "dead-letters"}), ("spokewright dead-letters re", {"replay"})],
)
def test_words_are_completed(words: str, expected: set[str]) -> None:
    """What the script asks is answered: commands, and those of groups."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_SPOKEWRIGHT_COMPLETE": "bash_complete"}
    command = [sys.executable, "-m", "cli"]
    ended = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=True)
    assert {line.removeprefix("plain,") for line in ended.stdout.splitlines()} == expected


@pytest.mark.parametrize("arguments", [(), ("tcsh",)])
def test_no_shell_is_said(arguments: tuple[str, ...], run: Run) -> None:
    """Exit code 2, and nothing that a shell would run."""
    ran = run("completion", *arguments)
    assert (ran.code, ran.out) == (2, "")


def test_the_version_is_said(run: Run) -> None:
    """That of the package, of Python and of the system; also as data, and shortly by --version."""
    told = json.loads(run("version", "-o", "json").out)
    assert told["spokewright"] == version("spokewright")
    assert set(told) == {"spokewright", "python", "system"}
    assert run("version").out.splitlines()[0] == f"spokewright {version('spokewright')}" == run("--version").out.strip()


def test_a_wrong_format_of_the_version_is_said(run: Run) -> None:
    """Exit code 2."""
    assert run("version", "-o", "xml").code == 2
