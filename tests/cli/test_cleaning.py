"""Nothing that comes from elsewhere can act on the terminal: the cleaner, and the writer that uses it."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cli.cleaning import clean, clean_line
from cli.errors import CommandError
from cli.printing import BAD, Cell, Screen
from tests.cli import stored
from tests.cli.conftest import Run, Terminal
from tests.cli.fake_api import FakeApi, problem

PAYLOADS = {
    "colour": "\x1b[31mred",
    "clears": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "title, closed otherwise": "\x1b]2;owned\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8K\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "device control": "\x1bPq#0\x1b\\",
    "one byte": "\x9b2J\x9d0;owned\x9c",
    "not closed": "\x1b]0;owned",
    "half": "\x1b[",
    "reset": "\x1bc",
    "backspaces": "safe\x08\x08\x08\x08evil",
    "return": "safe\revil",
    "bell": "\x07",
    "null": "a\x00b",
    "deletion": "a\x7fb",
    "half a character": "a\ud800b",
    "direction": "\u202egnp.exe",
    "isolates": "\u2066a\u2069\u2067",
    "unseen": "pay\u200bments\ufeff",
    "tags": "a\U000e0041\U000e007f",
    "lines": "one\u2028two\x85three\x0bfour\x0cfive",
    "markup": "[red]no[/red][link=http://evil.example]x[/link]",
}
ANY = "".join(PAYLOADS.values())
SEEN_ONLY = re.compile(r"\x1b\[[0-9;]*m")
"""The colours that rich writes by itself."""


def unseen(text: str) -> list[str]:
    """Return what of a text is a control or formatting character, but for line breaks."""
    return [one for one in text if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")]


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_payloads_are_taken_out(payload: str) -> None:
    """Each of the usual payloads leaves nothing but characters that are seen."""
    assert unseen(clean_line(f"a{payload}b")) == []
    assert clean_line(f"a{payload}b").startswith("a")
    assert clean_line(f"a{payload}ü").endswith("ü")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;owned\x07b", "ab"),
        ("a\x1b]52;c;cm0gLXJmIC8K\x1b\\b", "ab"),
        ("a\x9d0;owned\x9cb", "ab"),
        ("a\x1b]0;the rest of it", "a0;the rest of it"),
        ("a\x1b]0;one\ntwo\x07", "a0;one two"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b[12;", "a"),
        ("\x9d" * 1000 + "a", "a"),
    ],
)
def test_sequences_go_whole_and_hide_nothing_else(text: str, shown: str) -> None:
    """What a sequence holds goes with it; one that does not end hides nothing of what follows."""
    assert clean_line(text) == shown


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x1b[]\\;\x07\x9b\x9d\x9cPmJ0"))))
def test_nothing_unseen_is_left_of_any_text(text: str) -> None:
    """Whatever the text: only seen characters, breaks and tabs are left, and cleaning again changes nothing."""
    once = clean(text)
    assert [one for one in unseen(once) if one != "\t"] == []
    assert clean(once) == once
    assert "\n" not in clean_line(text)


@pytest.mark.parametrize("text", ["payments-prod", "für Zürich", "日本語", "[10.64.0.0/22]", "a  b", "  indented"])
def test_what_is_harmless_stays(text: str) -> None:
    """Names, other scripts and brackets stay as they are."""
    assert clean(text) == text


def written(stream: Any, text: str) -> str:
    """Write a hostile text in each way in which a command can; return what came out."""
    screen = Screen(stream, stream)
    screen.line("name ", Cell(text, BAD), text)
    screen.progress(text)
    screen.error(CommandError(text, text, details=[text]))
    screen.text(text)
    screen.table(["head", text], [[text, Cell(text, BAD)]])
    return str(stream.getvalue())


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_no_way_of_writing_lets_it_through(payload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines, errors, texts and tables are clean, whether a person looks or not; in colours only rich's are left."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert unseen(written(io.StringIO(), payload)) == []
    coloured = written(Terminal(), payload)
    assert "\x1b[31m" in coloured
    assert unseen(SEEN_ONLY.sub("", coloured)) == []


def test_markup_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """What rich would read as markup is shown as it was written."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert PAYLOADS["markup"] in SEEN_ONLY.sub("", written(Terminal(), PAYLOADS["markup"]))


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_turned_off(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR, or a dumb terminal: not one escape, also where a person looks."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(name, value)
    assert "\x1b" not in written(Terminal(), "text")


def test_data_is_whole_and_harmless() -> None:
    """JSON and YAML hold the text exactly, as escapes."""
    out = io.StringIO()
    Screen(out).json({"name": ANY})
    assert unseen(out.getvalue()) == []
    assert json.loads(out.getvalue()) == {"name": ANY}
    out = io.StringIO()
    Screen(out).yaml({"name": ANY})
    assert unseen(out.getvalue()) == []
    assert yaml.safe_load(out.getvalue()) == {"name": ANY}


KEPT = ("kind", "apiVersion", "status", "result", "action", "path", "after", "hash", "state", "run", "started")
"""What the command line decides by; all other texts are made hostile."""


def hostile(value: Any, key: str = "") -> Any:
    """Return an answer with each text in it made hostile, names included."""
    if isinstance(value, dict):
        return {f"{name}": hostile(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner, key) for inner in value]
    return f"{value}{ANY}" if isinstance(value, str) and key not in KEPT else value


SHOWING = [
    ("get", "all"),
    ("get", "all", "-o", "wide"),
    ("get", "all", "-o", "json"),
    ("get", "all", "-o", "yaml"),
    ("get", "all", "-o", "name"),
    ("describe", "spoke/payments", "--plan"),
    ("history", "spoke/payments"),
    ("audit", "spoke/payments"),
    ("events",),
    ("resolution", "--evidence"),
    ("topology",),
    ("topology", "-o", "svg"),
    ("topology", "-o", "dot"),
    ("topology", "-o", "mermaid"),
    ("sweep",),
    ("approve", "spoke/payments", "--yes", "--full"),
    ("diff", "-f", "-"),
    ("diff", "-f", "-", "--full"),
    ("apply", "-f", "-"),
    ("delete", "spoke/payments", "--yes"),
    ("retry", "spoke/payments"),
]
SENT = 'kind: Spoke\nmetadata: {name: payments}\nspec: {hub: "weu", a: "\\e[2J\\u202e"}\n'


@pytest.mark.parametrize("arguments", SHOWING, ids=" ".join)
def test_no_command_lets_it_through(arguments: tuple[str, ...], api: FakeApi, run: Run) -> None:
    """Each command that shows something shows hostile names, messages and errors without their escapes."""
    drifted = stored.condition("Waiting", "True", "HubNotReady", "waits")
    api.store(stored.spoke(stored.DRIFTED, drifted, approval=stored.APPROVAL))
    api.answers = {
        "spokes/payments/history": {"items": [stored.step(), stored.FAILED]},
        "spokes/payments/audit": stored.AUDIT,
        "audit": stored.SERVICE_AUDIT,
        "spokes/payments/plan": stored.PLAN | {"approval": stored.APPROVAL},
        "spokes/payments/approve": {},
        "events": stored.EVENTS,
        "resolution": stored.RESOLUTION,
        "overview": stored.OVERVIEW,
        "sweep": {"documents": 3, "woken": ["Spoke/payments"], "found": []},
    }
    api.alter = hostile
    ran = run(*arguments, stdin=SENT)
    assert ran.code in (0, 1)
    assert len(ran.out) > 10
    assert unseen(ran.out + ran.err) == []
    assert "failed" not in ran.err


@pytest.mark.parametrize("arguments", SHOWING, ids=" ".join)
def test_no_error_lets_it_through(arguments: tuple[str, ...], api: FakeApi, run: Run) -> None:
    """Each command shows a hostile problem document without its escapes, whatever the terminal."""
    fault = {"path": "$.spec.hub", "message": "is wrong"}
    api.refusal = (400, hostile(problem(400, "what was sent is wrong", errors=[fault])[1]))
    ran = run(*arguments, stdin=SENT)
    assert ran.code == 4
    assert unseen(ran.out + ran.err) == []
    assert "wrong" in ran.err
