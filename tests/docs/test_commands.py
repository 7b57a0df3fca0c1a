"""Whatever a page tells people to type is there: commands, options, targets, modules."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click
import pytest

from cli.advice import BROKEN
from cli.app import spokewright
from cli.registry import COMMANDS
from tests.docs.pages import PAGES, ROOT, name_of, read, ticked
from tests.docs.shell import called, is_place, mentioned
from tests.docs.test_docs import targets

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def unknown(words: list[str]) -> list[str]:
    """Return which words of a command line there is no command or option for."""
    context = click.Context(spokewright)
    command: click.Command = spokewright
    known, wrong = options_of(spokewright), []
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("-") and name != "-":
            wrong += [] if name in known else [name]
        elif isinstance(command, click.Group) and not is_place(word):
            found = command.get_command(context, word)
            if found is None:
                return [*wrong, word]
            command, known = found, known | options_of(found)
    return wrong


def options_of(command: click.Command) -> set[str]:
    """Return a command's options as they are typed."""
    own = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return own | {"-h", "--help"}


def test_a_wrong_command_line_is_found() -> None:
    """The judge of these tests sees a command, a command below one, and an option that are not there."""
    assert unknown(["get", "all", "-o", "wide"]) == []
    assert unknown(["fetch", "all"]) == ["fetch"]
    assert unknown(["dead-letters", "burn"]) == ["burn"]
    assert unknown(["delete", "-f", "x", "--force"]) == ["--force"]


@each_page
def test_every_spokewright_command_exists(page: Path) -> None:
    """Each `spokewright x --y` in a shell example or in backticks is a command with these options."""
    lines = [*called(page, "spokewright"), *mentioned(page, "spokewright")]
    assert {" ".join(words): unknown(words) for words in lines if unknown(words)} == {}


@each_page
def test_every_make_target_in_a_shell_example_exists(page: Path) -> None:
    """Each `make x` in a shell example is a target; what stands after it are its variables."""
    named = {word for words in called(page, "make") for word in words if not word.startswith("-")}
    assert named <= targets()


@each_page
def test_every_python_module_exists(page: Path) -> None:
    """Each `python -m x` in a shell example or in backticks is a module that can be found."""
    lines = [*called(page, "python"), *mentioned(page, "python"), *mentioned(page, ".venv/bin/python")]
    named = {words[1] for words in lines if words[:1] == ["-m"] and not is_place(words[1])}
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_the_readme_shows_the_command_line_and_the_page() -> None:
    """The front page names the commands that one begins with, and shows pictures that are there."""
    typed = {words[0] for words in called(ROOT / "README.md", "spokewright") if words}
    assert {"init", "apply", "describe", "topology"} <= typed
    assert "(docs/pictures/topology.png)" in read("README.md")


def test_every_reason_with_advice_is_in_the_guide_to_failures() -> None:
    """Whatever the command line has advice about, the how-to has too."""
    page = ROOT / "docs/how-to/read-a-failure.md"
    assert BROKEN.keys() <= {name for text in ticked(page) for name in text.split()}


def test_every_command_is_in_the_reference() -> None:
    """The page of the command line has each command."""
    page = read("docs/reference/command-line.md")
    assert [entry.name for entry in COMMANDS if f"spokewright {entry.name}" not in page] == []
