"""What activities tell orchestrators about an operation: small, plain, versioned by its members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.arm.door import Operation
    from shared.model.errors import SpokewrightError

    Json = dict[str, Any]


def in_progress(operation: Operation) -> Json:
    """Say that it runs, with its handle and what the service said of when to look again (seconds, or None)."""
    return {"state": "InProgress", "operation": operation.to_json(), "retryAfter": operation.retry_after}


def succeeded() -> Json:
    """Say that it is done."""
    return {"state": "Succeeded"}


def failed(error: SpokewrightError) -> Json:
    """Say what went wrong; the error's class decides whether the orchestrator tries again."""
    return {"state": "Failed", "error": error.to_json()}
