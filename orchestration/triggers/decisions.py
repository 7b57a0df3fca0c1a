"""Decisions of people over HTTP: approve or reject a plan, and have everything compared with Azure now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration import approvals, sweeping, waking
from orchestration.access import trail
from orchestration.access.guard import caller_of
from orchestration.triggers.http import accepted, body_of, key_in, reply, stored_document
from shared.model.errors import Invalid, Problem

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

LONGEST = 500
"""Characters of a reason, or of a name."""

MEMBERS = ("hash", "decision", "reason", "by")


async def approve(dependencies: Dependencies, client: DurableClient, request: func.HttpRequest) -> func.HttpResponse:
    """Approve or reject the plan that the body names by its hash; 202 with the document."""
    key, body = key_in(request), _asked(body_of(request))
    await stored_document(dependencies, key)
    who = caller_of(dependencies, request, body.get("by", ""))
    document = await approvals.decide(
        dependencies, key, body.get("decision", "approve"), body["hash"], who, body.get("reason", "")
    )
    await waking.wake(dependencies.store, client, key, anew=True)
    return accepted(request, key, document)


async def sweep(dependencies: Dependencies, client: DurableClient, request: func.HttpRequest) -> func.HttpResponse:
    """Compare everything with Azure now, without waiting for the timer; answer with what that found."""
    caller = caller_of(dependencies, request)
    swept = await sweeping.sweep(dependencies, client)
    found = {"woken": len(swept.woken), "found": len(swept.found)}
    await trail.record(dependencies.store, trail.SERVICE, "sweep", caller, trail.HTTP, **found)
    return reply(swept.to_json())


def _asked(body: Any) -> Json:
    """Read the body; raise Invalid with every fault."""
    if not isinstance(body, dict):
        raise Invalid([Problem("$", 'the body has to be an object such as {"hash": "...", "decision": "approve"}')])
    problems = [
        Problem(f"$.{str(name)[:50]}", f"is not known; there are {', '.join(MEMBERS)}")
        for name in sorted(body.keys() - set(MEMBERS))
    ]
    if not isinstance(body.get("hash"), str) or not body["hash"]:
        problems.append(Problem("$.hash", "the hash of the plan that you saw is required (GET .../plan)"))
    if body.get("decision", "approve") not in ("approve", "reject"):
        problems.append(Problem("$.decision", "has to be approve or reject"))
    problems += [
        Problem(f"$.{name}", f"has to be text of at most {LONGEST} characters")
        for name in ("reason", "by")
        if not isinstance(body.get(name, ""), str) or len(body.get(name, "")) > LONGEST
    ]
    if problems:
        raise Invalid(problems)
    return body
