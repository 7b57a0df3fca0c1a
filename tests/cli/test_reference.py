"""The reference of the command line is current, and says all that there is; examples can be typed as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from cli import errors
from cli.app import PIPE_CLOSED, spokewright
from cli.examples import EXAMPLES
from cli.registry import COMMANDS
from docs.command_line import BEFORE, CODES, VARIABLES, contexts, options_of, whole

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "command-line.md"
ALL = list(contexts(whole()))
LINES = [(name, line) for name, lines in EXAMPLES.items() for line in lines]


def section(context: click.Context) -> str:
    """Return the part of the page that is about a command."""
    names = context.command_path.split()[1:]
    text = PAGE.read_text(encoding="utf-8")
    if not names:
        return text
    return text.split(f"\n{'###' if len(names) == 1 else '####'} {' '.join(names)}\n", 1)[1].split("\n##", 1)[0]


@pytest.mark.parametrize("context", ALL, ids=lambda context: context.command_path)
def test_every_command_and_option_has_help_and_is_in_the_reference(context: click.Context) -> None:
    """Whatever can be typed says what it does, on the terminal and on the page."""
    text = section(context)
    assert str(context.command.help).split("\n")[0].strip() in text
    for names, about in options_of(context):
        assert about, names
        common = about == BEFORE or names == "-h, --help"
        assert f"`{names}`".replace("|", "\\|") in (PAGE.read_text(encoding="utf-8") if common else text)


def test_every_command_has_examples() -> None:
    """Each command has at least one, and no example is of a command that is not there."""
    assert set(EXAMPLES) == {entry.name for entry in COMMANDS}
    assert all(EXAMPLES.values())


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line for _, line in LINES])
def test_an_example_can_be_typed(name: str, line: str) -> None:
    """Its command, options and arguments are those that there are."""
    words = shlex.split(line.rpartition("| ")[2].partition(" > ")[0])
    assert words[:2] == ["spokewright", name]
    context, rest = whole(), words[1:]
    while isinstance(context.command, click.Group):
        found = context.command.get_command(context, rest[0])
        assert found is not None
        known = [] if isinstance(found, click.Group) else rest[1:]
        context, rest = found.make_context(rest[0], known, parent=context, resilient_parsing=not known), rest[1:]
    assert context.args == []


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_help_shows_the_examples(entry: object, capsys: pytest.CaptureFixture[str]) -> None:
    """As they are written, one a line."""
    name = getattr(entry, "name", "")
    with pytest.raises(SystemExit):
        spokewright.main([name, "--help"], prog_name="spokewright")
    shown = capsys.readouterr().out
    assert [line for line in EXAMPLES[name] if f"    {line}\n" not in shown] == []


def test_every_exit_code_is_documented() -> None:
    """The table has each code that the command line ends with, and no other."""
    names = ("OK", "GENERAL", "USAGE", "NOT_FOUND", "REFUSED", "UNREACHABLE", "INTERRUPTED")
    ends_with = {getattr(errors, name) for name in names} | {PIPE_CLOSED}
    assert {int(code) for code, _ in CODES} == ends_with


def test_every_variable_is_documented() -> None:
    """The table has each variable that the command line reads, and no other."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cli").rglob("*.py"))
    read = set(re.findall(r"\"(SPOKEWRIGHT_[A-Z_]+|NO_COLOR)\"", source))
    assert {name for name, _ in VARIABLES} == read
