"""`spokewright diff`: what applying documents would do in Azure, and to the stored documents; kubectl's exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cli import documents as d
from cli.defaults import with_defaults
from cli.errors import GENERAL, OK, USAGE, ApiError, CommandError
from cli.options import files, online, recursive
from cli.plans import is_empty, show_approval, show_plan
from cli.printing import BAD, FAINT, GOOD, STRONG, Cell, Screen
from cli.sources import Sourced, in_order, sourced

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

NOT_FOUND = 404


@click.command()
@files
@recursive
@click.option("--full", is_flag=True, help="Also the bodies that would be sent to Azure.")
@online
def command(api: Api, files: tuple[str, ...], recursive: bool, full: bool) -> int:  # noqa: FBT001 - options
    """Show what applying documents would do in Azure, without doing it.

    Exits with 0 where nothing would change, 1 where something would, 2 or more where that cannot be said.
    """
    try:
        documents = in_order(sourced(files, recursive=recursive))
        differing = [one for one in documents if _differs(api, Screen(), one, full=full)]
    except CommandError as error:
        code = USAGE if error.exit_code == GENERAL else error.exit_code
        raise CommandError(error.what, error.mend, code, error.details) from None
    except (click.ClickException, click.Abort, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is: code 1 would say that something differs.
        what = f"it cannot be said what differs, the API's answer may be wrong: {type(error).__name__}: {error}"
        raise CommandError(what, "check the address and the versions of both sides", USAGE) from None
    return GENERAL if differing else OK


def _differs(api: Api, screen: Screen, one: Sourced, *, full: bool) -> bool:
    """Show what would happen for a document; say whether anything would."""
    try:
        plan = dict(api.post(f"{one.target.path}/plan", one.body).body)
    except ApiError as error:
        raise one.blamed(error) from None
    lines = _document_lines(_stored(api, one), one)
    same = is_empty(plan) and not lines
    screen.line(Cell(str(one.target), STRONG), Cell("   nothing would change" if same else "", FAINT))
    if same:
        return False
    for line in lines:
        screen.line("  ", Cell(line, {"+": GOOD, "-": BAD}.get(line[:1], "")))
    show_plan(screen, plan, full=full)
    if (plan.get("approval") or {}).get("state") == "asked":
        show_approval(screen, plan["approval"], plan.get("hash"))
    return True


def _stored(api: Api, one: Sourced) -> Json | None:
    try:
        return dict(api.get(one.target.path).body)
    except ApiError as error:
        if error.status == NOT_FOUND:
            return None
        raise


def _document_lines(stored: Json | None, one: Sourced) -> list[str]:
    """Return how the document's own fields would change."""
    if stored is None:
        return ["+ new document"]
    found: list[str] = []
    wanted = with_defaults(one.target.kind, one.body, stored)
    _compare("spec", d.spec_of(stored), wanted.get("spec") or {}, found)
    return found


def _compare(path: str, before: Any, now: Any, found: list[str]) -> None:
    """Collect what differs; members that are not written and have no default here are the app's to fill in."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name, value in now.items():
            _compare(f"{path}.{name}", before.get(name), value, found)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, (old, new) in enumerate(zip(before, now, strict=True)):
            _compare(f"{path}[{number}]", old, new, found)
    elif not _same(before, now):
        lines = (("-", before), ("+", now))
        found += [f"{sign} {path}: {json.dumps(value)}" for sign, value in lines if value is not None]


def _same(before: Any, now: Any) -> bool:
    """Say whether two values are one to the app, which takes the number 1 where text is wanted."""
    return bool(before == now) or (isinstance(before, str) and type(now) is int and before == str(now))
