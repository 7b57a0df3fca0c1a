"""Decisions of people over HTTP: approve or reject a plan, read who decided what, and have everything compared now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration import approvals, sweeping, waking
from orchestration.approvals import Approver
from orchestration.triggers import conditional
from orchestration.triggers.http import accepted, body_of, key_in, reply, stored_document
from orchestration.triggers.lists import PAGE
from orchestration.triggers.parameters import number_in
from shared.model.errors import Invalid, Problem

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

LONGEST = 500
"""Characters of a reason, or of a name."""

PRINCIPAL_ID, PRINCIPAL_NAME = "X-MS-CLIENT-PRINCIPAL-ID", "X-MS-CLIENT-PRINCIPAL-NAME"
"""Headers of App Service Authentication, which takes them out of what callers send."""

MEMBERS = ("hash", "decision", "reason", "by")


async def approve(dependencies: Dependencies, client: DurableClient, request: func.HttpRequest) -> func.HttpResponse:
    """Approve or reject the plan that the body names by its hash; 202 with the document."""
    key, body = key_in(request), _asked(body_of(request))
    await stored_document(dependencies, key)
    who = caller(dependencies, request, body.get("by", ""))
    document = await approvals.decide(
        dependencies, key, body.get("decision", "approve"), body["hash"], who, body.get("reason", "")
    )
    await waking.wake(dependencies.store, client, key, anew=True)
    return accepted(request, key, document)


async def get_audit(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with who decided what about a document, newest first; also of one that is gone."""
    key = key_in(request)
    entries = await dependencies.store.audit.list(key, number_in(request, "limit", PAGE))
    if not entries:
        await stored_document(dependencies, key)
    return conditional.told(request.headers, {"items": list(entries)})


async def sweep(dependencies: Dependencies, client: DurableClient, _: func.HttpRequest) -> func.HttpResponse:
    """Compare everything with Azure now, without waiting for the timer; answer with what that found."""
    swept = await sweeping.sweep(dependencies, client)
    return reply(swept.to_json())


def caller(dependencies: Dependencies, request: func.HttpRequest, said: str) -> Approver:
    """Return who calls: whom the platform signed in, else whoever has the key, by the name that they gave."""
    principal = request.headers.get(PRINCIPAL_ID) if dependencies.principals else None
    if principal:
        return Approver(principal, request.headers.get(PRINCIPAL_NAME) or principal, verified=True)
    return Approver("", said or "a holder of the function key", verified=False)


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
