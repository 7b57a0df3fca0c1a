"""`spokewright describe`: all about one document, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import documents as d
from cli.advice import advice
from cli.commands import audit, events
from cli.dns import show_networks, show_servers
from cli.errors import ApiError
from cli.kinds import Target, targets_in
from cli.moments import shown
from cli.options import one_document, online
from cli.plans import show_approval, show_plan
from cli.printing import FAINT, STRONG, WAITING, Cell, Screen, condition_state, state
from cli.steps import last_run, show_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.client import Api

    Json = dict[str, Any]

STEPS, EVENTS, ENTRIES = 100, 10, 5
SHOWN_ELSEWHERE = ("verification.output", "verification.consumers", "dns.", "dnsProof.", "dnsForwarders.")
"""Outputs that `resolution` and the part about DNS say better."""


@click.command()
@one_document
@click.option("--plan", is_flag=True, help="Also what a reconcile would do now; Azure is read for it.")
@online
def command(api: Api, what: tuple[str, ...], plan: bool) -> int:  # noqa: FBT001 - an option
    """Say all about one document: what it asks for, how it is and why, its steps, events, and what to do next."""
    (target,) = targets_in(what)
    document = dict(api.get(target.path).body)
    screen = Screen()
    _head(screen, target, document)
    _spec(screen, document)
    _conditions(screen, document)
    _waits(screen, document)
    _dns(screen, api, target)
    _approval(screen, document)
    _steps(screen, _items(api, f"{target.path}/history", STEPS))
    if plan:
        _title(screen, "What a reconcile would do now")
        show_plan(screen, dict(api.get(f"{target.path}/plan").body))
    _events(screen, api, target)
    _audit(screen, _items(api, f"{target.path}/audit", ENTRIES))
    _title(screen, "What to do next")
    for sentence in advice(document):
        screen.line(f"  {sentence}")
    return 0


def _title(screen: Screen, text: str) -> None:
    screen.line()
    screen.line(Cell(text, STRONG))


def _head(screen: Screen, target: Target, document: Json) -> None:
    metadata, status = document.get("metadata") or {}, d.status_of(document)
    screen.line(Cell(str(target), STRONG), "   ", state(d.readiness(document)), f"   {d.state_of(document)}")
    rows = (
        ("generation", f"{metadata.get('generation')}, looked at: {status.get('observedGeneration')}"),
        ("origin", metadata.get("origin")),
        ("requested by", metadata.get("requestedBy")),
        ("deletion requested", shown(metadata.get("deletionRequested"))),
        ("last look", shown(status.get("reconciledAt"))),
        ("next look", shown(status.get("retryAt"))),
        ("proved", shown(status.get("verifiedAt"))),
    )
    for name, value in rows:
        if value:
            screen.line(f"  {name:<20}{value}")


def _spec(screen: Screen, document: Json) -> None:
    """Write what is asked for and what that brought, without what is empty."""
    outputs = [line for line in _flat(d.outputs_of(document), "") if not line[0].startswith(SHOWN_ELSEWHERE)]
    for title, lines in (("Asks for", _flat(d.spec_of(document), "")), ("Outputs", outputs)):
        if lines:
            _title(screen, title)
        for name, value in lines:
            screen.line(f"  {name:<36}{value}")


def _flat(values: Any, path: str) -> list[tuple[str, str]]:
    """Return every value that is not empty with its dotted path; lists of plain values on one line."""
    if isinstance(values, dict):
        return [found for name, value in values.items() for found in _flat(value, f"{path}.{name}" if path else name)]
    if isinstance(values, list) and any(isinstance(value, dict | list) for value in values):
        return [found for number, value in enumerate(values) for found in _flat(value, f"{path}[{number}]")]
    if values in (None, "", []):
        return []
    return [(path, ", ".join(map(str, values)) if isinstance(values, list) else str(values))]


def _conditions(screen: Screen, document: Json) -> None:
    _title(screen, "Conditions")
    rows = [
        [
            one.get("type"),
            condition_state(str(one.get("type")), str(one.get("status"))),
            one.get("reason"),
            shown(one.get("lastTransitionTime")),
            one.get("message"),
        ]
        for one in d.conditions_of(document)
    ]
    if rows:
        screen.table(("type", "status", "reason", "since", "message"), rows)
    else:
        screen.line(Cell("  nobody has looked at it yet", FAINT))


def _waits(screen: Screen, document: Json) -> None:
    waiting = d.condition(document, d.WAITING)
    if waiting["status"] == "True":
        _title(screen, "Waits for")
        screen.line("  ", Cell(str(waiting["reason"]), WAITING), f"   {waiting['message']}")


def _dns(screen: Screen, api: Api, target: Target) -> None:
    """Write of a hub which servers its networks have, and who is next."""
    if target.kind.name != "Hub":
        return
    try:
        told = dict(api.get(f"{target.path}/dns").body)
    except ApiError:  # It is gone meanwhile, or the app is an older one.
        return
    _title(screen, "DNS")
    show_servers(screen, told)
    show_networks(screen, told)


def _approval(screen: Screen, document: Json) -> None:
    approval = d.approval_of(document)
    if approval:
        _title(screen, "Approval")
        show_approval(screen, approval, approval.get("hash"))


def _steps(screen: Screen, steps: Sequence[Json]) -> None:
    """Write the steps of the last plan that had any, in the order in which they began."""
    if steps:
        _title(screen, "Steps of the last plan")
        show_steps(screen, last_run(steps))


def _events(screen: Screen, api: Api, target: Target) -> None:
    told = api.get("events", {"limit": 1000}).body["events"]
    mine = [event for event in told if (event.get("data") or {}).get("document") == f"{target.kind.name}/{target.name}"]
    if mine:
        _title(screen, "Recent events")
        screen.table(events.HEADS, [events.row(event) for event in mine[:EVENTS]])


def _audit(screen: Screen, entries: Sequence[Json]) -> None:
    if entries:
        _title(screen, "Decisions")
        screen.table(audit.HEADS, [audit.row(entry) for entry in entries])


def _items(api: Api, path: str, limit: int) -> list[Json]:
    """Return a list of the document's; empty where it is gone meanwhile."""
    try:
        return list(api.get(path, {"limit": limit}).body["items"])
    except ApiError:
        return []
