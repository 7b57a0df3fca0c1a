"""What can go wrong between here and the API: each has its exit code and two lines, and never a traceback."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.app import main
from cli.client import Api
from cli.contexts import Context
from cli.errors import ApiError, CommandError, Unreachable
from cli.session import Session
from tests.cli import stored
from tests.cli.fake_api import KEY, FakeApi, problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run


CODES = {400: 4, 401: 4, 403: 4, 404: 3, 409: 4, 412: 4, 418: 1, 429: 5, 500: 1, 502: 5, 503: 5, 504: 5}


@pytest.mark.parametrize(("status", "code"), CODES.items())
@pytest.mark.parametrize("body", ["problem", "nothing", "page"])
def test_each_status_has_its_exit_code(status: int, code: int, body: str, api: FakeApi, run: Run) -> None:
    """A problem document is said in its words, anything else by its status; exit codes are the same."""
    bodies: dict[str, Any] = {
        "problem": problem(status, "it is so")[1],
        "nothing": None,
        "page": b"<html><body>a proxy's page</body></html>",
    }
    api.refusal = (status, bodies[body])
    ran = run("get", "hubs")
    assert (ran.code, ran.out) == (code, "")
    first, second = ran.err.splitlines()
    assert first == ("Error: it is so" if body == "problem" else f"Error: the API answered {status}")
    assert second.startswith("What to do: ")


@pytest.mark.parametrize("body", [b"<html>signed in?</html>", b"", b"[" * 100_000, b"\xff"])
def test_what_is_not_json_is_not_the_api(body: bytes, api: FakeApi, run: Run) -> None:
    """An answer that is no JSON comes from somebody else: exit code 5."""
    api.refusal = (200, body)
    ran = run("get", "hubs")
    assert (ran.code, ran.out) == (5, "")
    assert "answered with something that is not JSON" in ran.err


@pytest.mark.parametrize("body", [[], {}, {"items": 3}, {"items": [3]}, "text"])
def test_json_that_is_something_else_is_no_traceback(body: Any, api: FakeApi, run: Run) -> None:
    """JSON of another shape is somebody else's too: two lines, exit code 1 or 5."""
    api.refusal = (200, body)
    ran = run("get", "hubs")
    assert ran.code in (1, 5)
    assert len(ran.err.splitlines()) == 2
    assert "Traceback" not in ran.err


def test_nobody_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens: exit code 5, with the address and the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("SPOKEWRIGHT_KEY", KEY)
    ran = run("get", "hubs", "--url", url)
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith(f"Error: {url} (context {url.removeprefix('http://')}) cannot be reached: ")


def test_nobody_answers_in_time() -> None:
    """Somebody takes the connection and says nothing: that is not waited for without end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Api(Session(Context("x", url), "key"), timeout=0.05) as api, pytest.raises(Unreachable, match=r"0\.05 s"):
            api.get("hubs")


def test_an_unknown_host_is_unreachable(run: Run) -> None:
    """A name that leads nowhere: exit code 5."""
    assert run("get", "hubs", "--url", "https://nowhere.invalid").code == 5


def test_nobody_expected_it(run: Run, monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> None:
    """What nobody foresaw is said in two lines too; the traceback only when it is asked for."""
    api.refusal = (200, {"items": [{"kind": "Hub", "metadata": 3}]})
    ran = run("get", "hubs")
    assert (ran.code, len(ran.err.splitlines())) == (1, 2)
    assert ran.err.startswith("Error: spokewright itself failed: AttributeError")
    monkeypatch.setenv("SPOKEWRIGHT_TRACEBACK", "1")
    assert "Traceback" in run("get", "hubs").err


class Interrupting:
    """A standard input at which somebody presses Ctrl-C."""

    def read(self) -> str:
        """Be interrupted."""
        raise KeyboardInterrupt


@pytest.mark.usefixtures("api")
def test_an_interruption_is_no_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C: exit code 130, and one line below what the terminal shows of it."""
    monkeypatch.setattr(sys, "stdin", Interrupting())
    assert main(["apply", "-f", "-"]) == 130
    assert capsys.readouterr().err == "\nInterrupted; what was asked for already goes on.\n"


class Closed:
    """An output whose reader went away."""

    encoding = "utf-8"

    def write(self, _: str) -> int:
        """Find nobody there."""
        raise BrokenPipeError

    def flush(self) -> None:
        """Have nothing to say."""

    def isatty(self) -> bool:
        """Be a pipe."""
        return False

    def fileno(self) -> int:
        """Have no file."""
        raise ValueError


class Full(Closed):
    """An output on a disk that is full."""

    def write(self, _: str) -> int:
        """Find no room."""
        raise OSError("no space left on device")


@pytest.mark.usefixtures("api")
def test_a_diff_that_fails_says_no_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whatever nobody expected ends `diff` with 2: 1 would say that something differs."""
    file = tmp_path / "hub.json"
    file.write_text(json.dumps(stored.hub()))
    monkeypatch.setattr(sys, "stdout", Full())
    assert main(["diff", "-f", str(file)]) == 2
    assert "OSError: no space left on device" in capsys.readouterr().err


@pytest.mark.usefixtures("api")
def test_a_closed_pipe_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`spokewright get hubs | head -0`: the shell's exit code of a closed pipe, and not a word."""
    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["get", "hubs"]) == 141
    assert capsys.readouterr().err == ""


def test_faults_are_read_whatever_they_are() -> None:
    """The list of faults in a problem document may be anything."""
    told = {"errors": [{"path": "$.a", "message": "b"}, 3, {}]}
    assert ApiError(400, told).faults == [("$.a", "b"), ("$", "")]
    assert ApiError(400, {"errors": "x"}).faults == []
    assert issubclass(ApiError, CommandError)
