"""`spokewright local`: the whole of Spokewright on this machine, with a simulated Azure, in the background."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.client import Api
from cli.contexts import Context
from cli.errors import CommandError, Missing, Unreachable
from cli.options import Duration, output
from cli.printing import BAD, FAINT, GOOD, STRONG, WAITING, Cell, Screen
from cli.session import Session
from cli.stack import LOGS, LocalStack

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = ("functions", "arm", "serviceBus", "topicEndpoint")
PATIENCE = 5.0

state = click.option(
    "--state",
    default=".local",
    show_default=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that holds all that it remembers.",
)


def patience(default: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return the option `--timeout` with a default."""
    about = "How long to wait."
    return click.option("--timeout", type=Duration(), default=default, show_default=True, metavar="TIME", help=about)


@click.group()
def command() -> None:
    """Run the local stack: the app, Service Bus, and a simulated Azure, on this machine only.

    What it remembers is in a folder, and survives a stop or a crash. Commands in the folder above it talk to it where
    no other deployment is chosen.
    """


@command.command("up")
@state
@click.option("--speed", type=float, default=20.0, show_default=True, help="How many times faster Azure's clock runs.")
@click.option("--port", type=int, default=0, help="The first of three ports; else the last ones, or any free.")
@click.option("--subscription", "subscriptions", multiple=True, metavar="ID", help="One that exists in that Azure.")
@click.option(
    "--profile",
    type=click.Choice(["public", "private"]),
    default="public",
    show_default=True,
    help="Whether Azure's events are pushed to the app, or come by its queue.",
)
@click.option("--setting", "settings", multiple=True, metavar="NAME=VALUE", help="An app setting; may be repeated.")
@patience("90s")
def up(
    state: Path,
    speed: float,
    port: int,
    subscriptions: tuple[str, ...],
    profile: str,
    settings: tuple[str, ...],
    timeout: float,
) -> int:
    """Start the stack in the background, and wait until it answers. That it runs already is no failure."""
    screen, stack = Screen(), LocalStack(state)
    if stack.process is None:
        named = [text for one in subscriptions for text in ("--subscription", one)]
        named += [text for one in settings for text in ("--setting", one)]
        stack.start(["--speed", str(speed), "--port", str(port), "--profile", profile, *named])
        stack.wait_until_ready(timeout)
    screen.line("the local stack ", Cell("runs", GOOD), f"   {stack.endpoints.get('functions')}/api/")
    return 0


@command.command("down")
@state
@patience("30s")
def down(state: Path, timeout: float) -> int:
    """Stop the stack; what it remembers stays. That it does not run is no failure."""
    screen, stack = Screen(), LocalStack(state)
    if stack.stop(timeout):
        screen.line("the local stack ", Cell("is stopped", WAITING))
        return 0
    screen.line("the local stack ", Cell("does not run", FAINT))
    if _answers(stack):
        screen.progress("One that was started otherwise, such as by `make up`, still runs; it ends where it was begun.")
    return 0


@command.command("status")
@state
@output("json", "yaml")
def status(state: Path, output: str) -> int:
    """Say whether the stack runs, and where everything is; exit code 3 where it does not run, 5 where it is silent."""
    screen, stack = Screen(), LocalStack(state)
    answers, process = _answers(stack), stack.process
    where = {name: _without_key(str(stack.endpoints[name])) for name in SHOWN if name in stack.endpoints}
    if not screen.as_data(output, {"answers": answers, "process": process, "state": str(state), "endpoints": where}):
        word = Cell("answers", GOOD) if answers else Cell("does not answer", BAD)
        screen.line(Cell("local stack: ", STRONG), word, f"   process {process}" if process else "")
        for name, value in where.items():
            screen.line(f"  {name}: ".ljust(18), value)
    if answers:
        return 0
    if process:
        raise Unreachable("the stack runs and does not answer", "see `spokewright local logs`")
    raise Missing(f"no local stack runs in {state}", "start it: `spokewright local up`")


@command.command("logs")
@state
@click.option(
    "--of",
    "name",
    default="",
    type=click.Choice(["", *(one.removesuffix(".log") for one in LOGS)]),
    metavar="stack|simulator|broker|host",
    help="Only this part's log.",
)
@click.option("--tail", type=click.IntRange(1), default=50, show_default=True, help="So many lines of each.")
@click.option("--follow", is_flag=True, help="Go on, and show what is added.")
def logs(state: Path, name: str, tail: int, follow: bool) -> int:  # noqa: FBT001 - an option
    """Show what the stack and its parts wrote last."""
    screen, stack = Screen(), LocalStack(state)
    names = [f"{name}.log"] if name else [one for one in LOGS if (state / one).exists()]
    if not any((state / one).exists() for one in names):
        raise Missing(f"there are no logs in {state}", "start the stack: `spokewright local up`")
    seen = {one: _show(screen, one, stack.log(one).splitlines(), tail) for one in names}
    while follow:
        time.sleep(1)
        seen = {one: _show(screen, one, stack.log(one).splitlines(), 0, before=seen[one]) for one in names}
        screen.flush()
    return 0


def _show(screen: Screen, name: str, lines: list[str], tail: int, before: int | None = None) -> int:
    """Show the last lines, or those after the ones seen before; return how many there are now."""
    new = lines[-tail:] if before is None else lines[before:]
    for line in new:
        screen.line(Cell(f"{name.removesuffix('.log')}: ", FAINT), line)
    return len(lines)


def _answers(stack: LocalStack) -> bool:
    """Say whether the app of a stack answers that it is well."""
    address = stack.endpoints.get("functions")
    if not isinstance(address, str):
        return False
    try:
        session = Session(Context("local", address), str(stack.endpoints.get("functionKey")))
        with Api(session, timeout=PATIENCE) as api:
            return bool(api.get("healthz").body["status"] == "ok")
    except (CommandError, KeyError, TypeError):
        return False


def _without_key(text: str) -> str:
    """Return an address; of a connection string the part without its key."""
    return text.split(";", maxsplit=1)[0].removeprefix("Endpoint=")
