"""`python -m local.host --state DIR`: the Functions host as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
import signal
import sys
from pathlib import Path

from local.host.clock import Origin
from local.host.files import StateInUse
from local.host.host import Host, Options
from local.host.indexing import IndexingError
from local.host.service_bus_trigger import SettingMissing
from local.profile import setting


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 1 if the app, the state or the port cannot be had."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("azure", "azure.servicebus._pyamqp", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    os.environ.update(dict(parsed.setting))  # before the app is imported: it reads its settings then
    try:
        asyncio.run(_serve(parsed))
    except (OSError, ImportError, KeyError, IndexingError, SettingMissing, StateInUse, ValueError) as problem:
        print(f"The host cannot start: {problem}", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.host", description="Azure Functions on this machine.")
    parser.add_argument("--state", type=Path, default=Path(".local"), help="directory for all state and endpoints.json")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: as last time, or any free)")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster timers and schedules run")
    parser.add_argument("--app", default="function_app", help="module that holds the app as `app`")
    parser.add_argument("--setting", type=setting, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--clock-origin", type=Origin.parse, metavar="REAL:SIMULATED", help="one moment on both clocks, in seconds"
    )
    return parser


async def _serve(parsed: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = importlib.import_module(parsed.app).app
    host = Host(app, Options(parsed.state, parsed.port, parsed.speed, parsed.clock_origin))
    await host.start()
    print(f"host: listening on {host.url}", flush=True)  # noqa: T201 - a command's output
    await stop.wait()
    await host.stop()
    logging.shutdown()
    sys.stdout.flush()
    # Azure ends the app's process too: nobody can close the app's clients, or a thread that is still busy.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
