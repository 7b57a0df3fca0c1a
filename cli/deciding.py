"""A person's decision about a plan: shows it, asks, and sends its hash, so that nothing else is decided about."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

from cli.asking import confirm
from cli.errors import REFUSED, CommandError
from cli.kinds import Target, targets_in
from cli.plans import show_approval, show_plan
from cli.printing import GOOD, STRONG, Cell, Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.client import Api

    Json = dict[str, Any]

SHORTEST = 8
"""Characters of a hash that are enough to mean the plan that is shown."""

DONE = {"approve": "approved", "reject": "rejected"}


def decide(api: Api, decision: str, what: Sequence[str], said: dict[str, str], *, yes: bool, full: bool) -> int:
    """Show the plan of what is named, ask, and send the decision: `said` has hash, reason and by."""
    screen = Screen()
    (target,) = targets_in(what)
    plan = dict(api.get(f"{target.path}/plan").body)
    _show(screen, target, plan, full=full)
    chosen = _hash(plan, said["hash"])
    if not yes:
        confirm(screen, api, f"{decision.capitalize()} this plan?")
    body = {"hash": chosen, "decision": decision, "reason": said["reason"], "by": said["by"] or _person()}
    api.post(f"{target.path}/approve", body)
    screen.line(f"{target} ", Cell(DONE[decision], GOOD))
    return 0


def _show(screen: Screen, target: Target, plan: Json, *, full: bool) -> None:
    approval = plan.get("approval")
    if not isinstance(approval, dict):
        mend = f"see `spokewright describe {target}`: only networks that ask to join are decided about"
        raise CommandError(f"there is nothing to decide about {target}", mend, REFUSED)
    screen.line(Cell(str(target), STRONG))
    show_approval(screen, approval, plan.get("hash"))
    if approval.get("reason"):
        screen.line(f"  because    {approval['reason']}")
    show_plan(screen, plan, full=full)


def _hash(plan: Json, given: str) -> str:
    """Return the hash to send: that of the plan shown, where none is given or its beginning."""
    shown = str(plan.get("hash") or "")
    means_it = not given or (len(given) >= SHORTEST and shown.startswith(given.lower()))
    return shown if means_it else given


def _person() -> str:
    """Return who sits here, as the system calls them; the app knows better where it signs people in."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
