"""`spokewright local`: the real stack, started, asked, stopped; and what is said where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.stack import LocalStack
from tests.cli.fake_api import FakeApi, problem
from tests.cli.test_cleaning import ANY, PAYLOADS, unseen

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def told(functions: str = "http://127.0.0.1:9", **more: str) -> None:
    """Write what a stack says of itself below this folder."""
    Path(".local").mkdir(exist_ok=True)
    Path(".local/endpoints.json").write_text(json.dumps({"functions": functions, "functionKey": "secret"} | more))


@pytest.mark.slow
def test_the_stack_is_started_asked_and_stopped(run: Run) -> None:
    """It outlives its command, is there for other commands without a word, starts once only, and leaves its state."""
    try:
        chosen = ("--profile", "private", "--setting", "SPOKEWRIGHT_SWEEP_MINUTES=7", "--setting", "ANOTHER=a=b")
        up = run("local", "up", "--speed", "60", *chosen)
        assert (up.code, up.err) == (0, "")
        assert json.loads(Path(".local/endpoints.json").read_text())["eventGrid"].startswith("sb://127.0.0.1:")
        assert run("local", "up").out == up.out
        assert run("get", "all", "-o", "json").code == 0
        status = json.loads(run("local", "status", "-o", "json").out)
        assert status["answers"] is True
        assert "SharedAccessKey" not in json.dumps(status)
        assert "stack: local stack ready" in run("local", "logs", "--of", "stack").out
    finally:
        down = run("local", "down")
    assert down.out == "the local stack is stopped\n"
    assert run("local", "status").code == 3
    assert Path(".local/store.db").exists()
    os.waitpid(status["process"], 0)
    with pytest.raises(ProcessLookupError):  # nothing of its group is left either
        os.killpg(status["process"], 0)


def test_a_stack_that_cannot_start_is_said(run: Run) -> None:
    """Exit code 1, with the last that it said and where its log is; nothing runs then."""
    ran = run("local", "up", "--port", "99999")
    assert ran.code == 1
    assert ran.err.startswith("Error: the local stack ended: ")
    assert ran.err.endswith("What to do: see .local/stack.log\n")
    assert LocalStack(Path(".local")).process is None


def test_a_setting_that_is_none_is_said(run: Run) -> None:
    """A setting has a name and a value; the stack says so, and nothing runs."""
    ran = run("local", "up", "--setting", "=value")
    assert (ran.code, "a setting is NAME=VALUE, not '=value'" in ran.err) == (1, True)


def test_a_stack_that_is_not_ready_in_time_is_said(run: Run) -> None:
    """Exit code 5; it goes on, and can be stopped."""
    ran = run("local", "up", "--timeout", "0s")
    assert ran.code == 5
    assert "is not ready within 0 s" in ran.err
    assert run("local", "down").out == "the local stack is stopped\n"


def test_nothing_runs(run: Run) -> None:
    """Stopping what does not run is fine; asking how it is, is exit code 3, and so is asking for logs."""
    assert run("local", "down").out == "the local stack does not run\n"
    status, logs = run("local", "status"), run("local", "logs")
    assert (status.code, logs.code) == (3, 3)
    assert status.err.splitlines()[-1] == "What to do: start it: `spokewright local up`"
    assert logs.err.startswith("Error: there are no logs in .local")


@pytest.mark.parametrize("text", ["", "no number", "1"])
def test_an_old_number_is_no_process(text: str, run: Run) -> None:
    """A file that is left over names nobody: another program may have its number by now, and is not stopped."""
    Path(".local").mkdir()
    Path(".local/stack.pid").write_text(text)
    assert run("local", "down").out == "the local stack does not run\n"


def test_a_stack_that_was_started_otherwise_answers_too(api: FakeApi, run: Run) -> None:
    """`make up` in another terminal: it is seen, and not stopped from here."""
    told(api.url)
    api.key = "secret"
    api.answers["healthz"] = {"status": "ok"}
    assert run("local", "status").code == 0
    down = run("local", "down")
    assert "still runs; it ends where it was begun" in down.err


@pytest.mark.parametrize("answer", [problem(503, "the store is away"), (200, {"status": "no"}), (200, [])])
def test_a_stack_that_is_not_well_does_not_answer(answer: tuple[int, object], api: FakeApi, run: Run) -> None:
    """Whatever it says but `ok`."""
    told(api.url)
    api.key = "secret"
    api.scripts["GET healthz"] = [answer]
    assert run("local", "status").code == 3


def test_endpoints_that_cannot_be_read_are_none(run: Run) -> None:
    """A stack that was killed while it wrote does not run."""
    told()
    for text in ("{", "[]", '{"functions": 3}'):
        Path(".local/endpoints.json").write_text(text)
        assert run("local", "status").code == 3


def test_hostile_logs_and_endpoints_are_shown_clean(run: Run) -> None:
    """What Azure said, and is in the log, cannot act on the terminal."""
    told(arm=ANY, serviceBus=ANY)
    lines = [payload.encode("utf-8", "replace").decode() for payload in PAYLOADS.values()]
    Path(".local/host.log").write_text("\n".join(lines))
    for arguments in (("status",), ("status", "-o", "yaml"), ("logs",), ("logs", "--of", "host")):
        ran = run("local", *arguments)
        assert len(ran.out) > 20
        assert unseen(ran.out + ran.err) == []


def test_logs_are_followed() -> None:
    """`--follow` shows the last lines, and then what is added."""
    Path(".local").mkdir()
    log = Path(".local/host.log")
    log.write_text("one\ntwo\n")
    command = [sys.executable, "-m", "cli", "local", "logs", "--tail", "1", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "host: two\n"
        with log.open("a") as file:
            file.write("three\n")
        assert following.stdout.readline() == "host: three\n"
        following.terminate()
