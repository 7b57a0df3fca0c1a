"""Azure's errors in our tree: the one place that knows their codes. Remote text is capped and redacted here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.arm.operation import retry_after
from shared.model.errors import (
    Changed,
    Denied,
    Failed,
    Locked,
    NotFound,
    NotReady,
    SpokewrightError,
    Throttled,
    Transient,
)

CAP = 2000
"""Characters of a remote message that are kept."""

SECRETS = re.compile(r"(Bearer\s+|sig=|SharedAccessKey=|\"access_token\"\s*:\s*\")[^\s&\";]+", re.IGNORECASE)
RETRIED_IN = re.compile(r"can be retried in (\d+) seconds", re.IGNORECASE)

LOCKS = frozenset(
    {
        "RetryableError",
        "RetryableErrorDueToAnotherOperation",
        "AnotherOperationInProgress",
        "OperationNotAllowed",
        "ReferencedResourceNotProvisioned",
        "VirtualNetworkNotInSucceededState",
        "ConcurrentModification",
        "ResourceGroupBeingDeleted",
        "AKSOperationPreempted",
        "NotLatestOperation",
        "ParentResourceIsInFailedState",
    }
)
"""Somebody's operation is in the way: it passes by itself."""

PROPAGATING = frozenset(
    {
        "CustomPrivateDNSZoneMissingPermissionError",
        "CustomRouteTableMissingPermission",
        "PrincipalNotFound",
        "ServicePrincipalNotFound",
        "LinkedAuthorizationFailed",
    }
)
"""What a role assignment that nobody has seen yet looks like: it passes by itself, within an hour at worst."""

RETRIED = frozenset({"InternalServerError", "ServerTimeout", "GatewayTimeout", "GetVnetError", "Canceled"})
GONE = frozenset({"ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound", "NotFound"})


def code_and_message(body: Any, default: str = "Unknown") -> tuple[str, str]:
    """Return an error body's code and message with its details; AKS leaves out the `error` around them."""
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return default, ""
    details = [item for item in error.get("details") or () if isinstance(item, dict)]
    said = [str(error.get("message") or ""), *(f"{item.get('code')}: {item.get('message')}" for item in details)]
    return str(error.get("code") or default), redact(" ".join(part for part in said if part))


def redact(text: str) -> str:
    """Return remote text without secrets, and not longer than `CAP`."""
    return SECRETS.sub(r"\1…", text)[:CAP]


def of_response(status: int, headers: Mapping[str, str], body: Any, resource_id: str | None = None) -> SpokewrightError:
    """Return the error that an answer with a status of 400 or more means."""
    code, message = code_and_message(body, f"Http{status}")
    pause = _pause(message) or retry_after(headers)
    waiting = {"code": code, "resource_id": resource_id, "retry_after": pause}
    if code in LOCKS:
        return Locked(message, **waiting)  # type: ignore[arg-type]  # one dict of three kinds of values
    if code in PROPAGATING:
        return NotReady(message, **waiting)  # type: ignore[arg-type]  # same
    return _by_status(status, code, message, resource_id, pause)


def _by_status(status: int, code: str, message: str, resource_id: str | None, pause: float | None) -> SpokewrightError:
    if status == 429:  # noqa: PLR2004 - the status codes are their own names here and below
        return Throttled(message, code=code, resource_id=resource_id, retry_after=pause)
    if status in (408, 500, 502, 503, 504):
        return Transient(message, code=code, resource_id=resource_id, retry_after=pause)
    if status in (401, 403):
        return Denied(message, code=code, resource_id=resource_id)
    if status == 404 or code in GONE:  # noqa: PLR2004
        return NotFound(message, code=code, resource_id=resource_id)
    if status == 412:  # noqa: PLR2004
        return Changed(message, code=code, resource_id=resource_id)
    return Failed(message, code=code, resource_id=resource_id)


def of_operation(body: Mapping[str, Any], resource_id: str) -> SpokewrightError:
    """Return the error of an operation that ended as Failed or Canceled, with Azure's code and message."""
    status = str(body.get("status"))
    code, message = code_and_message(body.get("error") or {}, status)
    if code in PROPAGATING:
        return NotReady(message, code=code, resource_id=resource_id)
    if code in LOCKS:
        return Locked(message, code=code, resource_id=resource_id, retry_after=_pause(message))
    if code in RETRIED:
        return Transient(message or f"the operation ended as {status}", code=code, resource_id=resource_id)
    if code == "PreconditionFailed":
        return Changed(message, code=code, resource_id=resource_id)
    return Failed(message or f"the operation ended as {status}", code=code, resource_id=resource_id)


def _pause(message: str) -> float | None:
    found = RETRIED_IN.search(message)
    return float(found.group(1)) if found else None
