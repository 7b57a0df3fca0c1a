"""What is from a backup and not as Azure is waits for a person: more may have been made since. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shared.model import conditions
from shared.plan.steps import Action, Wait

if TYPE_CHECKING:
    from shared.model.document import Document
    from shared.plan.steps import Plan

WORDS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}


def held(document: Document, plan: Plan) -> Wait | None:
    """Return why a plan must not be carried out; None where the document is from no backup, or has nothing to do."""
    since = document.status.restored_at
    counts = Counter(step.action for step in plan.steps if step.action in WORDS)
    if since is None or not counts:
        return None
    would = ", ".join(f"{word} {counts[action]}" for action, word in WORDS.items() if counts[action])
    message = (
        f"restored from a backup at {since:%Y-%m-%d %H:%MZ}, and Azure differs from it: its plan would {would}. "
        "Nothing is done until you looked at the plan and apply or delete the document again"
    )
    return Wait(conditions.RESTORED, message)
