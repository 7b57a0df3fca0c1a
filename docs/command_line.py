"""The reference page of the command line, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import click

from cli.app import spokewright
from cli.examples import EXAMPLES
from cli.registry import COMMANDS, Entry

Table = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]

START = """\
# The command line

Secure private AKS clusters in hub-spoke networks, declared as documents.

`spokewright` talks to the app's [HTTP API](http.md); `make install` brings it. `spokewright COMMAND --help` says what
stands here. Documents come from files, folders or the standard input (`-f`), in YAML or JSON, many in one file.

## Which deployment

The first of these that is said counts: `--url`; `--context`; `SPOKEWRIGHT_URL`; `SPOKEWRIGHT_CONTEXT`, else the
context that was chosen by `spokewright context use`; the local stack of this folder. `--url`, `--context` and
`--audience` may stand before a command, or after one that talks to a deployment.

It signs in by a token where the context or `--audience` names an application id URI (as whoever `az` or `azd` signed
in), else by a function key: the one that is kept for the context, which wins, or `SPOKEWRIGHT_KEY`: it is for `--url`,
`SPOKEWRIGHT_URL` and contexts without a kept key. A key goes over https only, or to this machine.
"""

VARIABLES = (
    ("SPOKEWRIGHT_URL", "The address of the function app."),
    ("SPOKEWRIGHT_KEY", "A function key, where none is kept for the context."),
    ("SPOKEWRIGHT_TOKEN", "A token to be sent as it is, instead of a key, where no audience is named."),
    ("SPOKEWRIGHT_AUDIENCE", "The application id URI for which a token is asked, instead of a key."),
    ("SPOKEWRIGHT_CONTEXT", "The name of a context, instead of the one that was chosen."),
    (
        "SPOKEWRIGHT_CONTEXTS",
        "The file in which contexts are kept; else one in the person's folder for configuration.",
    ),
    (
        "SPOKEWRIGHT_SERVICE_BUS",
        "The Service Bus namespace, by host name or connection string, for `send` and `dead-letters`.",
    ),
    ("SPOKEWRIGHT_TRACEBACK", "Set: what nobody expected is shown with its traceback."),
    ("NO_COLOR", "Set: no colours. There are none either where the output is no terminal."),
)

CODES = (
    ("0", "It is done. Of `diff`: nothing would change."),
    ("1", "Something went wrong. Of `diff`: something would change."),
    ("2", "The command line, a file or the context is wrong. Of `diff`: whatever went wrong."),
    ("3", "What was asked for is not there."),
    ("4", "It was refused: a fault in a document, no permission, or changed meanwhile."),
    ("5", "Nobody answered, or not in time; also of `wait`."),
    ("130", "Interrupted: what was asked for already goes on. Or answered with no: nothing was done."),
    ("141", "Whoever read the output went away."),
)

OUTPUT = """\
## What is written

Results go to the output, progress and errors to the error stream. What goes wrong is said in two lines, what happened
and what to do. Tables are for people; `-o json` and `-o yaml` are whole, and `-o name` is one name a line. Texts from
elsewhere, such as names, tags and Azure's messages, are shown without anything that could act on a terminal.
"""


BEFORE = "As before the command."
"""The help of the options that may stand before a command as well."""


def page(table: Table, notice: str) -> str:
    """Return the page."""
    root = whole()
    parts = [notice, START, table(("variable", "meaning"), ((f"`{name}`", about) for name, about in VARIABLES))]
    parts += ["## Exit codes\n", table(("code", "means"), CODES), OUTPUT, "## Options of every command\n"]
    parts.append(_options(root, table))
    for group in dict.fromkeys(entry.group for entry in COMMANDS):
        parts.append(f"## {group}\n")
        parts += [_command(entry, root, table) for entry in COMMANDS if entry.group == group]
    return "\n".join(parts)


def whole() -> click.Context:
    """Return the context of the command line as a whole."""
    return click.Context(spokewright, info_name="spokewright", **spokewright.context_settings)


def contexts(root: click.Context) -> Iterator[click.Context]:
    """Yield the context of a command and of each below it."""
    yield root
    if isinstance(root.command, click.Group):
        for name in root.command.list_commands(root):
            found = root.command.get_command(root, name)
            if found is not None:
                yield from contexts(click.Context(found, info_name=name, parent=root))


def options_of(context: click.Context) -> list[tuple[str, str]]:
    """Return the options of a command, as help shows them."""
    found = (
        one.get_help_record(context) for one in context.command.get_params(context) if isinstance(one, click.Option)
    )
    return [one for one in found if one]


def _command(entry: Entry, root: click.Context, table: Table) -> str:
    """Return the section of a command, with those below it."""
    command = spokewright.get_command(root, entry.name)
    if command is None:
        raise LookupError(entry.name)
    first, *below = contexts(click.Context(command, info_name=entry.name, parent=root))
    parts = [f"### {entry.name}\n", _about(first)]
    parts += [] if below else [_options(first, table)]
    parts += [f"#### {entry.name} {one.info_name}\n\n{_about(one)}\n{_options(one, table)}" for one in below]
    examples = "\n".join(EXAMPLES[entry.name])
    return "\n".join([*parts, f"```sh\n{examples}\n```\n"])


def _about(context: click.Context) -> str:
    """Return how a command is called, and what it says of itself."""
    pieces = " ".join(context.command.collect_usage_pieces(context))
    told = "\n".join(line.strip() for line in str(context.command.help).replace("\b", "").splitlines()).strip()
    return f"`{context.command_path} {pieces}`\n\n{told}\n"


def _options(context: click.Context, table: Table) -> str:
    """Return the table of a command's own options; those of every command are said once."""
    own = [one for one in options_of(context) if context.parent is None or not _common(*one)]
    rows = [(f"`{names}`".replace("|", "\\|"), about.replace("|", "\\|")) for names, about in own]
    return table(("option", "means"), rows) if rows else ""


def _common(names: str, about: str) -> bool:
    return names == "-h, --help" or about == BEFORE
