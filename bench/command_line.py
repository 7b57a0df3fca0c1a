"""How long the command line takes to start, in fresh processes: the interpreter alone, help, offline, and a list.

The list comes from an API of our own in this process, so that nothing but the command line is measured.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rich.table import Table

RUNS = 7
TARGET = 0.3
EAGER = "import azure.identity, azure.servicebus, httpx, jsonschema, keyring, rich.console, rich.table, yaml;"
MAIN = "from cli.app import main; main({arguments})"
WHAT = {
    "the interpreter alone": "pass",
    "spokewright --help": MAIN.format(arguments=["--help"]),
    "spokewright get --help": MAIN.format(arguments=["get", "--help"]),
    "spokewright explain cluster.spec": MAIN.format(arguments=["explain", "cluster.spec"]),
    "spokewright get hubs": MAIN.format(arguments=["get", "hubs"]),
    "spokewright validate -f examples": MAIN.format(arguments=["validate", "-f", "examples"]),
    "  --help, with all libraries loaded at the start": EAGER + MAIN.format(arguments=["--help"]),
}
HUB = {
    "kind": "Hub",
    "metadata": {"name": "weu", "generation": 1},
    "spec": {"location": "westeurope", "addressSpace": ["10.0.0.0/22"]},
    "status": {"observedGeneration": 1, "conditions": [], "outputs": {}},
}


class Answer(BaseHTTPRequestHandler):
    """Answers every request with a list of one hub."""

    def do_GET(self) -> None:
        """Answer."""
        body = json.dumps({"items": [HUB]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def table() -> Table:
    """Return the medians of some fresh processes each as a table."""
    shown = Table("start of the command line", "seconds", "target")
    with _api() as url:
        for name, script in WHAT.items():
            target = f"< {TARGET:g}" if name.startswith("spokewright") else ""
            shown.add_row(name, f"{_median(script, url):.3f}", target)
    return shown


@contextmanager
def _api() -> Iterator[str]:
    """Run the API for a while; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _median(script: str, url: str) -> float:
    return statistics.median(_seconds(script, url) for _ in range(RUNS))


def _seconds(script: str, url: str) -> float:
    environment = os.environ | {"SPOKEWRIGHT_URL": url, "SPOKEWRIGHT_KEY": "of-the-measurement"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL, env=environment)  # noqa: S603 - ours
    return time.perf_counter() - began
