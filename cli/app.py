"""The command `spokewright`: finds the command that is asked for, runs it, and says in two lines what went wrong.

A command's module is loaded when it is called, and help needs none of them: that is what starts quickly.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from cli.asking import Declined
from cli.errors import GENERAL, INTERRUPTED, OK, USAGE, CommandError, Misused
from cli.examples import epilog
from cli.printing import Screen
from cli.registry import COMMANDS, NAMES
from cli.session import Chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

PIPE_CLOSED = 141
"""What a shell says of a program whose reader went away."""


class Spokewright(click.Group):
    """The group of all commands, each loaded when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Load a command; None where there is none of that name."""
        entry = NAMES.get(cmd_name)
        if entry is None:
            return None
        found: click.Command = import_module(entry.path).command
        found.epilog = epilog(cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the commands by their groups, from the registry."""
        for group in dict.fromkeys(entry.group for entry in COMMANDS):
            with formatter.section(group):
                formatter.write_dl([(entry.name, entry.line) for entry in COMMANDS if entry.group == group])


@click.group(cls=Spokewright, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--context", default="", metavar="NAME", help="The deployment to talk to; see `spokewright context`.")
@click.option("--url", default="", metavar="URL", help="Its address, instead of a context.")
@click.option("--audience", default="", metavar="ID", help="Sign in by azure-identity, for this application id URI.")
@click.version_option(package_name="spokewright", message="spokewright %(version)s")
@click.pass_context
def spokewright(ctx: click.Context, context: str, url: str, audience: str) -> None:
    """Secure private AKS clusters in hub-spoke networks, declared as documents."""
    ctx.obj = Chosen(context, url, audience)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return its exit code. Whatever goes wrong is said in two lines."""
    _encode_what_can_be()
    screen = Screen()
    try:
        return _run(arguments)
    except (CommandError, click.ClickException) as error:
        return _said(screen, error)
    except Declined:
        screen.progress("Nothing was done.")
        return INTERRUPTED
    except (click.Abort, KeyboardInterrupt):
        screen.progress("Interrupted; what was asked for already goes on.")
        return INTERRUPTED
    except BrokenPipeError:
        _leave_the_pipe()
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the edge: a person sees a sentence, whatever happened
        return _unexpected(screen, error)


def _said(screen: Screen, error: CommandError | click.ClickException) -> int:
    """Say what went wrong and what to do; return the exit code."""
    if isinstance(error, CommandError):
        screen.error(error)
        return error.exit_code
    context = error.ctx if isinstance(error, click.UsageError) else None
    mend = f"see `{context.command_path if context else 'spokewright'} --help`"
    screen.error(Misused(error.format_message(), mend))
    return USAGE


def _run(arguments: Sequence[str] | None) -> int:
    given = None if arguments is None else list(arguments)
    result: Any = spokewright.main(given, prog_name="spokewright", standalone_mode=False)
    sys.stdout.flush()
    return result if isinstance(result, int) else OK


def _unexpected(screen: Screen, error: Exception) -> int:
    """Say what nobody expected; the traceback only where it is asked for."""
    if os.environ.get("SPOKEWRIGHT_TRACEBACK"):
        import traceback  # noqa: PLC0415 - seldom needed

        for text in traceback.format_exception(error):
            screen.progress(text)
    mend = "report it; SPOKEWRIGHT_TRACEBACK=1 shows where it happened"
    screen.error(CommandError(f"spokewright itself failed: {type(error).__name__}: {error}", mend))
    return GENERAL


def _encode_what_can_be() -> None:
    """Let a character that the terminal does not know be a question mark, not a failure."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _leave_the_pipe() -> None:
    """Send what is still to be written nowhere, so that the end of the program does not fail on it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
