"""`python -m local up`: the whole local stack; `python -m local demo`: a first cluster and two networks on it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from local.host.authentication import settings_for
from local.host.tokens import TENANT, Tokens
from local.profile import PROFILES, PUBLIC, setting
from local.stack import Options, Stack, StackError


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description="Spokewright on this machine, no Azure")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run the local stack until interrupted")
    up.add_argument("--state", type=Path, default=Path(".local"), help="directory that holds all state")
    up.add_argument("--speed", type=float, default=1.0, help="how many times faster Azure's clock runs")
    up.add_argument("--port", type=int, default=0, help="first of three ports; 0: the last ones, or any free")
    up.add_argument("--profile", choices=PROFILES, default=PUBLIC, help="private: Azure's events come by the queue")
    up.add_argument(
        "--setting", type=setting, action="append", default=[], metavar="NAME=VALUE", help="an app setting; repeatable"
    )
    up.add_argument("--access", choices=("keys", "entra"), default="keys", help="what opens the app's API")
    up.add_argument("--subscription", action="append", metavar="ID", help="a subscription that exists; may be repeated")
    token = commands.add_parser("token", help="print a token for the API of a stack with --access entra")
    token.add_argument("--state", type=Path, default=Path(".local"), help="the stack's directory")
    token.add_argument("--name", default="somebody", help="who it is; the same name is the same person")
    token.add_argument("--role", action="append", default=[], help="an app role, such as Reader; may be repeated")
    token.add_argument("--group", action="append", default=[], metavar="ID", help="a group's object id; likewise")
    demo = commands.add_parser("demo", help="show a first private cluster, and networks that join")
    demo.add_argument("--speed", type=float, default=20.0)
    demo.add_argument("--state", type=Path, help="keep the state here (default: a directory that is removed)")
    options = parser.parse_args(arguments)
    try:
        if options.command == "demo":
            from local.demo import run  # noqa: PLC0415 - `up` needs no terminal rendering

            return asyncio.run(run(options.speed, options.state))
        if options.command == "token":
            made = Tokens.load(options.state).make(options.name, tuple(options.role), tuple(options.group))
            print(made)  # noqa: T201 - a command's output
            return 0
        return asyncio.run(_up(_read(options)))
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's output
        return 1


def _read(given: argparse.Namespace) -> Options:
    return Options(
        given.state,
        given.speed,
        given.port,
        settings=settings_for(given.access, TENANT) | dict(given.setting),
        subscriptions=tuple(given.subscription or ()),
        profile=given.profile,
    )


async def _up(options: Options) -> int:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with Stack(options) as stack:
        endpoints = stack.endpoints
        print(f"local stack ready: {endpoints['functions']}/api  (all endpoints: {options.state}/endpoints.json)")  # noqa: T201
        sys.stdout.flush()
        await ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
