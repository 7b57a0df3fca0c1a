"""Errors over HTTP, as RFC 9457 problem documents: what, where, and what to do."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from shared.model.errors import (
    Changed,
    Conflict,
    Denied,
    Failed,
    Forbidden,
    Invalid,
    NotFound,
    RetryLaterError,
    SpokewrightError,
    Unauthenticated,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import azure.functions as func

    Handler = Callable[..., Awaitable[func.HttpResponse]]

STATUS: tuple[tuple[type[SpokewrightError], int, str], ...] = (
    (Invalid, 400, "What was sent cannot be accepted"),
    (NotFound, 404, "It is not there"),
    (Unauthenticated, 401, "Nobody knows who asks"),
    (Forbidden, 403, "Whoever asks may not do that"),
    (Changed, 412, "It was changed meanwhile"),
    (Conflict, 409, "It conflicts with something else"),
    (RetryLaterError, 503, "Azure or the store is busy; try again later"),
    (Denied, 502, "Azure denied it to Spokewright"),
    (Failed, 502, "Azure failed it"),
)

PREFIX = "urn:spokewright:problem:"
CHALLENGE = 'Bearer realm="spokewright"'
"""How to sign in (RFC 6750): by a token of Entra ID; browsers by `/.auth/login/aad`."""

log = logging.getLogger(__name__)


def type_of(class_: type[SpokewrightError]) -> str:
    """Return the URN by which programs know a problem: it never changes; docs/reference/problems.md explains each."""
    return PREFIX + class_.__name__.lower()


def status_of(class_: type[SpokewrightError]) -> tuple[int, str]:
    """Return the status code and the title of a class of errors."""
    found = ((status, title) for type_, status, title in STATUS if issubclass(class_, type_))
    return next(found, (500, "Something went wrong"))


def of_error(error: SpokewrightError) -> tuple[int, dict[str, Any]]:
    """Return the status code and the problem document of an error."""
    status, title = status_of(type(error))
    problem: dict[str, Any] = {
        "type": type_of(type(error)),
        "title": title,
        "status": status,
        "detail": error.message,
        "code": error.code,
    }
    if isinstance(error, Forbidden):
        problem |= error.facts
    if isinstance(error, Invalid | Forbidden) and error.problems:
        problem["errors"] = [{"path": found.path, "message": found.message} for found in error.problems]
    if error.resource_id:
        problem["resourceId"] = error.resource_id
    return status, problem


def response(error: SpokewrightError) -> func.HttpResponse:
    """Return the response for an error."""
    import azure.functions as func  # noqa: PLC0415 - only triggers speak Functions

    status, problem = of_error(error)
    headers = {}
    if isinstance(error, RetryLaterError):
        headers["Retry-After"] = str(int(error.retry_after or 5))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = CHALLENGE
    return func.HttpResponse(
        json.dumps(problem), status_code=status, mimetype="application/problem+json", headers=headers
    )


async def answered(handler: Awaitable[func.HttpResponse]) -> func.HttpResponse:
    """Await a handler; what it raises of ours becomes a problem document, the rest a logged 500 of the host."""
    try:
        return await handler
    except SpokewrightError as error:
        log.info("http.refused class=%s code=%s", type(error).__name__, error.code)
        return response(error)
