"""The one error tree of Spokewright, branched by what the caller can do about it.

    SpokewrightError
    ├── Invalid      what came in is wrong: answer with its problems, never retry
    ├── Conflict     somebody else was first
    │   ├── Changed  the stored version moved (ETag): read again, decide again
    │   └── Locked   another operation holds the resource: try again after `retry_after` seconds
    ├── Throttled    a quota is spent: try again after `retry_after` seconds
    ├── Transient    a passing fault: try again soon
    ├── NotReady     a precondition of Azure that heals by itself (role propagation): try again later
    ├── Denied       we lack a permission: a person has to grant it
    ├── Unauthenticated  nobody knows who asks: sign in
    ├── Forbidden    whoever asks may not: somebody else has to
    ├── NotFound     it is not there
    └── Failed       Azure tried and gave up: its code and message say why

Messages say what happened, to which resource, and what to do next. Remote text is capped where it enters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.model.redaction import redact


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what came in: its JSON path (`$.spec.addressSpace[0]`) and why."""

    path: str
    message: str

    def __post_init__(self) -> None:
        """Take secrets out: a problem quotes what came in, and goes to replies, logs and whoever asks."""
        object.__setattr__(self, "path", redact(self.path))
        object.__setattr__(self, "message", redact(self.message))

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class SpokewrightError(Exception):
    """Root of the tree; `code` is stable, `message` is for people."""

    code = "Error"

    def __init__(self, message: str, *, code: str | None = None, resource_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.resource_id = resource_id

    def to_json(self) -> dict[str, Any]:
        """Return the plain form that crosses durable boundaries."""
        error: dict[str, Any] = {"class": type(self).__name__, "code": self.code, "message": self.message}
        if self.resource_id:
            error["resourceId"] = self.resource_id
        if isinstance(self, RetryLaterError) and self.retry_after is not None:
            error["retryAfter"] = self.retry_after
        return error


class Invalid(SpokewrightError):
    """What came in cannot be accepted; `problems` names each fault with its JSON path."""

    code = "Invalid"

    def __init__(self, problems: tuple[Problem, ...] | list[Problem], message: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__(message or "; ".join(map(str, self.problems)))


class Conflict(SpokewrightError):
    """Somebody else was first."""

    code = "Conflict"


class Changed(Conflict):
    """The stored version is not the one the caller read: read again and decide again."""

    code = "Changed"


class RetryLaterError(SpokewrightError):
    """What heals by waiting; `retry_after` is in seconds, None where nobody said."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        resource_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, resource_id=resource_id)
        self.retry_after = retry_after


class Locked(RetryLaterError, Conflict):
    """Another operation holds the resource (Azure's one writer per VNet, firewall policy, cluster)."""

    code = "Locked"


class Throttled(RetryLaterError):
    """A quota is spent."""

    code = "Throttled"


class Transient(RetryLaterError):
    """A passing fault of the service or the network."""

    code = "Transient"


class NotReady(RetryLaterError):
    """A precondition that heals by itself, such as a role assignment that has not propagated."""

    code = "NotReady"


class Denied(SpokewrightError):
    """We lack a permission; the message names the action and the scope."""

    code = "Denied"


class Unauthenticated(SpokewrightError):
    """Nobody knows who asks: sign in, and ask again."""

    code = "Unauthenticated"


class Forbidden(SpokewrightError):
    """Whoever asks may not do that."""

    code = "Forbidden"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        problems: Sequence[Problem] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.problems = tuple(problems)
        """What of the request is not allowed, where it is about parts of it."""
        self.facts = dict(facts or {})
        """What programs are told beside the message, such as the role that is needed."""


class NotFound(SpokewrightError):
    """It is not there."""

    code = "NotFound"


class Failed(SpokewrightError):
    """Azure accepted the work and gave up; `code` and `message` are Azure's."""

    code = "Failed"
