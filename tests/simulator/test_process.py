"""The simulator as a process: it announces itself, ends cleanly, and survives kill -9."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.simulator.conftest import VERSION, group, space, vnet


class Process:
    """`python -m local.simulator` over one state directory."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.running: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> str:
        """Start it; answers its first line."""
        command = [sys.executable, "-m", "local.simulator", "--state", str(self.state), *options]
        self.running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.running.stdout is not None
        return self.running.stdout.readline().strip()

    def end(self, number: int) -> int:
        """Send a signal and wait for the end."""
        assert self.running is not None
        assert self.running.stdout is not None
        self.running.send_signal(number)
        status = self.running.wait(10)
        self.running.stdout.close()
        return status

    def known(self) -> dict[str, str]:
        """Read what it has published."""
        found: dict[str, str] = json.loads((self.state / "endpoints.json").read_text())
        return found

    def request(self, method: str, url: str, body: Any = None) -> requests.Response:
        """Send a request with a managed identity token."""
        known = self.known()
        token = requests.get(
            known["identity"],
            params={"resource": known["arm"]},
            headers={"X-IDENTITY-HEADER": known["identityHeader"]},
            timeout=10,
        ).json()["access_token"]
        return requests.request(
            method,
            url if url.startswith("https") else f"{known['arm']}{url}?api-version={VERSION}",
            json=body,
            headers={"authorization": f"Bearer {token}"},
            verify=known["caBundle"],
            timeout=10,
        )


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """A process that ends with the test."""
    made = Process(tmp_path / "state")
    yield made
    if made.running is not None and made.running.poll() is None:
        made.end(signal.SIGKILL)


def test_kill_9_loses_nothing(process: Process) -> None:
    """What was accepted before kill -9 is there afterwards, at the same address, and its operation ends."""
    assert process.start("--speed", "20").startswith("simulator ready: https://localhost:")
    process.request("PUT", group("rg"), {"location": "westeurope"})
    made = process.request("PUT", vnet("v"), {"location": "westeurope", "properties": space("10.0.0.0/16")})
    operation = made.headers["azure-asyncoperation"]
    assert process.end(signal.SIGKILL) == -signal.SIGKILL
    process.start("--speed", "1000")
    deadline = time.monotonic() + 10
    while process.request("GET", operation).json()["status"] != "Succeeded":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert process.request("GET", vnet("v")).json()["properties"]["provisioningState"] == "Succeeded"


def test_kill_9_keeps_what_a_topic_took(process: Process) -> None:
    """What was acknowledged to a publisher is listed after kill -9, and the same key opens the topic."""
    process.start()
    before = process.known()
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    answers = []
    for _ in range(2):
        known = process.known()
        answers.append(
            requests.post(
                known["topicEndpoint"] + "?api-version=2018-01-01",
                json=[event],
                headers={"aeg-sas-key": known["topicKey"], "content-type": "application/cloudevents-batch+json"},
                verify=known["caBundle"],
                timeout=10,
            ).status_code
        )
        assert process.end(signal.SIGKILL) == -signal.SIGKILL
        process.start()
    listed = requests.get(f"{before['arm']}/_simulator/topics/lifecycle", verify=before["caBundle"], timeout=10).text
    assert answers == [200, 200]
    assert [json.loads(line)["event"] for line in listed.splitlines()] == [event, event]
    assert process.known()["topicKey"] == before["topicKey"]


def test_webhooks_are_given_on_the_command_line(process: Process) -> None:
    """Each schema has an option of its own; without any the last ones stay."""
    one, other = "http://127.0.0.1:9/one", "http://127.0.0.1:9/other"
    process.start("--event-webhook", one, "--cloud-events-webhook", other)
    shown = [one, {"url": other, "schema": "cloudevents"}]
    assert process.request("GET", process.known()["arm"] + "/_simulator/webhooks").json() == shown
    process.end(signal.SIGTERM)
    process.start()
    assert process.request("GET", process.known()["arm"] + "/_simulator/webhooks").json() == shown


def test_sigterm_ends_it_and_endpoints_of_others_stay(process: Process) -> None:
    """SIGTERM ends it with status 0; endpoints.json keeps the keys that others wrote."""
    process.state.mkdir()
    (process.state / "endpoints.json").write_text('{"serviceBus": "theirs"}')
    process.start()
    known = json.loads((process.state / "endpoints.json").read_text())
    assert known["serviceBus"] == "theirs"
    assert {"arm", "identity", "identityHeader", "caBundle"} < known.keys()
    assert process.end(signal.SIGTERM) == 0
