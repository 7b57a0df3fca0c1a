"""`python -m local.simulator --state DIR [--port P] [--speed N] [--event-webhook URL ...]`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from local.simulator.server import Simulator


def main(arguments: list[str] | None = None) -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m local.simulator", description="Azure on 127.0.0.1")
    parser.add_argument("--state", type=Path, default=Path(".local"), help="directory that holds all state")
    parser.add_argument("--port", type=int, default=0, help="port of Azure Resource Manager; 0: the last or any")
    parser.add_argument("--speed", type=float, help="how many times faster Azure's clock runs (default: as last, or 1)")
    parser.add_argument("--event-webhook", action="append", metavar="URL", help="where Event Grid events go")
    parser.add_argument("--cloud-events-webhook", action="append", metavar="URL", help="the same, as CloudEvents 1.0")
    parser.add_argument("--subscription", action="append", metavar="ID", help="subscriptions that exist")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> None:
    names = {each: f"Simulated subscription {each[:8]}" for each in options.subscription or ()}
    simulator = Simulator(
        options.state,
        port=options.port,
        speed=options.speed,
        webhooks=_webhooks(options),
        subscriptions=names or None,
    )
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await simulator.start()
    print(f"simulator ready: {simulator.base} (speed {simulator.clock.speed:g})", flush=True)  # noqa: T201 - tells the caller that it may begin
    try:
        await ended.wait()
    finally:
        await simulator.stop()


def _webhooks(options: argparse.Namespace) -> list[str | dict[str, str]] | None:
    if options.event_webhook is None and options.cloud_events_webhook is None:
        return None
    cloud_events = [{"url": url, "schema": "cloudevents"} for url in options.cloud_events_webhook or ()]
    return [*(options.event_webhook or ()), *cloud_events]


if __name__ == "__main__":
    main()
