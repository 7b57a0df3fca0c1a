"""`spokewright context`: the deployments that a person talks to, and which one is meant; as kubectl's contexts."""

from __future__ import annotations

import getpass
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from cli import azd
from cli.bus import host_of
from cli.contexts import LOCAL, Context, load_contexts, local_endpoints, save_contexts
from cli.errors import CommandError, Missing, Misused
from cli.keys import forget_key, keep_key, kept_key
from cli.options import output
from cli.printing import FAINT, GOOD, WAITING, Cell, Screen
from cli.session import Chosen, open_session, session_at

if TYPE_CHECKING:
    Json = dict[str, Any]

HEADS = ("", "name", "address", "signs in by", "from")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
KEPT, AZD, STACK = "kept", "azd environment", "local stack"


@click.group()
def command() -> None:
    """Choose which deployment is talked to.

    The local stack of this folder is the context `local`; azd environments of this folder (.azure/NAME/.env with
    SPOKEWRIGHT_URL) are there by their names. Others are added. Function keys are kept in the system's keyring, and
    never shown; the one that is kept for a context wins over SPOKEWRIGHT_KEY.
    """


@command.command("list")
@output("json", "yaml", "name")
def list_(output: str) -> int:
    """List all contexts, and mark the one that is meant where nothing is said."""
    screen, meant = Screen(), _meant()
    known = _all()
    if output == "name":
        for name in known:
            screen.line(name)
        return 0
    told = [_told(context, origin) | {"current": name == meant} for name, (context, origin) in known.items()]
    if screen.as_data(output, told):
        return 0
    if not told:
        screen.progress(Cell("There is none; add one: spokewright context add NAME --url URL", FAINT))
        return 0
    rows = [("*" if one["current"] else "", one["name"], one["url"], one["signsInBy"], one["from"]) for one in told]
    screen.table(HEADS, rows)
    return 0


@command.command("use")
@click.argument("name")
def use(name: str) -> int:
    """Talk to this deployment from now on, where nothing else is said."""
    context, origin = _one(name)
    contexts = load_contexts()
    if origin == AZD:  # kept as it is now: in another folder the same name may be somebody else's
        contexts = contexts.with_context(context)
    save_contexts(contexts.with_current(name))
    Screen().line(f"{name} ", Cell("is used", GOOD), f"   {context.url}")
    return 0


@command.command("add")
@click.argument("name")
@click.option("--url", required=True, metavar="URL", help="The address of its function app.")
@click.option("--audience", default="", metavar="ID", help="Sign in by azure-identity, for this application id URI.")
@click.option("--service-bus", default="", metavar="HOST", help="The host name of its Service Bus namespace.")
@click.option("--key-file", type=click.File(), help="A file with a function key; - reads it from here, unseen.")
@click.option("--use", "use_", is_flag=True, help="And talk to it from now on.")
def add(name: str, url: str, audience: str, service_bus: str, key_file: TextIO | None, use_: bool) -> int:  # noqa: FBT001 - an option
    """Add a deployment, or change one.

    A key may come from a pipe: az functionapp keys list ... --query functionKeys.default -o tsv |
    spokewright context add NAME --url URL --key-file -
    """
    if not NAME.fullmatch(name) or name == LOCAL:
        raise Misused(f"'{name}' cannot be a context's name", f"use letters, digits and . _ -; {LOCAL} is the stack's")
    if "=" in service_bus:
        mend = "write the host name; a connection string goes into SPOKEWRIGHT_SERVICE_BUS"
        raise Misused("a connection string holds a key, and contexts hold none", mend)
    session_at(url, Chosen())  # whether it is an address at all
    screen, contexts = Screen(), load_contexts()
    word = "changed" if name in contexts.known else "added"
    contexts = contexts.with_context(Context(name, url, audience, service_bus))
    save_contexts(contexts.with_current(name) if use_ else contexts)
    screen.line(f"{name} ", Cell(word, GOOD))
    if key_file is not None:
        _keep(screen, name, _key_in(key_file))
    return 0


