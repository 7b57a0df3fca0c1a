"""Runs the command line inside the test, against the fake API, and keeps what it wrote and how it ended."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.app import main
from tests.cli import stored
from tests.cli.fake_api import KEY, FakeApi

SETTINGS = ("URL", "KEY", "CONTEXT", "AUDIENCE", "TRACEBACK", "SERVICE_BUS")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says that a person sits there."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Say yes."""
        return True


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def nobodys_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting, context, key or local stack of whoever runs the tests count."""
    for name in SETTINGS:
        monkeypatch.delenv(f"SPOKEWRIGHT_{name}", raising=False)
    monkeypatch.setenv("SPOKEWRIGHT_CONTEXTS", str(tmp_path / "contexts.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """Return an API with a hub, a spoke and a cluster, chosen by the environment."""
    with FakeApi() as fake:
        monkeypatch.setenv("SPOKEWRIGHT_URL", fake.url)
        monkeypatch.setenv("SPOKEWRIGHT_KEY", KEY)
        fake.store(stored.hub(), stored.spoke(), stored.cluster())
        yield fake


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command line, with a text or a person's answer at the standard input."""

    def runs(*arguments: str, stdin: str = "", person: str | None = None) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin) if person is None else Terminal(person))
        capsys.readouterr()
        code = main(list(arguments))
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return runs
