"""A plan for people: its steps in order with their reasons, what it waits for, its hash."""

from __future__ import annotations

import json
import re
from typing import Any

from cli.moments import shown
from cli.printing import BAD, FAINT, GOOD, STRONG, WAITING, Cell, Screen

Json = dict[str, Any]

SIGNS = {"create": ("+", GOOD), "update": ("~", WAITING), "delete": ("-", BAD), "wait": ("…", FAINT)}
COUNTED = {"create": "to create", "update": "to change", "delete": "to delete", "wait": "to wait for"}
TYPE_AT = -2
CUT = 60
"""Characters of a value that are shown on the one line of a change."""
PLAIN = re.compile(r"[\w.\-\[\]/$@:]+", re.ASCII)
UNDER = " " * 10


def short(resource_id: Any) -> str:
    """Return the type and name at the end of a resource id."""
    return "/".join(str(resource_id or "").strip("/").split("/")[TYPE_AT:])


def is_empty(plan: Json) -> bool:
    """Say whether nothing differs and nothing is waited for."""
    return not plan.get("steps") and not plan.get("waits")


def show_plan(screen: Screen, plan: Json, *, full: bool = False) -> None:
    """Write a plan: one line for each step, change and wait, and their number; with `full`, values and bodies whole."""
    steps, waits = list(plan.get("steps") or ()), list(plan.get("waits") or ())
    if not steps and not waits:
        screen.line("  Azure is as the document asks: nothing to do.")
        return
    numbers = {step.get("id"): number for number, step in enumerate(steps, 1)}
    for step in steps:
        _show_step(screen, step, numbers)
        for change in step.get("changes") or ():
            _show_change(screen, change, full=full)
        if full and step.get("body") is not None:
            _show_body(screen, step["body"])
    for wait in waits:
        screen.line("  ", Cell("waits", WAITING), f" for {wait.get('on') or 'Azure'}: {wait.get('message')}")
    screen.line("  ", Cell(summary(plan), STRONG))


def _show_step(screen: Screen, step: Json, numbers: dict[Any, int]) -> None:
    sign, style = SIGNS.get(str(step.get("action")), ("?", ""))
    after = sorted(numbers[one] for one in step.get("dependsOn") or () if one in numbers)
    behind = f"   after {', '.join(map(str, after))}" if after else ""
    number = numbers[step.get("id")]
    screen.line(
        f"  {number:>3} ",
        Cell(sign, style),
        f" {short(step.get('resourceId'))}: {step.get('reason')}",
        Cell(behind, FAINT),
    )


def _show_change(screen: Screen, change: Json, *, full: bool) -> None:
    """Write what is there and what should be; one that is missing is left out."""
    path = str(change.get("path"))
    name = path if PLAIN.fullmatch(path) else json.dumps(path)  # Else it could look like a value.
    signs = (("-", change.get("have"), BAD), ("+", change.get("want"), GOOD))
    values = [(sign, json.dumps(value), style) for sign, value, style in signs if value is not None]
    if full:
        for sign, text, style in values:
            screen.line(UNDER, Cell(f"{sign} {name}: {text}", style))
    else:
        screen.line(UNDER, f"{name}:", *(Cell(f"  {sign} {_cut(text)}", style) for sign, text, style in values))


def _cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[: CUT - 1]}…"


def _show_body(screen: Screen, body: Any) -> None:
    import yaml  # noqa: PLC0415 - slow to load, and only for the full view

    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=False, width=110)
    for line in text.rstrip().split("\n"):
        screen.line(UNDER, Cell(line, FAINT))


def summary(plan: Json) -> str:
    """Return how many steps of which sort a plan has."""
    actions = [str(step.get("action")) for step in plan.get("steps") or ()]
    counts = [f"{actions.count(action)} {words}" for action, words in COUNTED.items() if action in actions]
    waits = len(plan.get("waits") or ())
    counts += [f"{waits} not possible yet"] if waits else []
    return ", ".join(counts) or "nothing to do"


def show_approval(screen: Screen, approval: Json, plan_hash: Any) -> None:
    """Write what is to be decided about: the hub, the addresses, until when, the hash of the plan."""
    screen.line(f"  state      {approval.get('state')}")
    screen.line(f"  hub        {approval.get('hub')}")
    screen.line(f"  addresses  {', '.join(map(str, approval.get('addressSpace') or ()))}")
    if approval.get("expiresAt"):
        screen.line(f"  expires    {shown(approval['expiresAt'])}")
    screen.line(f"  hash       {plan_hash}")
