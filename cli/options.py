"""Options that commands share: which deployment, which files, which output, how long."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from cli.client import Api
from cli.errors import Misused
from cli.kinds import targets_in
from cli.session import Chosen, open_session

Function = TypeVar("Function", bound=Callable[..., Any])

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def chosen_in(context: str, url: str, audience: str) -> Chosen:
    """Return what was said after the command, and where nothing was, what was said before it."""
    before = click.get_current_context().find_object(Chosen) or Chosen()
    return Chosen(context, url, audience).over(before)


def deployment(function: Function) -> Function:
    """Give a command `--context`, `--url`, `--audience`; it gets `chosen`, a Chosen."""

    @functools.wraps(function)
    def wrapped(context: str, url: str, audience: str, **given: Any) -> Any:
        return function(chosen=chosen_in(context, url, audience), **given)

    for name, metavar in (("--audience", "ID"), ("--url", "URL"), ("--context", "NAME")):
        click.option(name, default="", metavar=metavar, help="As before the command.")(wrapped)
    return wrapped  # type: ignore[return-value]  # click only needs a function


def online(function: Function) -> Function:
    """Give a command the options of `deployment` and an open `api`, an Api."""

    @functools.wraps(function)
    def wrapped(chosen: Chosen, **given: Any) -> Any:
        with Api(open_session(chosen)) as api:
            return function(api=api, **given)

    return deployment(wrapped)  # type: ignore[return-value]  # as above


files = click.option(
    "-f", "--filename", "files", multiple=True, metavar="PATH", help="A file, a folder, or - for the standard input."
)
recursive = click.option("-R", "--recursive", is_flag=True, help="Folders with all that is below them.")


service_bus = click.option(
    "--service-bus", default="", metavar="HOST", help="Its Service Bus namespace, where the context does not say it."
)


def output(*formats: str) -> Callable[[Function], Function]:
    """Return the option `-o` with some formats; the command gets `output`, empty without it."""
    return click.option(
        "-o",
        "--output",
        default="",
        type=click.Choice(["", *formats]),
        metavar="|".join(formats),
        help="How it is written.",
    )


class Duration(click.ParamType[float]):
    """A time such as 90s, 10m, 1h, or a number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ARG002
        """Return the seconds."""
        if isinstance(value, int | float):
            return float(value)
        number, unit = (value[:-1], value[-1]) if value[-1:] in UNITS else (value, "s")
        try:
            seconds = float(number) * UNITS[unit]
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < float("inf"):
            raise Misused(f"'{value}' is not a time", "write it as 90s, 10m or 1h")
        return seconds


timeout = click.option(
    "--timeout", type=Duration(), default="30m", show_default=True, metavar="TIME", help="How long to wait."
)
limit = click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many.")


def one_document(function: Function) -> Function:
    """Give a command the argument `what`, which has to name one document: KIND/NAME, or KIND NAME."""

    def checked(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG001
        if len(targets_in(value)) != 1:
            raise Misused("more than one document is named", "name one, such as cluster/payments-prod")
        return value

    return click.argument("what", nargs=-1, required=True, metavar="KIND/NAME", callback=checked)(function)


def decision(function: Function) -> Function:
    """Give a command `--hash`, `--reason`, `--by` as `said`, and `--yes` and `--full`."""

    @functools.wraps(function)
    def wrapped(hash_: str, reason: str, by: str, **given: Any) -> Any:
        return function(said={"hash": hash_, "reason": reason, "by": by}, **given)

    options = (
        click.option("--hash", "hash_", default="", metavar="HASH", help="The plan that is meant; else the one shown."),
        click.option("--reason", default="", help="Why; kept in the audit."),
        click.option("--by", default="", metavar="NAME", help="Who decides, where the app signs nobody in; else you."),
        click.option("-y", "--yes", is_flag=True, help="Do not ask."),
        click.option("--full", is_flag=True, help="Also the bodies that would be sent to Azure."),
    )
    for option in reversed(options):
        option(wrapped)
    return wrapped  # type: ignore[return-value]  # click only needs a function
