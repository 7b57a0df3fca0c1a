"""Lets a call through, or not, before anything is read: who calls, from where, with which role. Refusals are kept.

It judges by the view's role alone. What a requester is limited to is judged with the documents, by admission.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from orchestration.access import principal, trail
from orchestration.access.caller import Caller, by_key
from orchestration.access.reach import Permit
from orchestration.access.roles import Anonymous, Role, suffices, sufficient
from shared.model.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import azure.functions as func

    from orchestration.dependencies import Dependencies

SAFE = ("GET", "HEAD", "OPTIONS")
OWN_HEADER = "X-Spokewright-Request"
"""What pages of other origins cannot send without asking first; its value does not matter."""
SITE = "Sec-Fetch-Site"
OWN_SITE = ("same-origin", "none")
LEFT_OUT = (
    "; your token names no groups, because you are in more than it holds: ask for an entry with your own object id"
)

log = logging.getLogger(__name__)


class Guarded(Protocol):
    """What is asked of a view."""

    @property
    def name(self) -> str:
        """Its name in the table."""

    @property
    def role(self) -> Role | Anonymous:
        """What it needs."""


async def guarded(
    dependencies: Dependencies,
    view: Guarded,
    request: func.HttpRequest,
    handle: Callable[[], Awaitable[func.HttpResponse]],
) -> func.HttpResponse:
    """Answer by the handler if the caller may; raise Unauthenticated or Forbidden otherwise."""
    if isinstance(view.role, Anonymous):
        return await handle()
    caller = caller_of(dependencies, request)
    try:
        if dependencies.access.entra:
            check_origin(request)
            check_role(caller, view.role)
        return await handle()
    except Forbidden as refused:
        await trail.record_refusal(dependencies, view.name, request, caller, refused)
        raise


def caller_of(dependencies: Dependencies, request: func.HttpRequest, said: str = "") -> Caller:
    """Return who calls; raise Unauthenticated where nobody signed in and that is needed.

    With keys, a call that comes here had one; `said` is then the caller's name as they give it.
    """
    access = dependencies.access
    found = principal.read(request.headers, access.tenants) if access.principals else None
    if access.entra and found is None:
        raise Unauthenticated(
            "nobody signed in: send a token of Entra ID for this app (Authorization: Bearer ...), or sign in with a "
            "browser at /.auth/login/aad",
            code="SignInRequired",
        )
    if found is None:
        return by_key(said)
    if access.entra:
        return found
    # Whoever signed in and has the key is known by name, and may do what the key opens.
    return Caller(found.id, found.name, verified=True, roles=found.roles | by_key().roles, groups=found.groups)


def permit_of(dependencies: Dependencies, caller: Caller) -> Permit:
    """Return what documents a caller may ask about: those of their limits; admins all."""
    access = dependencies.access
    if not access.entra or Role.ADMIN in caller.roles:
        return Permit()
    return Permit(access.limits.of(caller), LEFT_OUT if caller.groups_left_out else "")


def check_role(caller: Caller, needed: Role) -> None:
    """Raise Forbidden where no role of the caller is enough; it says which would be, and which they have."""
    if suffices(caller.roles, needed):
        return
    held = sorted(role.value for role in caller.roles)
    enough = " or ".join(role.value for role in sufficient(needed))
    message = (
        f"this needs the app role {enough}; {caller.name} has {', '.join(held) or 'none'}. Whoever administers the "
        "app's enterprise application in Entra ID gives out roles; sign in again afterwards"
    )
    raise Forbidden(message, code="RoleNeeded", facts={"requiredRole": needed.value, "roles": held})


def check_origin(request: func.HttpRequest) -> None:
    """Raise Forbidden where another site may have made a browser send this with the session cookie of its user.

    A form of another site can send the cookie, but no header of ours and no bearer token: for these a browser asks the
    app first. What the browser itself says about the site counts too.
    """
    if request.method.upper() in SAFE:
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return
    site = request.headers.get(SITE, "none").strip().lower()
    if site in OWN_SITE and request.headers.get(OWN_HEADER):
        return
    message = f"a change with a session cookie has to come from the app's own page: send the header {OWN_HEADER}: 1"
    if site not in OWN_SITE:
        message = f"a browser sent this for a page of another site ({SITE}: {site[:20]}); only the app's own page may"
    raise Forbidden(message, code="CrossSite")
