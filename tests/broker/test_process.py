"""The broker as a process: endpoints, SIGTERM, kill -9, the synchronous client."""

import gc
import json
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError

from local.endpoints import publish_endpoints

QUEUE = "provisioning-requests"


class Process:
    """`python -m local.broker` over one state directory."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.start()

    def start(self) -> None:
        """Start it and wait for its line."""
        command = [sys.executable, "-m", "local.broker", "--state", str(self.state), "--speed", "60"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.line = self.process.stdout.readline()

    def stop(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit code and what it said on stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors

    @property
    def endpoints(self) -> dict[str, str]:
        """What endpoints.json says."""
        content: dict[str, str] = json.loads((self.state / "endpoints.json").read_text())
        return content

    def client(self) -> ServiceBusClient:
        """The real synchronous client."""
        return ServiceBusClient.from_connection_string(self.endpoints["serviceBus"], retry_total=0)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """A broker process; ended at the end."""
    process = Process(tmp_path)
    yield process
    if process.process.poll() is None:
        process.stop(signal.SIGKILL)


def test_start_publish_and_terminate(tmp_path: Path) -> None:
    """The process says one line when ready, keeps other keys of endpoints.json, and ends cleanly on SIGTERM."""
    publish_endpoints(tmp_path, {"arm": "https://127.0.0.1:1"})
    process = Process(tmp_path)
    assert stat.S_IMODE((tmp_path / "endpoints.json").stat().st_mode) == 0o600, "it holds keys"
    assert process.line.startswith("broker: listening on 127.0.0.1:")
    assert process.endpoints["arm"] == "https://127.0.0.1:1"
    assert process.endpoints["serviceBus"].endswith("UseDevelopmentEmulator=true")
    second = subprocess.run(
        [sys.executable, "-m", "local.broker", "--state", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (second.returncode, "in use by another broker" in second.stderr) == (1, True)
    with socket.create_connection(("127.0.0.1", int(process.line.rpartition(":")[2]))):
        assert process.stop(signal.SIGTERM) == (0, "")


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the SDK's own, when its server dies
def test_kill_loses_and_doubles_nothing(process: Process) -> None:
    """After kill -9 in the middle of sending, every acknowledged message is there once; locks and address last."""
    address = process.endpoints["serviceBus"]
    with process.client() as client:
        acknowledged = _send_until_killed(process, client)
    gc.collect()
    process.start()
    assert process.endpoints["serviceBus"] == address
    with process.client() as client, client.get_queue_receiver(QUEUE) as receiver:
        found: list[str] = []
        while batch := receiver.receive_messages(500, max_wait_time=1):
            found += [str(message) for message in batch]
    assert len(acknowledged) > 20
    assert found == [str(number) for number in range(len(found))]
    assert len(acknowledged) <= len(found) <= len(acknowledged) + 1  # one may be stored but not acknowledged
    process.stop(signal.SIGKILL)
    process.start()
    with process.client() as client, client.get_queue_receiver(QUEUE) as receiver:
        assert receiver.receive_messages(1, max_wait_time=0.5) == []
        assert len(receiver.peek_messages(9, sequence_number=1)) == 9


def _send_until_killed(process: Process, client: ServiceBusClient) -> list[int]:
    acknowledged: list[int] = []
    with client.get_queue_sender(QUEUE) as sender:
        threading.Timer(0.3, process.process.kill).start()
        try:
            while True:
                sender.send_messages(ServiceBusMessage(str(len(acknowledged))))
                acknowledged.append(len(acknowledged))
        except ServiceBusError:
            process.process.communicate(timeout=10)
    return acknowledged
