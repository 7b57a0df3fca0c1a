"""What importing the app costs: seconds, modules, and whether any management client is among them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass

SCRIPT = """
import json, sys, time
began = time.perf_counter()
import azure.functions, azure.durable_functions
sdk = time.perf_counter() - began
import function_app
print(json.dumps({
    "seconds": time.perf_counter() - began, "sdk": sdk, "modules": len(sys.modules),
    "management": sum(name.startswith("azure.mgmt") for name in sys.modules),
}))
"""
SETTINGS = {"SPOKEWRIGHT_STORE": "sqlite:unused.db", "SERVICE_BUS": "unused"}
TIMES = 5


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Medians over some fresh interpreters; `sdk` is the part of Microsoft's Functions packages alone."""

    seconds: float
    sdk: float
    modules: int
    management: int


def measure() -> ColdStart:
    """Import the app in fresh interpreters."""
    runs = [_once() for _ in range(TIMES)]
    return ColdStart(
        statistics.median(run["seconds"] for run in runs),
        statistics.median(run["sdk"] for run in runs),
        int(runs[0]["modules"]),
        int(runs[0]["management"]),
    )


def _once() -> dict[str, float]:
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", SCRIPT], env={**os.environ, **SETTINGS}, capture_output=True, text=True, check=True
    )
    return dict(json.loads(ran.stdout.strip().splitlines()[-1]))