@command.command("show")
@click.argument("name", default="", metavar="[NAME]")
@output("json", "yaml")
def show(name: str, output: str) -> int:
    """Show a context, else the one that is meant; its key is not shown."""
    screen = Screen()
    told = _told(*_one(name)) if name else _told(*_meant_one())
    if screen.as_data(output, told):
        return 0
    for word, value in told.items():
        screen.line(f"{word}:".ljust(12), value)
    return 0


@command.command("check")
@click.argument("name", default="", metavar="[NAME]")
def check(name: str) -> int:
    """Try to get into a deployment as an administrator that nobody made; exit code 0 if that fails, as it should.

    It sends headers that only Azure's sign-in may set, and neither a key nor a token.
    """
    from cli import forging  # noqa: PLC0415 - nothing else needs it

    context, _ = _one(name) if name else _meant_one()
    kept_out_by = forging.check(context)
    Screen().line(f"{context.name} ", Cell("is not fooled", GOOD), f"   {kept_out_by}")
    return 0


@command.command("remove")
@click.argument("name")
def remove(name: str) -> int:
    """Forget a context and its key; the deployment stays as it is."""
    contexts = load_contexts()
    if name not in contexts.known:
        raise Missing(f"no context '{name}' is kept", "see `spokewright context list`")
    save_contexts(contexts.without(name))
    forget_key(name)
    Screen().line(f"{name} ", Cell("removed", WAITING))
    return 0


def _all() -> dict[str, tuple[Context, str]]:
    """Return every context by its name, with where it is from; what is kept hides an environment of its name."""
    found = {name: (context, AZD) for name, context in azd.environments().items()}
    found |= {name: (context, KEPT) for name, context in load_contexts().known.items()}
    if told := local_endpoints():
        found[LOCAL] = (Context(LOCAL, told["functions"], "", told.get("serviceBus", "")), STACK)
    return dict(sorted(found.items()))


def _one(name: str) -> tuple[Context, str]:
    known = _all()
    if name not in known:
        there = f"there are {', '.join(known)}" if known else "there is none yet"
        raise Missing(f"there is no context '{name}'", f"{there}; add one: spokewright context add NAME --url URL")
    return known[name]


def _meant() -> str:
    """Return the name of the deployment that is meant where nothing is said; empty where there is none."""
    try:
        return open_session(Chosen()).context.name
    except CommandError:
        return ""


def _meant_one() -> tuple[Context, str]:
    """Return the deployment that is meant where nothing is said, and where that is from."""
    context = open_session(Chosen()).context
    return _all().get(context.name, (context, "SPOKEWRIGHT_URL"))


def _told(context: Context, origin: str) -> Json:
    """Return what may be shown of a context."""
    by = f"token for {context.audience}" if context.audience else _key_words(context.name, origin)
    found = {"name": context.name, "url": context.url, "signsInBy": by, "serviceBus": host_of(context.service_bus)}
    return found | {"from": origin}


def _key_words(name: str, origin: str) -> str:
    kept = origin in (KEPT, AZD) and kept_key(name)
    return "function key" if origin == STACK or kept else "SPOKEWRIGHT_KEY"


def _key_in(file: TextIO) -> str:
    """Return the key in a file, or asked for without being seen; raise Misused where it can be none."""
    key = (getpass.getpass("Function key: ") if file is sys.stdin and file.isatty() else file.read()).strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise Misused("that is no function key", "give the key alone, as the portal and `az` show it")
    return key


def _keep(screen: Screen, name: str, key: str) -> None:
    path = keep_key(name, key)
    if path is None:
        screen.line("its key is in the system's keyring")
    else:
        screen.progress(Cell("Warning: ", WAITING), f"there is no keyring; the key is in {path}, as plain text")
