"""`python -m local.broker --state DIR [--port P] [--speed N]`: the broker as a process of its own."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from local.broker.server import Broker
from local.broker.store import StoreInUse
from local.endpoints import publish_endpoints


def main() -> int:
    """Run until SIGTERM or SIGINT; 1 if the state or the port cannot be had."""
    options = _parse_options()
    try:
        asyncio.run(_serve(options.state, options.port))
    except (OSError, StoreInUse) as problem:
        print(f"The broker cannot start: {problem}", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.broker", description="Service Bus on this machine.")
    parser.add_argument("--state", type=Path, default=Path(".local"), help="directory for messages and endpoints.json")
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1 (default: as last time, or any free one)"
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="accepted for symmetry and without effect: every time here (lock, schedule, time to live) is a"
        " promise to a client that reads its own clock",
    )
    return parser.parse_args()


async def _serve(state: Path, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    broker = Broker(state, port=port)
    await broker.start()
    try:
        publish_endpoints(state, {"serviceBus": broker.connection_string})
        print(f"broker: listening on 127.0.0.1:{broker.port}", flush=True)  # noqa: T201 - a command's output
        await stop.wait()
    finally:
        await broker.stop()


if __name__ == "__main__":
    sys.exit(main())
