"""What Table Storage's errors mean to a caller: one translation, chained by the caller, remote text capped."""

from __future__ import annotations

from http import HTTPStatus

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from shared.model.errors import Changed, Conflict, Denied, Failed, SpokewrightError, Throttled, Transient
from shared.store.rows import AlreadyExists

LONGEST_MESSAGE = 300


def translate(error: AzureError, what: str) -> SpokewrightError:
    """Return the error to raise; `what` names the row or partition."""
    if isinstance(error, ClientAuthenticationError):
        return _denied(error, what)
    if not isinstance(error, HttpResponseError):
        return Transient(f"Table Storage cannot be reached for {what}: {_text(error)}")
    return _first_come(error, what) or _refused(error, what)


def _first_come(error: HttpResponseError, what: str) -> Conflict | None:
    """Return the error where somebody wrote first. A failed insert comes without its code, so 409 is judged by text."""
    if error.status_code == HTTPStatus.PRECONDITION_FAILED:
        return Changed(f"{what} changed since it was read.")
    if error.status_code == HTTPStatus.CONFLICT and "TableBeingDeleted" not in error.message:
        return AlreadyExists(f"{what} is there already.")
    return None


def _refused(error: HttpResponseError, what: str) -> SpokewrightError:
    match error.status_code:
        case 401 | 403:
            return _denied(error, what)
        case 429 | 503:
            message = f"Table Storage is busy: {_text(error)}"
            return Throttled(message, code=_code(error), retry_after=_retry_after(error))
        case 408 | 409 | 500 | 502 | 504 | None:
            return Transient(f"Table Storage cannot serve {what} now: {_text(error)}", code=_code(error))
    return Failed(f"Table Storage refused {what}: {_text(error)}", code=_code(error))


def _denied(error: AzureError, what: str) -> Denied:
    hint = "the app's identity needs the role Storage Table Data Contributor on the storage account"
    return Denied(f"Table Storage denies access to {what}: {hint} ({_text(error)})")


def _code(error: HttpResponseError) -> str | None:
    code = getattr(error, "error_code", None)
    return None if code is None else str(getattr(code, "value", code))


def _text(error: AzureError) -> str:
    first, _, _ = str(error.message).partition("\n")
    return first[:LONGEST_MESSAGE]


def _retry_after(error: HttpResponseError) -> float | None:
    headers = getattr(error.response, "headers", {})
    seconds = headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else None
