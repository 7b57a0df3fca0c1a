"""What is loaded before anything is done, and that help and commands are one list."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click
import pytest

from cli.registry import COMMANDS, Entry

if TYPE_CHECKING:
    from tests.cli.conftest import Run

SLOW = ("rich", "httpx", "yaml", "azure", "keyring", "jsonschema", "asyncio", "ssl", "inspect")


def loaded(*arguments: str) -> list[str]:
    """Return the slow modules that a command line loads, in a process of its own."""
    script = (
        "import sys, json; from cli.app import main; main(json.loads(sys.argv[1]));"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    run = [sys.executable, "-c", script, json.dumps(arguments)]
    ended = subprocess.run(run, capture_output=True, text=True, check=True)
    modules = {name.split(".")[0] for name in json.loads(ended.stderr.splitlines()[-1])}
    return [name for name in SLOW if name in modules]


QUICK = [
    ("--help",),
    ("get", "--help"),
    ("wait", "--help"),
    ("send", "--help"),
    ("context", "list"),
    ("explain", "hub"),
    ("version",),
    ("nonsense",),
]


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_help_loads_nothing_slow(arguments: tuple[str, ...]) -> None:
    """Help and what asks nobody load neither the terminal's, nor HTTP's, nor YAML's, nor Azure's libraries."""
    assert [name for name in loaded(*arguments) if name != "inspect"] == []


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_each_command_is_there_and_explains_itself(entry: Entry, run: Run) -> None:
    """Each entry of the registry has its module with a command, whose help says what it does."""
    name = entry.name
    assert isinstance(import_module(entry.path).command, click.Command)
    ran = run(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: spokewright {name}")
    assert len(ran.out.split("\n\n")[1].strip()) > 20


def test_help_names_every_command(run: Run) -> None:
    """The help lists each command with its line, without loading it."""
    words = " ".join(run("--help").out.split())
    assert [entry.name for entry in COMMANDS if f" {entry.name} {entry.line}" not in words] == []


WRONG = [("nonsense",), ("get",), ("wait", "hub/weu"), ("--nonsense",), ("get", "hubs", "-o", "x")]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_command_line_is_said_in_two_lines(arguments: tuple[str, ...], run: Run) -> None:
    """What is wrong, what to do; exit code 2, and nothing on the output."""
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    first, second = ran.err.splitlines()
    assert first.startswith("Error: ")
    assert second.startswith("What to do: see `spokewright")
    assert second.endswith("--help`")
