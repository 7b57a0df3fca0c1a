"""`spokewright dns`: a hub's DNS servers, whose network has which, and what servers on-premises have to forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.dns import show_networks, show_servers
from cli.errors import Missing, Misused
from cli.kinds import Target, kind_of, targets_in
from cli.options import online, output
from cli.printing import FAINT, STRONG, Cell, Screen, state

if TYPE_CHECKING:
    from cli.client import Api

    Json = dict[str, Any]

FORMATS = ("windows", "bind", "unbound", "dnsmasq", "coredns")


@click.command()
@click.argument("hub", metavar="HUB")
@click.option(
    "--format",
    "format_",
    default="",
    type=click.Choice(["", *FORMATS]),
    metavar="|".join(FORMATS),
    help="Only the configuration for this kind of server on-premises.",
)
@output("json", "yaml")
@online
def command(api: Api, hub: str, format_: str, output: str) -> int:
    """Show a hub's DNS servers, whether each answers, whose network has which, and what on-premises has to forward.

    With --format only the configuration of a server on-premises is written, as it belongs into that server's file.
    """
    if format_ and output:
        raise Misused("--format and --output are two ways to write it", "give one of them")
    screen = Screen()
    told = dict(api.get(f"{_target(hub).path}/dns").body)
    if format_:
        screen.text(_configuration(told, format_).rstrip("\n"))
    elif not screen.as_data(output, told):
        _show(screen, told)
    return 0


def _target(word: str) -> Target:
    """Return the hub that is named, as `weu` or `hub/weu`."""
    hub = kind_of("hub")
    (target,) = targets_in((word,)) if "/" in word else (Target(hub, word),)
    if target.kind != hub:
        raise Misused(f"{target} is no hub", "name one: `spokewright get hubs` lists them")
    return target


def _configuration(told: Json, format_: str) -> str:
    for one in told.get("configurations") or ():
        if one.get("format") == format_:
            return str(one.get("text") or "")
    why = told.get("note") or f"the app knows no configuration for {format_}"
    raise Missing(f"there is no such configuration of hub {told.get('hub')}", str(why))


def _show(screen: Screen, told: Json) -> None:
    _head(screen, told)
    _title(screen, "Servers")
    show_servers(screen, told)
    _title(screen, "Networks")
    show_networks(screen, told)
    if told.get("forward"):
        _title(screen, "What each server has to do")
        screen.line(f"  {told['forward']}")
    _title(screen, "From on-premises")
    _on_premises(screen, told)


def _head(screen: Screen, told: Json) -> None:
    found = told.get("condition") or {}
    how = state(str(found.get("status") or ""))
    screen.line(
        Cell(f"hub/{told.get('hub')}", STRONG), f"   mode {told.get('mode')}   ", how, f"   {found.get('reason') or ''}"
    )
    if found.get("message"):
        screen.line(f"  {found['message']}")


def _title(screen: Screen, text: str) -> None:
    screen.line()
    screen.line(Cell(text, STRONG))


def _on_premises(screen: Screen, told: Json) -> None:
    """Write what is forwarded where, and how to get the configuration."""
    if told.get("inbound"):
        screen.line(f"  forward   {', '.join(map(str, told.get('zones') or ()))}")
        screen.line(f"  to        {', '.join(map(str, told['inbound']))}")
    if told.get("note"):
        screen.line(f"  {told['note']}")
    known = [str(one.get("format")) for one in told.get("configurations") or ()]
    if known:
        screen.line(Cell(f"  what to configure: spokewright dns {told.get('hub')} --format {'|'.join(known)}", FAINT))
