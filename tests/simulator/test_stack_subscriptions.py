"""The subscriptions that the local stack is told of are those of its simulated Azure."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from local.stack import Options, Stack
from tests.simulator.test_process import Process

FIRST, SECOND = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param((), ["00000000-0000-0000-0000-000000000000"], id="none"),
        pytest.param((FIRST, SECOND), [FIRST, SECOND], id="two"),
    ],
)
def test_the_simulator_gets_the_subscriptions(tmp_path: Path, given: tuple[str, ...], expected: list[str]) -> None:
    """Each given one exists; without any there is the simulator's own."""
    stack = Stack(Options(tmp_path, subscriptions=given))
    process = Process(tmp_path)
    process.start(*stack._simulator_arguments())
    try:
        listed = process.request("GET", "/subscriptions").json()["value"]
    finally:
        process.end(signal.SIGTERM)
    assert [each["subscriptionId"] for each in listed] == expected
