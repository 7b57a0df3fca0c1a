"""Azure's errors in our tree: the one place that knows their codes, as a table read from the top.

The class decides what the caller does: wait (Locked, Throttled, Transient, NotReady), read again (Changed), or tell
people (Denied, Failed, NotFound). What cannot heal by waiting must not be called so: it would be tried for an hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from shared.arm.refusal import Refusal, read_refusal
from shared.model.errors import (
    Changed,
    Denied,
    Failed,
    Locked,
    NotFound,
    NotReady,
    RetryLaterError,
    SpokewrightError,
    Throttled,
    Transient,
)
from shared.model.redaction import redact


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the codes (any case, `*` allowed), and what the message and the resource id have to match, if given."""

    meaning: type[SpokewrightError]
    codes: tuple[str, ...]
    says: str = ""
    on: str = ""

    def fits(self, refusal: Refusal, resource_id: str) -> bool:
        """Say whether this row speaks of the refusal."""
        coded = any(fnmatchcase(code.lower(), known.lower()) for code in refusal.codes for known in self.codes)
        return (
            coded
            and re.search(self.says, refusal.message, re.IGNORECASE) is not None
            and re.search(self.on, resource_id, re.IGNORECASE) is not None
        )


RULES = (
    # Another operation holds the resource (one writer per VNet, firewall policy, cluster).
    Rule(Locked, ("RetryableError", "RetryableErrorDueToAnotherOperation", "AnotherOperationInProgress")),
    Rule(Locked, ("AKSOperationPreempted", "OperationPreempted", "NotLatestOperation")),
    Rule(Locked, ("CanceledAndSupersededDueToAnotherOperation", "ConflictingConcurrentWriteNotAllowed")),
    Rule(Locked, ("ConcurrentModification", "ResourceGroupBeingDeleted")),
    # The same code says that a quota is spent, a disk attached or a machine stopped: no waiting helps there.
    Rule(
        Locked,
        ("OperationNotAllowed", "Conflict"),
        says=r"in.progress|another operation|try again|being (modified|updated)",
    ),
    Rule(Failed, ("ReferencedResourceNotProvisioned", "*NotInSucceededState"), says=r"is in Failed state"),
    Rule(Locked, ("ReferencedResourceNotProvisioned", "*NotInSucceededState")),
    # A role or an identity that is not visible everywhere yet.
    Rule(NotReady, ("Custom*MissingPermission", "Custom*MissingPermissionError")),
    Rule(NotReady, ("PrincipalNotFound", "ServicePrincipalNotFound")),
    # On a cluster it is the cluster's identity that lacks the role we gave it; elsewhere it is we who lack one.
    Rule(NotReady, ("LinkedAuthorizationFailed",), on=r"/managedClusters/"),
    # A person has to act, whatever the status says.
    Rule(Denied, ("ScopeLocked", "RequestDisallowedByPolicy", "ReadOnlyDisabledSubscription")),
    Rule(Denied, ("MissingSubscriptionRegistration", "SubscriptionNotRegistered", "SubscriptionNotFound")),
    # Resource Graph: of the subscriptions that were named we see none.
    Rule(Denied, ("NoValidSubscriptionsInQueryRequest",)),
    # A 404 that is our mistake, not an absence.
    Rule(Failed, ("InvalidResourceType", "InvalidResourceNamespace", "NoRegisteredProviderFound")),
    # Zones and links accept a write and then find that it was for another version.
    Rule(Changed, ("PreconditionFailed",)),
    # The other side of a peering remembers one that is gone: its document removes it, and then it goes.
    Rule(Transient, ("RemotePeeringIsDisconnected",)),
    Rule(Transient, ("InternalServerError", "ServerTimeout", "GatewayTimeout", "ServiceUnavailable")),
)

STATUSES: dict[int, type[SpokewrightError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    408: Transient,
    412: Changed,
    429: Throttled,
}

ACTION = re.compile(
    r"does not have (?:authorization|permission) to perform action(?:\(s\))? '(?P<action>[^']+)' "
    r"(?:over scope|on the linked scope\(s\)|on scope) '(?P<scope>[^']+)'"
)

ADVICE: dict[type[SpokewrightError], str] = {
    Locked: "another operation holds it",
    Throttled: "a quota of requests is spent",
    Transient: "a passing fault",
    NotReady: "a role or an identity has not propagated yet",
    Changed: "it changed since it was read",
}


def of_response(status: int, headers: Mapping[str, str], body: Any, resource_id: str = "") -> SpokewrightError:
    """Return the error that an answer with a status of 400 or more means."""
    refusal = read_refusal(status, headers, body)
    return _error(refusal, _meaning(refusal, resource_id), resource_id)


def of_operation(body: Mapping[str, Any], resource_id: str = "") -> SpokewrightError:
    """Return the error of an operation that ended as Failed or Canceled: by its code, for its HTTP status is 200."""
    status = str(body.get("status") or "Failed")
    refusal = read_refusal(200, {}, {"error": body.get("error") or {}}, status)
    if not refusal.message:
        refusal = Refusal(200, refusal.codes, f"the operation ended as {status}")
    return _error(refusal, _meaning(refusal, resource_id), resource_id)


def of_no_answer(error: Exception, resource_id: str = "") -> SpokewrightError:
    """Return the error of a request that got no answer, or a broken one: nobody knows whether a write was accepted."""
    message = redact(f"no answer from Azure: {error}")
    return Transient(message, code="NoAnswer", resource_id=resource_id or None)


def of_no_token(error: Exception, resource_id: str = "", status: int = 0) -> SpokewrightError:
    """Return the error of an access token that the identity's endpoint did not give; `status` is what it answered."""
    passing = status == 429 or status >= 500  # noqa: PLR2004 - throttled, or its own fault
    meaning = Transient if passing else Denied
    return meaning(redact(f"no access token: {error}"), code="NoToken", resource_id=resource_id or None)


def _meaning(refusal: Refusal, resource_id: str) -> type[SpokewrightError]:
    for rule in RULES:
        if rule.fits(refusal, resource_id):
            return rule.meaning
    if refusal.status >= 500:  # noqa: PLR2004 - the service's own faults
        return Transient
    return STATUSES.get(refusal.status, Failed)


def _error(refusal: Refusal, meaning: type[SpokewrightError], resource_id: str) -> SpokewrightError:
    message = _message(refusal, meaning)
    known: dict[str, Any] = {"code": refusal.code, "resource_id": resource_id or None}
    if issubclass(meaning, RetryLaterError):
        return meaning(message, **known, retry_after=refusal.retry_after)
    return meaning(message, **known)


def _message(refusal: Refusal, meaning: type[SpokewrightError]) -> str:
    said = f"Azure said {refusal.code}: {refusal.message}" if refusal.message else f"Azure said {refusal.code}"
    if meaning is Denied and (found := ACTION.search(refusal.message)):
        return f"grant the app's identity {found['action']} on {found['scope']}; {said}"
    return f"{ADVICE[meaning]}; {said}" if meaning in ADVICE else said
