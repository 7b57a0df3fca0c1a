"""Tables and times as people see them, in a terminal and out of it."""

from __future__ import annotations

import io
import re

import pytest

from cli.moments import lasted, shown, spell
from cli.printing import Screen, condition_state
from tests.cli.conftest import Terminal

NAME = "a-name-that-is-copied-from-the-terminal"
SENTENCE = "a message that is long enough to be folded more than once in a narrow terminal, word by word"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal of 80 columns with colours."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_terminal_folds_the_last_column_only(narrow: Terminal) -> None:
    """Names stay whole, so that they can be copied; the message is folded beside itself."""
    Screen(narrow).table(["name", "ready", "message"], [[NAME, "True", SENTENCE]])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", narrow.getvalue()).splitlines()
    assert lines[1].startswith(f"{NAME}  True")
    assert len(lines) > 3
    assert " ".join(" ".join(line[len(NAME) + 9 :].split()) for line in lines[1:]).strip() == SENTENCE


def test_elsewhere_nothing_is_folded() -> None:
    """A line for each row, columns under each other, nothing cut and nothing at the ends of lines."""
    out = io.StringIO()
    Screen(out).table(["name", "message"], [[NAME, SENTENCE], ["b", None], ["c", 3]])
    lines = out.getvalue().splitlines()
    assert lines[0] == f"{'NAME'.ljust(len(NAME))}   MESSAGE"
    assert lines[1] == f"{NAME}   {SENTENCE}"
    assert lines[2:] == ["b", f"{'c'.ljust(len(NAME))}   3"]


SPELLED = {0: "0.0s", -3: "0.0s", 0.44: "0.4s", 12.4: "12s", 59.9: "1m00s", 200: "3m20s", 3900: "1h05m"}


@pytest.mark.parametrize(("seconds", "words"), SPELLED.items())
def test_durations_are_short(seconds: float, words: str) -> None:
    """Tenths below ten seconds, then seconds, minutes, hours."""
    assert spell(seconds) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-26T18:22:31.204711+00:00", "2026-11-26 18:22:31Z"),
        ("2026-11-26T19:22:31+01:00", "2026-11-26 18:22:31Z"),
        ("2026-11-26T18:22:31Z", "2026-11-26 18:22:31Z"),
        ("2026-11-26T18:22:31", "2026-11-26 18:22:31Z"),
        ("yesterday", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_times_are_in_utc(text: object, words: str) -> None:
    """To the second, in UTC; what is no time is nothing."""
    assert shown(text) == words


def test_what_has_not_ended_took_nothing_yet() -> None:
    """A step that runs has no duration."""
    assert lasted("2026-11-26T18:22:31Z", None) == ""


@pytest.mark.parametrize(
    ("type_", "status", "style"),
    [("Ready", "True", "green"), ("Ready", "False", "red"), ("Drifted", "True", "yellow"), ("Waiting", "False", "")],
)
def test_colours_say_what_is_good(type_: str, status: str, style: str) -> None:
    """A condition that is well when it is False is not red then."""
    assert condition_state(type_, status).style == style
